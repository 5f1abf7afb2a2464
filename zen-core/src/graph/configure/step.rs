//! What can be set for one step.

use std::time::Duration;

use serde_json::{Map, Value};

use super::options::{
    put, read_cache, read_isolation, read_retry, read_timeout, write_cache, write_isolation, write_retry,
};
use crate::graph::{CachePolicy, Isolation, Retry};
use crate::quantity::duration_text;
use crate::table::{Fault, Setting};

/// What is set for one step of a run from outside of the pipeline's code. It counts above what the call and the step say; what is not given
/// is left to them.
///
/// As a table of settings: `cache` (`false`, or a table with `enabled`, `expires`, `ignore`, `files`, `strict`), `retry` (how many times, or a
/// table with `max`, `delay`, `backoff`, `max_delay`, `jitter`), `timeout`, `isolation` (`"process"`, `"none"`, or a table with
/// `process`, `memory`, `env`, `inherit`), `tags`, `parameters`.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct StepConfig {
    /// The use of the cache.
    pub cache: CachePolicy,
    /// Attempts after a failure.
    pub retry: Option<Retry>,
    /// The longest an attempt may take.
    pub timeout: Option<Duration>,
    /// Whether it runs in a process of its own.
    pub isolation: Isolation,
    /// Labels beside those it has.
    pub tags: Vec<String>,
    /// Values of arguments that are values in the pipeline too, by the argument's name. Of a struct, some fields may be given: the others stay
    /// as the pipeline has them.
    pub parameters: Map<String, Value>,
}

impl StepConfig {
    pub(crate) fn read(setting: Setting<'_>) -> Result<Self, Fault> {
        let table =
            setting
                .table()?
                .only(&["cache", "retry", "timeout", "isolation", "tags", "parameters"])?;
        let parameters = table.read("parameters", Setting::table)?;
        Ok(Self {
            cache: table.read("cache", read_cache)?.unwrap_or_default(),
            retry: table.read("retry", read_retry)?,
            timeout: table.read("timeout", read_timeout)?,
            isolation: table.read("isolation", read_isolation)?.unwrap_or_default(),
            tags: table.read("tags", Setting::texts)?.unwrap_or_default(),
            parameters: parameters
                .map(|parameters| parameters.entries().clone())
                .unwrap_or_default(),
        })
    }

    pub(crate) fn write(&self) -> Value {
        let mut table = Map::new();
        put(&mut table, "cache", write_cache(&self.cache));
        put(&mut table, "retry", self.retry.as_ref().map(write_retry));
        put(&mut table, "timeout", self.timeout.map(duration_text));
        put(&mut table, "isolation", write_isolation(&self.isolation));
        put(
            &mut table,
            "tags",
            (!self.tags.is_empty()).then(|| self.tags.clone()),
        );
        let parameters = (!self.parameters.is_empty()).then(|| self.parameters.clone());
        put(&mut table, "parameters", parameters);
        Value::Object(table)
    }
}
