//! How a pipeline is to be run, from a file, from JSON, or from code.

mod apply;
mod origin;
mod read;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

use self::origin::Origin;
use super::FailurePolicy;
use crate::graph::{CachePolicy, ConfigError, StepConfig};

/// How a pipeline is to be run: options of the run, parameters of the pipeline, options and parameters of its steps.
///
/// Read from a file such as
///
/// ```toml
/// name = "nightly"              # of the run
/// tags = ["a"]
/// cache = false                 # or a table: { expires = "1h", files = ["data"], strict = true }
/// parallel = 4
/// failure = "stop_dependents"   # or "fail_fast", "continue"
///
/// [parameters]                  # of the pipeline
/// min_accuracy = 0.9
///
/// [steps.trainer]               # by the step's name in the run
/// cache = true                  # of the two, the step's counts
/// retry = { max = 3, delay = "1s", backoff = 2.0 }
/// timeout = "10m"
/// isolation = "process"
/// tags = ["gpu"]
///
/// [steps.trainer.parameters]    # arguments that the pipeline gives as values
/// epochs = 10
/// optimizer.rate = 0.1          # a field of a struct: the others stay
/// ```
///
/// or from JSON of the same form, with serde; written with serde it comes back as it was. A key that means nothing is an error that names what was
/// probably meant, at every level. What is set for steps is recorded with the run's arguments, so that a continuation of the run has it too.
///
/// ```
/// use zen_core::prelude::*;
/// use zen_core::runner::RunConfig;
///
/// #[step]
/// fn train(epochs: u32) -> u32 { epochs * 2 }
/// #[pipeline]
/// fn training() -> Artifact<u32> { train(1) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let stack = Stack::in_memory()?;
/// let config = RunConfig::from_toml("steps.train.parameters.epochs = 10", "run.toml")?;
/// let run = training().launch().configured(config)?.on(&stack).quiet().run().await?;
/// assert_eq!(*run.output().await?, 20);
///
/// let error = RunConfig::from_toml("\nparalel = 4", "run.toml").unwrap_err();
/// assert!(error.to_string().starts_with("run.toml:2: `paralel` is no setting (did you mean `parallel`?"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RunConfig {
    /// The run's name.
    pub name: Option<String>,
    /// Labels of the run.
    pub tags: Vec<String>,
    /// The use of the cache by all steps: above what the pipeline's code says, below what is set for one step here, and below
    /// [`Launch::cache`](super::Launch::cache).
    pub cache: CachePolicy,
    /// How many attempts may be made at once.
    pub parallel: Option<usize>,
    /// What becomes of the other steps when one fails.
    pub failure: Option<FailurePolicy>,
    /// Arguments of the pipeline, by name.
    pub parameters: Map<String, Value>,
    /// What is set for single steps, by the step's name in the run.
    pub steps: BTreeMap<String, StepConfig>,
    /// Where it was read from.
    origin: Option<Arc<Origin>>,
}

/// Where it was read from doesn't count.
impl PartialEq for RunConfig {
    fn eq(&self, other: &Self) -> bool {
        self.write() == other.write()
    }
}

impl RunConfig {
    /// Reads TOML; `file_name` is for errors.
    ///
    /// # Errors
    /// When it is no TOML, a key means nothing, or a value is none that its key can have: with file and line.
    pub fn from_toml(text: &str, file_name: &str) -> Result<Self, ConfigError> {
        let (value, origin) = Origin::read(text, file_name)?;
        let read = Self::read(&value).map_err(ConfigError::from);
        let read = read.map_err(|error| error.located(|place| origin.locate(place)))?;
        Ok(Self {
            origin: Some(Arc::new(origin)),
            ..read
        })
    }

    /// Reads a file of TOML.
    ///
    /// # Errors
    /// When the file can't be read, and as [`from_toml`](Self::from_toml).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source: Arc::new(source),
        })?;
        Self::from_toml(&text, &path.display().to_string())
    }

    /// Reads JSON that was parsed before.
    ///
    /// # Errors
    /// When a key means nothing, or a value is none that its key can have.
    pub fn from_json(value: &Value) -> Result<Self, ConfigError> {
        Ok(Self::read(value)?)
    }
}

impl Serialize for RunConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RunConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Value::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
