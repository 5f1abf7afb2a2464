//! Pipelines by path and name: how another process of the same program finds them.

use std::fmt;

use super::{EncodedArguments, ErasedPipeline};

/// A registered pipeline; `#[pipeline]` submits one for every function without type parameters.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct PipelineEntry {
    /// The pipeline's name.
    pub name: &'static str,
    /// `crate::module::function`.
    pub path: &'static str,
    /// Where it stands.
    pub file: &'static str,
    /// Where it stands.
    pub line: u32,
    /// Builds it from recorded arguments.
    pub rebuild: fn(&EncodedArguments) -> Result<ErasedPipeline, String>,
}

impl fmt::Debug for PipelineEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.path, self.file, self.line)
    }
}

inventory::collect!(PipelineEntry);

/// Why a pipeline could not be found or built by name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// No pipeline has this path or name.
    #[error(
        "this program has no pipeline `{name}` (it has: {known}); a pipeline of another crate is found only when \
         the program refers to that crate, as with `use that_crate as _;`"
    )]
    Unknown {
        /// The path or name.
        name: String,
        /// The paths of those there are.
        known: String,
    },
    /// Two pipelines share it.
    #[error("two pipelines are called `{name}`: {first} and {second}")]
    Duplicate {
        /// The path or name.
        name: String,
        /// The first place.
        first: String,
        /// The second place.
        second: String,
    },
    /// It can't be built from these arguments.
    #[error("pipeline `{name}` can't be built again: {reason}")]
    Rebuild {
        /// The path or name.
        name: String,
        /// Why not.
        reason: String,
    },
}

/// The paths of all pipelines this program can start by name, sorted.
pub fn registered_pipelines() -> Vec<&'static str> {
    let mut paths: Vec<_> = inventory::iter::<PipelineEntry>
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    paths.sort_unstable();
    paths
}

/// Builds a registered pipeline by its path (`crate::module::function`) or, when it is unique, its name, from
/// recorded arguments.
///
/// # Errors
/// When there is no such pipeline, there are two, or the arguments don't fit.
pub fn rebuild_pipeline(name: &str, arguments: &[u8]) -> Result<ErasedPipeline, RegistryError> {
    let mut found = inventory::iter::<PipelineEntry>
        .into_iter()
        .filter(|entry| entry.path == name || entry.name == name);
    let Some(entry) = found.next() else {
        return Err(RegistryError::Unknown {
            name: name.to_owned(),
            known: registered_pipelines().join(", "),
        });
    };
    if let Some(second) = found.next() {
        return Err(RegistryError::Duplicate {
            name: name.to_owned(),
            first: format!("{entry:?}"),
            second: format!("{second:?}"),
        });
    }
    let rebuild = |reason| RegistryError::Rebuild {
        name: name.to_owned(),
        reason,
    };
    let arguments = EncodedArguments::parse(arguments).map_err(rebuild)?;
    (entry.rebuild)(&arguments).map_err(rebuild)
}
