//! A configuration as a tree of settings.

use serde_json::{Map, Value};

use super::RunConfig;
use crate::graph::configure::{read_cache, read_steps, write_cache, write_steps};
use crate::runner::FailurePolicy;
use crate::table::{Fault, Setting, Table};

const KEYS: &[&str] = &[
    "name",
    "tags",
    "cache",
    "parallel",
    "failure",
    "parameters",
    "steps",
];

impl RunConfig {
    pub(super) fn read(value: &Value) -> Result<Self, Fault> {
        let table = Table::whole(value)?.only(KEYS)?;
        let parameters = table.read("parameters", Setting::table)?;
        Ok(Self {
            name: table.read("name", Setting::text)?,
            tags: table.read("tags", Setting::texts)?.unwrap_or_default(),
            cache: table.read("cache", read_cache)?.unwrap_or_default(),
            parallel: table.read("parallel", parallel)?,
            failure: table.read("failure", failure)?,
            parameters: parameters
                .map(|parameters| parameters.entries().clone())
                .unwrap_or_default(),
            steps: read_steps(&table)?,
            origin: None,
        })
    }

    pub(super) fn write(&self) -> Value {
        let failure = self
            .failure
            .and_then(|failure| serde_json::to_value(failure).ok());
        let settings = [
            ("name", self.name.clone().map(Value::from)),
            ("tags", some(self.tags.is_empty(), || self.tags.clone().into())),
            ("cache", write_cache(&self.cache)),
            ("parallel", self.parallel.map(Value::from)),
            ("failure", failure),
            (
                "parameters",
                some(self.parameters.is_empty(), || self.parameters.clone().into()),
            ),
            ("steps", some(self.steps.is_empty(), || write_steps(&self.steps))),
        ];
        let given = settings
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Value::Object(given.collect::<Map<_, _>>())
    }
}

fn some(empty: bool, value: impl FnOnce() -> Value) -> Option<Value> {
    (!empty).then(value)
}

fn parallel(setting: Setting<'_>) -> Result<usize, Fault> {
    let count = usize::try_from(setting.clone().count()?).ok();
    count
        .filter(|count| *count > 0)
        .ok_or_else(|| setting.wrong("1 or more"))
}

fn failure(setting: Setting<'_>) -> Result<FailurePolicy, Fault> {
    let policies = [
        FailurePolicy::FailFast,
        FailurePolicy::StopDependents,
        FailurePolicy::Continue,
    ];
    let names: Vec<Value> = policies
        .iter()
        .filter_map(|policy| serde_json::to_value(policy).ok())
        .collect();
    let found = policies
        .into_iter()
        .zip(&names)
        .find(|(_, name)| *name == setting.value);
    found.map(|(policy, _)| policy).ok_or_else(|| {
        let names: Vec<String> = names.iter().map(Value::to_string).collect();
        let near = setting.value.as_str().and_then(|text| {
            let names: Vec<&str> = names.iter().map(|name| name.trim_matches('"')).collect();
            crate::near::nearest(text, names.iter().copied())
                .map(|near| format!(" (did you mean \"{near}\"?)"))
        });
        let mut fault = setting.wrong(&format!("one of {}", names.join(", ")));
        fault.reason.push_str(&near.unwrap_or_default());
        fault
    })
}
