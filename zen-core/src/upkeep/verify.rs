//! Reading everything again.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::verify_report::{Finding, Found, VerifyProgress, VerifyReport};
use crate::artifact::{ArtifactError, Digest, ObjectContent};
use crate::client::{Client, ClientError, blocking};
use crate::graph::failure::chain;
use crate::metadata::upkeep::digests_in;
use crate::metadata::{ArtifactFilter, ArtifactRecord, ScheduleFilter, ServiceFilter, StoredObject};
use crate::stack::Stack;

/// How many artifact versions are listed at a time.
const PAGE: u32 = 1000;

/// What [`Client::verify`] looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifyOptions {
    run: Option<Uuid>,
    artifact: Option<(String, Option<u32>)>,
    sample: f64,
}

impl VerifyOptions {
    /// Every object, the objects that nothing refers to, and the metadata store itself.
    pub const fn all() -> Self {
        Self {
            run: None,
            artifact: None,
            sample: 1.0,
        }
    }

    /// The objects of the artifacts that a run made.
    pub fn of_run(run: Uuid) -> Self {
        Self {
            run: Some(run),
            ..Self::all()
        }
    }

    /// The objects of an artifact: of one version, or of all.
    pub fn of_artifact(name: impl Into<String>, version: Option<u32>) -> Self {
        Self {
            artifact: Some((name.into(), version)),
            ..Self::all()
        }
    }

    /// Reads only this part of the objects, 0 to 1, chosen at random.
    #[must_use]
    pub const fn sample(mut self, part: f64) -> Self {
        self.sample = part;
        self
    }

    const fn is_all(&self) -> bool {
        self.run.is_none() && self.artifact.is_none()
    }
}

/// An object as it is recorded.
struct Recorded {
    size: u64,
    /// The newest artifact version with this content, and how many there are.
    artifact: Uuid,
    versions: u64,
}

impl Client {
    /// Reads stored objects again and compares their sizes and digests with what is recorded; with [`VerifyOptions::all`] also looks for
    /// objects that nothing refers to, and has the metadata store check itself. Changes nothing. Objects of any size are read piece by
    /// piece. `progress` is called after each object.
    ///
    /// ```
    /// # use zen_core::prelude::*;
    /// # use zen_core::upkeep::VerifyOptions;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let client = Client::of(Stack::in_memory()?);
    /// client.save("rates", vec![0.1, 0.2]).await?;
    /// let report = client.verify(VerifyOptions::of_artifact("rates", None), |_| ()).await?;
    /// assert_eq!((report.checked, report.is_sound()), (1, true));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When a store can't be read at all (it refuses access, or can't be reached), or there is no such run or artifact. What is missing, damaged or
    /// can't be read by itself is no error: the report says it.
    pub async fn verify(
        &self,
        options: VerifyOptions,
        progress: impl FnMut(VerifyProgress) + Send + 'static,
    ) -> Result<VerifyReport, ClientError> {
        let client = self.clone();
        blocking(move || verify(&client, &options, progress)).await
    }
}

fn verify(
    client: &Client,
    options: &VerifyOptions,
    mut progress: impl FnMut(VerifyProgress),
) -> Result<VerifyReport, ClientError> {
    let stack = client.stack();
    // Listed first: what is stored later is referred to later.
    let stored = match options.is_all() {
        true => stack.artifacts().objects()?,
        false => Vec::new(),
    };
    let recorded = recorded(client, options)?;
    let mut report = VerifyReport::default();
    let chosen: Vec<_> = {
        let seed = Uuid::now_v7();
        let all = recorded.iter();
        all.filter(|((digest, _), _)| is_chosen(*digest, seed, options.sample))
            .collect()
    };
    let total = chosen.len() as u64;
    for ((digest, inline), object) in chosen {
        let found = examine(stack, *digest, *inline, object.size)?;
        report.checked += 1;
        match found {
            Ok(bytes) => report.bytes += bytes,
            Err(found) => {
                if let Found::Damaged(content) = &found {
                    report.bytes += content.size;
                }
                // One that was pruned meanwhile is rightly gone.
                if let Some(artifact) = stack.metadata().artifact(object.artifact)? {
                    report.findings.push(finding(found, artifact, object.versions));
                }
            }
        }
        progress(VerifyProgress {
            checked: report.checked,
            total,
            bytes: report.bytes,
        });
    }
    report
        .findings
        .sort_by(|a, b| (&a.artifact, a.version).cmp(&(&b.artifact, b.version)));
    if options.is_all() {
        let named = named(stack)?;
        report.unreferenced = stored
            .into_iter()
            .filter(|(digest, _)| !recorded.contains_key(&(*digest, false)) && !named.contains(digest))
            .map(|(digest, size)| StoredObject { digest, size })
            .collect();
        report.metadata = stack.metadata().check()?;
    }
    Ok(report)
}

/// The objects to be looked at: their digests, and whether the bytes are in the metadata store.
fn recorded(
    client: &Client,
    options: &VerifyOptions,
) -> Result<HashMap<(Digest, bool), Recorded>, ClientError> {
    let mut objects = HashMap::new();
    let mut note = |artifact: &ArtifactRecord| {
        let place = (artifact.digest, artifact.uri.starts_with("inline:"));
        let object = objects.entry(place).or_insert(Recorded {
            size: artifact.size,
            artifact: artifact.id,
            versions: 0,
        });
        object.versions += 1;
    };
    if let Some(run) = options.run {
        client.run(run)?;
    }
    let name = match &options.artifact {
        Some((name, number)) => {
            let version = client.artifact(name, *number)?;
            if number.is_some() {
                note(version.record());
                return Ok(objects);
            }
            Some(name.clone())
        }
        None => None,
    };
    let mut filter = ArtifactFilter {
        name,
        run: options.run,
        limit: Some(PAGE),
        ..ArtifactFilter::default()
    };
    loop {
        let page = client.stack().metadata().artifacts(&filter)?;
        page.iter().for_each(&mut note);
        match page.last() {
            Some(last) if page.len() == PAGE as usize => filter.before = Some(last.id),
            _ => return Ok(objects),
        }
    }
}

fn is_chosen(digest: Digest, seed: Uuid, part: f64) -> bool {
    if part >= 1.0 {
        return true;
    }
    let mixed = blake3::keyed_hash(digest.as_bytes(), seed.as_bytes());
    let [a, b, c, d, ..] = *mixed.as_bytes();
    f64::from(u32::from_le_bytes([a, b, c, d])) < part * f64::from(u32::MAX)
}

/// How many bytes were read, or what is wrong.
fn examine(
    stack: &Stack,
    digest: Digest,
    inline: bool,
    size: u64,
) -> Result<Result<u64, Found>, ClientError> {
    let content = match inline {
        true => stack.metadata().object(digest)?.map(|bytes| ObjectContent {
            size: bytes.len() as u64,
            digest: Digest::of(&bytes),
        }),
        false => match stack.artifacts().examine(digest, &"an object") {
            Ok(content) => Some(content),
            Err(ArtifactError::Missing { .. }) => None,
            // Others may be readable. Who is refused or gets no answer at all would hear the same of every object.
            Err(error @ ArtifactError::Store { .. }) => return Ok(Err(Found::Unreadable(chain(&error)))),
            Err(error) => return Err(error.into()),
        },
    };
    Ok(match content {
        None => Err(Found::Missing),
        Some(content) if content.digest == digest && content.size == size => Ok(content.size),
        Some(content) => Err(Found::Damaged(content)),
    })
}

fn finding(found: Found, artifact: ArtifactRecord, versions: u64) -> Finding {
    Finding {
        found,
        uri: artifact.uri,
        digest: artifact.digest,
        size: artifact.size,
        artifact: artifact.name,
        version: artifact.number,
        run: artifact.producer_run,
        versions,
    }
}

/// The digests that services and schedules need.
fn named(stack: &Stack) -> Result<HashSet<Digest>, ClientError> {
    let mut named = HashSet::new();
    for service in stack.metadata().services(&ServiceFilter::default())? {
        named.extend(service.model_digest);
        named.extend(digests_in(service.config.to_string().as_bytes()));
        for version in stack.metadata().service_versions(service.id)? {
            named.extend(version.model_digest);
            named.extend(digests_in(version.config.to_string().as_bytes()));
        }
    }
    for schedule in stack.metadata().schedules(&ScheduleFilter::default())? {
        named.extend(digests_in(&schedule.arguments_encoded));
    }
    Ok(named)
}
