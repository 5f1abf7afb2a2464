//! Artifacts: found by name and version, loaded, saved, followed through their lineage.

use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::blocking::blocking;
use super::{ClientError, StepView};
use crate::artifact::{
    ArtifactError, Body, Digest, Materialize, Object, Statistics, bare_type_name, codec_of, load_with, verify,
};
use crate::graph::check_name;
use crate::metadata::{ArtifactRecord, Change, MetadataStore, check_label};
use crate::stack::Stack;

/// One version of an artifact.
#[derive(Debug, Clone)]
pub struct ArtifactView {
    stack: Stack,
    record: ArtifactRecord,
}

impl ArtifactView {
    pub(crate) fn new(stack: Stack, record: ArtifactRecord) -> Self {
        Self { stack, record }
    }

    /// The stack that keeps it.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// All that is recorded of it.
    pub fn record(&self) -> &ArtifactRecord {
        &self.record
    }

    /// The version's id.
    pub fn id(&self) -> Uuid {
        self.record.id
    }

    /// The artifact's name.
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// The version's number within the name, from 1.
    pub fn version(&self) -> u32 {
        self.record.number
    }

    /// The digest of the content.
    pub fn digest(&self) -> Digest {
        self.record.digest
    }

    /// Its rows and columns and what stands in them; none when its format doesn't tell, or a program without statistics wrote it.
    pub fn statistics(&self) -> Option<&Statistics> {
        self.record.statistics.as_ref()
    }

    /// When it was made.
    pub fn created(&self) -> DateTime<Utc> {
        self.record.created
    }

    /// The encoded bytes, checked against their digest.
    ///
    /// # Errors
    /// When they are missing, damaged or can't be read.
    pub async fn bytes(&self) -> Result<Bytes, ClientError> {
        let view = self.clone();
        blocking(move || Ok(view.read()?)).await
    }

    fn read(&self) -> Result<Bytes, ArtifactError> {
        read_object(&self.stack, self.record.digest, &self.record.uri, self)
    }

    /// The value.
    ///
    /// # Errors
    /// When it was stored as another type, a codec can't read it, or the bytes are missing or damaged.
    pub async fn load<T: Materialize>(&self) -> Result<T, ClientError> {
        let view = self.clone();
        blocking(move || {
            check_type(&view.record, std::any::type_name::<T>(), &view)?;
            Ok(view.decode()?)
        })
        .await
    }

    /// The value as a type of another name, for types that have been renamed: only the codec decides whether it can be read.
    ///
    /// # Errors
    /// When the codec can't read it as this type, or the bytes are missing or damaged.
    pub async fn load_renamed<T: Materialize>(&self) -> Result<T, ClientError> {
        let view = self.clone();
        blocking(move || Ok(view.decode()?)).await
    }

    pub(crate) fn decode<T: Materialize>(&self) -> Result<T, ArtifactError> {
        let record = &self.record;
        let object = find_object(&self.stack, record.digest, record.size, &record.uri, self)?;
        load_with(&T::codecs(), self, &record.codec, record.codec_version, &object)
            .map_err(|error| elsewhere(&self.stack, record.digest, &record.uri, error))
    }

    /// The step that made it; none for an artifact saved outside any run.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn producer(&self) -> Result<Option<StepView>, ClientError> {
        let Some(step) = self.record.producer_step else {
            return Ok(None);
        };
        let step = self.stack.metadata().step(step)?;
        Ok(step.map(|record| StepView::new(self.stack.clone(), record)))
    }

    /// The artifacts it was made from: what its producer read.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn made_from(&self) -> Result<Vec<ArtifactView>, ClientError> {
        match self.producer()? {
            Some(step) => Ok(step.inputs()?.into_iter().map(|(_, artifact)| artifact).collect()),
            None => Ok(Vec::new()),
        }
    }

    /// The steps that read it, oldest first.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn consumers(&self) -> Result<Vec<StepView>, ClientError> {
        let steps = self.stack.metadata().consumers(self.record.id)?;
        Ok(steps
            .into_iter()
            .map(|record| StepView::new(self.stack.clone(), record))
            .collect())
    }

    /// The artifacts made from it: what its readers made, each once.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn made_of_it(&self) -> Result<Vec<ArtifactView>, ClientError> {
        let mut made: Vec<ArtifactView> = Vec::new();
        for step in self.consumers()? {
            for (_, artifact) in step.outputs()? {
                if !made.iter().any(|known| known.id() == artifact.id()) {
                    made.push(artifact);
                }
            }
        }
        Ok(made)
    }
}

impl fmt::Display for ArtifactView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "artifact `{}` version {}",
            self.record.name, self.record.number
        )
    }
}

/// An artifact that was stored as another type is refused, unless only the crate or module of the type differs.
fn check_type(
    record: &ArtifactRecord,
    requested: &'static str,
    what: &dyn fmt::Display,
) -> Result<(), ArtifactError> {
    if bare_type_name(&record.type_name) == bare_type_name(requested) {
        return Ok(());
    }
    Err(ArtifactError::WrongType {
        what: what.to_string(),
        stored: record.type_name.clone(),
        requested,
    })
}

/// Reads and checks the bytes of an artifact, wherever they are kept.
pub(crate) fn read_object(
    stack: &Stack,
    digest: Digest,
    uri: &str,
    what: &dyn fmt::Display,
) -> Result<Bytes, ArtifactError> {
    if !uri.starts_with("inline:") {
        let store = stack.artifacts();
        return store
            .get(digest, what)
            .map_err(|error| elsewhere(stack, digest, uri, error));
    }
    let found = stack
        .metadata()
        .object(digest)
        .map_err(|error| ArtifactError::Store {
            url: stack.metadata().location(),
            doing: format!("reading {what}"),
            source: error.into(),
        })?;
    let bytes = found.ok_or_else(|| ArtifactError::Missing {
        what: what.to_string(),
        uri: uri.to_owned(),
    })?;
    verify(digest, &bytes, what, || uri.to_owned())?;
    Ok(bytes.into())
}

/// The bytes of an artifact, to be read; those that are kept in the metadata store are read now.
pub(crate) fn find_object(
    stack: &Stack,
    digest: Digest,
    size: u64,
    uri: &str,
    what: &dyn fmt::Display,
) -> Result<Object, ArtifactError> {
    match uri.starts_with("inline:") {
        true => Ok(Object::Bytes(read_object(stack, digest, uri, what)?)),
        false => Ok(Object::Stored {
            store: stack.artifacts().clone(),
            digest,
            size,
        }),
    }
}

/// An object that isn't there may be in another store: the one that the artifact's record names.
pub(crate) fn elsewhere(stack: &Stack, digest: Digest, uri: &str, error: ArtifactError) -> ArtifactError {
    let store = stack.artifacts();
    match error {
        ArtifactError::Missing { what, .. } if uri != store.uri(digest) => ArtifactError::Elsewhere {
            what,
            uri: uri.to_owned(),
            url: store.url().to_owned(),
        },
        error => error,
    }
}

/// A version of an artifact that can be read as this type.
pub(crate) fn find_artifact(
    metadata: &dyn MetadataStore,
    name: &str,
    number: Option<u32>,
    type_name: &'static str,
) -> Result<ArtifactRecord, ClientError> {
    let record = find_version(metadata, name, number)?;
    check_type(
        &record,
        type_name,
        &format!("artifact `{name}` version {}", record.number),
    )?;
    Ok(record)
}

pub(super) fn find_version(
    metadata: &dyn MetadataStore,
    name: &str,
    number: Option<u32>,
) -> Result<ArtifactRecord, ClientError> {
    if let Some(record) = metadata.artifact_version(name, number)? {
        return Ok(record);
    }
    let known = match metadata.artifact_version(name, None)? {
        Some(newest) => format!("versions 1 to {}", newest.number),
        None => similar(&metadata.artifact_names()?, name),
    };
    Err(ClientError::NoArtifact {
        store: metadata.location(),
        name: name.to_owned(),
        number,
        known,
    })
}

/// The names to offer to someone who asked for one that isn't there: those that contain it or are contained, else the first few.
pub(crate) fn similar(names: &[String], wanted: &str) -> String {
    const MOST: usize = 10;
    let wanted = wanted.to_lowercase();
    let near = |name: &&String| {
        let name = name.to_lowercase();
        !wanted.is_empty() && (name.contains(&wanted) || wanted.contains(&name))
    };
    let mut offered: Vec<&str> = names.iter().filter(near).map(String::as_str).take(MOST).collect();
    if offered.is_empty() {
        offered = names.iter().map(String::as_str).take(MOST).collect();
    }
    match offered.is_empty() {
        true => "nothing".into(),
        false => offered.join(", "),
    }
}

/// Encodes and stores a value under a name, outside any run.
pub(crate) fn save<T: Materialize>(
    stack: &Stack,
    name: String,
    value: &T,
    tags: Vec<String>,
) -> Result<ArtifactRecord, ClientError> {
    if let Err(reason) = check_name(&name) {
        return Err(ClientError::BadName { name, reason });
    }
    if let Some(reason) = tags.iter().find_map(|tag| check_label(tag).err()) {
        return Err(ClientError::BadTag { name, reason });
    }
    let codec = codec_of::<T>();
    let mut sink = stack.artifacts().sink();
    let written = codec.encode_to(value, &mut sink);
    let finished = written.and_then(|description| Ok((sink.finish()?, description)));
    let (encoded, description) = finished.map_err(|source| ArtifactError::Encode {
        what: format!("artifact `{name}`"),
        type_name: codec.type_name(),
        codec: codec.info().name,
        source,
    })?;
    let (digest, size) = (encoded.digest, encoded.size);
    let mut record = ArtifactRecord::new(crate::ids::next(), name, digest, size, stack.clock().now());
    record.describe(codec.type_name(), codec.info(), description);
    record.tags = tags;
    let id = record.id;
    let mut changes = Vec::new();
    let mut hold = None;
    match encoded.body {
        Body::Bytes(bytes) if bytes.len() <= stack.artifacts().inline_limit() => {
            record.uri = format!("inline:{digest}");
            let bytes = bytes.to_vec();
            changes.push(Change::Object { digest, bytes });
        }
        body => {
            record.uri = stack.artifacts().uri(digest);
            hold = Some(stack.hold()?);
            stack.publish_object(digest, size, &body, false)?;
        }
    }
    changes.push(Change::Artifact(Box::new(record)));
    stack.metadata().apply(&changes)?;
    drop(hold);
    let stored = stack.metadata().artifact(id)?;
    stored.ok_or_else(|| ClientError::Thread("the artifact that was just saved is gone".into()))
}
