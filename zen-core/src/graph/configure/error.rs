//! What can be wrong with a configuration.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::graph::{GraphError, RegistryError};
use crate::table::Fault;

/// Which setting of a configuration is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigPlace {
    /// The file, when the configuration was read from one.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<usize>,
    /// The path of the key: `steps.trainer.retry.max`. Empty for the whole.
    pub key: String,
}

impl ConfigPlace {
    pub(crate) fn of(key: String) -> Box<Self> {
        Box::new(Self {
            key,
            ..Self::default()
        })
    }
}

impl fmt::Display for ConfigPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}: ")?,
            (Some(file), None) => write!(f, "{file}: ")?,
            (None, _) => {}
        }
        match self.key.as_str() {
            "" => f.write_str("the configuration"),
            key => write!(f, "`{key}`"),
        }
    }
}

/// Why a configuration can't be read, or doesn't fit the pipeline.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file can't be read.
    #[error("the configuration {} can't be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// The text is no TOML.
    #[error("{file}: {reason}")]
    Syntax {
        /// The file.
        file: String,
        /// What is wrong, with the line.
        reason: String,
    },
    /// A key that means nothing, or a value that its key can't have.
    #[error("{place} {reason}")]
    Setting {
        /// Which.
        place: Box<ConfigPlace>,
        /// What is wrong with it.
        reason: String,
    },
    /// The pipeline has no such step.
    #[error("{place}: pipeline `{pipeline}` has no step `{step}` ({reason})")]
    UnknownStep {
        /// Where it is named.
        place: Box<ConfigPlace>,
        /// The pipeline.
        pipeline: String,
        /// The name.
        step: String,
        /// The one that was probably meant, and those there are.
        reason: String,
    },
    /// The step has no such argument.
    #[error("{place}: step `{step}` has no argument `{argument}` ({choices})")]
    UnknownArgument {
        /// Where it is named.
        place: Box<ConfigPlace>,
        /// The step.
        step: String,
        /// The name.
        argument: String,
        /// The one that was probably meant, and those there are.
        choices: String,
    },
    /// The argument is what another step makes.
    #[error(
        "{place}: argument `{argument}` of step `{step}` can't be set: it takes what `{from}` makes; only arguments that the \
         pipeline gives as values can be"
    )]
    Fed {
        /// Where it is named.
        place: Box<ConfigPlace>,
        /// The step.
        step: String,
        /// The argument.
        argument: String,
        /// The step, or stored artifact, that it comes from.
        from: String,
    },
    /// The value is none of the argument's type.
    #[error("{place}: argument `{argument}` of step `{step}` has to be a `{type_name}`: {reason}")]
    Value {
        /// Where it is given.
        place: Box<ConfigPlace>,
        /// The step.
        step: String,
        /// The argument.
        argument: String,
        /// Its type.
        type_name: String,
        /// What is wrong, and where in the value.
        reason: String,
    },
    /// Parameters of the pipeline are given, and the pipeline was built before.
    #[error(
        "{place}: parameters of the pipeline can't be set any more once it is built; build `{pipeline}` by name, with `RunConfig::launch`"
    )]
    Built {
        /// Where they are given.
        place: Box<ConfigPlace>,
        /// The pipeline.
        pipeline: String,
    },
    /// The pipeline's graph has a mistake.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The pipeline could not be built from its parameters.
    #[error("{place}: {error}")]
    NotBuilt {
        /// Where the parameters are given.
        place: Box<ConfigPlace>,
        /// Why not.
        error: RegistryError,
    },
}

impl ConfigError {
    /// The setting that is wrong, when it is one.
    pub fn place(&self) -> Option<&ConfigPlace> {
        match self {
            Self::Setting { place, .. }
            | Self::UnknownStep { place, .. }
            | Self::UnknownArgument { place, .. }
            | Self::Fed { place, .. }
            | Self::Value { place, .. }
            | Self::Built { place, .. }
            | Self::NotBuilt { place, .. } => Some(place),
            Self::Read { .. } | Self::Syntax { .. } | Self::Graph(_) => None,
        }
    }

    /// Says more of the place, when it names a setting.
    pub(crate) fn located(mut self, locate: impl FnOnce(&mut ConfigPlace)) -> Self {
        match &mut self {
            Self::Setting { place, .. }
            | Self::UnknownStep { place, .. }
            | Self::UnknownArgument { place, .. }
            | Self::Fed { place, .. }
            | Self::Value { place, .. }
            | Self::Built { place, .. }
            | Self::NotBuilt { place, .. } => locate(place),
            Self::Read { .. } | Self::Syntax { .. } | Self::Graph(_) => {}
        }
        self
    }
}

impl From<Fault> for ConfigError {
    fn from(fault: Fault) -> Self {
        Self::Setting {
            place: ConfigPlace::of(fault.path),
            reason: fault.reason,
        }
    }
}
