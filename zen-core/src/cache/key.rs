//! The cache key of a step.

use std::collections::BTreeMap;
use std::path::Path;

use crate::artifact::{Digest, FieldHasher, bare_type_name};
use crate::graph::{CachePolicy, NodeOutput, StepDefinition};
use crate::secrets::redact;

use super::files::{FileDigestError, digest_path};

/// Raised when the fields or their order change: nothing that was cached before is found then.
const FORMAT: &str = "zen cache key 1";

/// The longest text of a field that is kept for people.
const LONGEST: usize = 120;

/// A cache key, and its fields for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheKey {
    /// The key.
    pub digest: Digest,
    /// Every field by name, shortened: what [`RunView::explain`](crate::client::RunView::explain) compares.
    pub fields: Vec<(String, String)>,
}

/// What a step's input adds to its key.
#[derive(Debug, Clone)]
pub(crate) struct KeyInput {
    pub(crate) name: String,
    /// The digest of the content, wherever it came from.
    pub(crate) digest: Digest,
    /// How a person would write the value, when it is short.
    pub(crate) shown: Option<String>,
}

/// Why a step has no cache key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A file named in the cache policy can't be read.
    #[error("the cache policy includes a file that can't be read")]
    File(#[from] FileDigestError),
    /// The policy is strict, and the executable can't be read.
    #[error("the cache policy is strict, but this program's own executable can't be read")]
    Executable,
}

/// Computes a step's key.
///
/// Every field is hashed with its name and its length, so that no two different sets of fields give the same bytes.
/// Inputs count by content: the digest of the bytes their codec writes, whether they are artifacts or parameters.
pub(crate) fn cache_key(
    definition: &StepDefinition,
    policy: &CachePolicy,
    inputs: &[KeyInput],
    outputs: &[NodeOutput],
    env: &BTreeMap<String, String>,
    project: &Path,
    executable: impl FnOnce() -> Option<Digest>,
) -> Result<CacheKey, KeyError> {
    let mut key = Fields::new();
    key.text("step", &definition.path);
    for (index, generic) in definition.generics.iter().enumerate() {
        key.text(format!("generic.{index}"), &bare_type_name(generic));
    }
    match &definition.version {
        Some(version) => key.text("version", version),
        None => {
            key.text("code", &definition.code);
            for (name, code) in &definition.depends {
                key.text(format!("depends.{name}"), code);
            }
        }
    }
    if policy.strict == Some(true) {
        let digest = executable().ok_or(KeyError::Executable)?;
        key.text("executable", &digest.to_string());
    }
    let ignored = policy.ignore.as_deref().unwrap_or_default();
    for input in inputs.iter().filter(|input| !ignored.contains(&input.name)) {
        key.add(
            format!("input.{}", input.name),
            input.digest.as_bytes(),
            || match &input.shown {
                Some(shown) => shown.clone(),
                None => input.digest.short(),
            },
        );
    }
    for output in outputs {
        let info = output.codec.info();
        let name = bare_type_name(output.codec.type_name());
        key.text(
            format!("output.{}", output.name),
            &format!("{name} as {} version {}", info.name, info.version),
        );
    }
    for (name, value) in env {
        key.text(format!("env.{name}"), value);
    }
    for file in policy.files.as_deref().unwrap_or_default() {
        let digest = digest_path(&project.join(file))?;
        key.add(format!("file.{}", file.display()), digest.as_bytes(), || {
            digest.short()
        });
    }
    Ok(key.finish())
}

struct Fields {
    hasher: FieldHasher,
    shown: Vec<(String, String)>,
}

impl Fields {
    fn new() -> Self {
        Self {
            hasher: FieldHasher::new(FORMAT),
            shown: Vec::new(),
        }
    }

    fn add(&mut self, name: impl Into<String>, content: &[u8], shown: impl FnOnce() -> String) {
        let name = name.into();
        self.hasher.field(name.as_bytes()).field(content);
        self.shown.push((name, shown()));
    }

    fn text(&mut self, name: impl Into<String>, text: &str) {
        self.add(name, text.as_bytes(), || {
            let shown = redact(text);
            match shown.char_indices().nth(LONGEST) {
                Some((cut, _)) => format!("{}… ({})", &shown[..cut], Digest::of(text.as_bytes()).short()),
                None => shown.into_owned(),
            }
        });
    }

    fn finish(self) -> CacheKey {
        CacheKey {
            digest: self.hasher.finish(),
            fields: self.shown,
        }
    }
}
