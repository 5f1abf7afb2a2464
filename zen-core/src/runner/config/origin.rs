//! TOML as a tree of settings, and where each of them stands.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::graph::{ConfigError, ConfigPlace};
use crate::table::join;

/// Where the settings of a file stand.
#[derive(Debug)]
pub(super) struct Origin {
    file: String,
    /// The lines of keys, by their paths.
    lines: HashMap<String, usize>,
}

impl Origin {
    pub(super) fn read(text: &str, file: &str) -> Result<(Value, Self), ConfigError> {
        let parsed = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
            file: file.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
        })?;
        let mut origin = Self {
            file: file.to_owned(),
            lines: HashMap::new(),
        };
        let tree = origin.table(text, "", parsed.get_ref())?;
        Ok((Value::Object(tree), origin))
    }

    /// Adds file and line of the setting, or of the nearest one around it.
    pub(super) fn locate(&self, place: &mut ConfigPlace) {
        place.file = Some(self.file.clone());
        let mut key = place.key.as_str();
        while !key.is_empty() {
            if let Some(line) = self.lines.get(key) {
                place.line = Some(*line);
                return;
            }
            key = key.rsplit_once('.').map_or("", |(around, _)| around);
        }
    }

    fn table(
        &mut self,
        text: &str,
        path: &str,
        table: &DeTable<'_>,
    ) -> Result<Map<String, Value>, ConfigError> {
        let mut read = Map::new();
        for (key, value) in table {
            let path = join(path, key.get_ref());
            let line = text[..key.span().start].matches('\n').count() + 1;
            self.lines.insert(path.clone(), line);
            let value = self.value(text, &path, value)?;
            read.insert(key.get_ref().to_string(), value);
        }
        Ok(read)
    }

    fn value(&mut self, text: &str, path: &str, value: &Spanned<DeValue<'_>>) -> Result<Value, ConfigError> {
        Ok(match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(value) => Value::Bool(*value),
            DeValue::Datetime(time) => Value::String(time.to_string()),
            DeValue::Integer(number) => {
                let (digits, radix) = (number.as_str(), number.radix());
                let read = i64::from_str_radix(digits, radix).map(Number::from);
                let read = read.or_else(|_| u64::from_str_radix(digits, radix).map(Number::from));
                Value::Number(read.map_err(|_| self.wrong(path, "is an integer of more than 64 bits"))?)
            }
            DeValue::Float(number) => {
                let read = number.as_str().parse().ok().and_then(Number::from_f64);
                Value::Number(read.ok_or_else(|| self.wrong(path, "is no finite number"))?)
            }
            DeValue::Array(list) => {
                let values = list
                    .iter()
                    .enumerate()
                    .map(|(index, value)| self.value(text, &format!("{path}[{index}]"), value));
                Value::Array(values.collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => Value::Object(self.table(text, path, table)?),
        })
    }

    fn wrong(&self, path: &str, reason: &str) -> ConfigError {
        let mut place = ConfigPlace::of(path.to_owned());
        self.locate(&mut place);
        ConfigError::Setting {
            place,
            reason: reason.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::runner::RunConfig;

    fn wrong(text: &str) -> String {
        RunConfig::from_toml(text, "run.toml").unwrap_err().to_string()
    }

    #[test]
    fn faults_say_where_they_are() {
        assert_eq!(
            wrong("name = \"x\"\n\n[steps.trainer]\nretries = 3"),
            "run.toml:4: `steps.trainer.retries` is no setting (did you mean `retry`? there is: cache, retry, timeout, isolation, tags, \
             parameters)"
        );
        assert_eq!(
            wrong("[steps.trainer]\nretry = { max = 1, delay = \"1 minute\" }"),
            "run.toml:2: `steps.trainer.retry.delay` has to be a duration, a whole number and a unit (ms, s, m, h or d): \"250ms\", \
             \"1s\", \"10m\", \"2h\", \"1d\", and is `\"1 minute\"`"
        );
        assert_eq!(
            wrong("\nfailure = \"fail_fats\""),
            "run.toml:2: `failure` has to be one of \"fail_fast\", \"stop_dependents\", \"continue\", and is `\"fail_fats\"` (did you mean \
             \"fail_fast\"?)"
        );
        assert!(wrong("[steps.a]\nretry = { delay = \"1s\" }").contains("`steps.a.retry.max` is missing"));
        assert!(wrong("parallel = 0").starts_with("run.toml:1: `parallel` has to be 1 or more"));
        assert!(wrong("[steps.a]\ntimeout = \"0s\"").contains("longer than nothing"));
        assert!(wrong("[parameters]\nx = nan").starts_with("run.toml:2: `parameters.x` is no finite number"));
        assert!(wrong("steps = 3").contains("`steps` has to be a table, and is `3`"));
        assert!(
            wrong("[steps.a.isolation]\nmemory = \"2gigs\"")
                .starts_with("run.toml:2: `steps.a.isolation.memory`")
        );
        let syntax = wrong("name = \"x\"\nname = ");
        assert!(
            syntax.starts_with("run.toml: ") && syntax.contains("line 2"),
            "{syntax}"
        );
    }

    #[test]
    fn numbers_come_as_they_are_written() {
        let config =
            RunConfig::from_toml("parameters = { a = 0x1F, b = 1_000, c = 1e3, d = -4 }", "x").unwrap();
        let numbers = serde_json::json!({"a": 31, "b": 1000, "c": 1000.0, "d": -4});
        assert_eq!(serde_json::Value::Object(config.parameters), numbers);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = r#"
            name = "n"
            tags = ["a", "b"]
            cache = { enabled = true, expires = "90m", files = ["data"], ignore = ["x"], strict = false }
            parallel = 3
            failure = "continue"
            [parameters]
            deep = { er = [1, 2.5, "x"] }
            [steps."train.each"]
            cache = false
            retry = 4
            timeout = "1500ms"
            tags = ["t"]
            parameters.x = 1
            [steps.b]
            isolation = { process = true, memory = "1GiB", env = { A = "1" }, inherit = ["B"] }
            retry = { max = 3, delay = "1s", backoff = 2.0, max_delay = "1m", jitter = false }
        "#;
        let config = RunConfig::from_toml(text, "run.toml").unwrap();
        let written = serde_json::to_string(&config).unwrap();
        let again: RunConfig = serde_json::from_str(&written).unwrap();
        assert_eq!(config, again);
        assert_eq!(config.steps, again.steps);
        assert_eq!(config.steps["b"].retry.unwrap().max, 3);
        let error = serde_json::from_str::<RunConfig>("{\"step\": {}}").unwrap_err();
        assert!(error.to_string().contains("did you mean `steps`?"), "{error}");
    }
}
