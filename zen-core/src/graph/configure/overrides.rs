//! What is set for a pipeline's steps, as it is recorded with the run.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::options::{put, read_cache, write_cache};
use super::step::StepConfig;
use crate::graph::CachePolicy;
use crate::table::{Fault, Table};

/// What is set for a pipeline's steps. Recorded with the arguments: whoever builds the pipeline again sets it too.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Overrides {
    /// For all steps, below what is set for one of them.
    pub(crate) cache: CachePolicy,
    /// By the step's name in the run.
    pub(crate) steps: BTreeMap<String, StepConfig>,
}

impl Overrides {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn recorded(value: &Value) -> Result<Self, String> {
        let read = || -> Result<Self, Fault> {
            let table = Table::whole(value)?.only(&["cache", "steps"])?;
            Ok(Self {
                cache: table.read("cache", read_cache)?.unwrap_or_default(),
                steps: read_steps(&table)?,
            })
        };
        read().map_err(|fault| {
            format!(
                "what was set for its steps can't be read: `{}` {}",
                fault.path, fault.reason
            )
        })
    }

    pub(crate) fn record(&self) -> Value {
        let mut table = Map::new();
        put(&mut table, "cache", write_cache(&self.cache));
        put(&mut table, "steps", Some(write_steps(&self.steps)));
        Value::Object(table)
    }
}

/// The table `steps`.
pub(crate) fn read_steps(table: &Table<'_>) -> Result<BTreeMap<String, StepConfig>, Fault> {
    let Some(steps) = table.get("steps") else {
        return Ok(BTreeMap::new());
    };
    let steps = steps.table()?;
    let read = steps
        .settings()
        .map(|(name, step)| Ok((name.clone(), StepConfig::read(step)?)));
    read.collect()
}

pub(crate) fn write_steps(steps: &BTreeMap<String, StepConfig>) -> Value {
    let steps = steps.iter().map(|(name, step)| (name.clone(), step.write()));
    Value::Object(steps.collect())
}
