//! Settings as tables in tables, read key by key: what is wrong is named by its key's path, and what was probably meant is said.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::near::choices;
use crate::quantity::{self, DURATIONS, SIZES};

/// What is wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// `steps.trainer.retry`; empty for the whole.
    pub(crate) path: String,
    pub(crate) reason: String,
}

/// A table of settings.
#[derive(Debug, Clone)]
pub(crate) struct Table<'v> {
    path: String,
    entries: &'v Map<String, Value>,
}

/// A setting's value.
#[derive(Debug, Clone)]
pub(crate) struct Setting<'v> {
    pub(crate) path: String,
    pub(crate) value: &'v Value,
}

/// The path of a key in the table at `path`; quoted where TOML quotes it.
pub(crate) fn join(path: &str, key: &str) -> String {
    let bare = !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    let key = if bare { key.to_owned() } else { format!("{key:?}") };
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}

impl<'v> Table<'v> {
    /// All of it.
    pub(crate) fn whole(value: &'v Value) -> Result<Self, Fault> {
        let path = String::new();
        Setting { path, value }.table()
    }

    /// Refuses keys that are none of these.
    pub(crate) fn only(self, keys: &[&str]) -> Result<Self, Fault> {
        match self.entries.keys().find(|key| !keys.contains(&key.as_str())) {
            None => Ok(self),
            Some(key) => Err(Fault {
                path: join(&self.path, key),
                reason: format!("is no setting ({})", choices(key, keys)),
            }),
        }
    }

    /// A setting, if it is given.
    pub(crate) fn get(&self, key: &str) -> Option<Setting<'v>> {
        let value = self.entries.get(key)?;
        Some(Setting {
            path: join(&self.path, key),
            value,
        })
    }

    /// A setting as `read` understands it, if it is given.
    pub(crate) fn read<T>(
        &self,
        key: &str,
        read: impl FnOnce(Setting<'v>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.get(key).map(read).transpose()
    }

    pub(crate) fn missing(&self, key: &str, what: &str) -> Fault {
        Fault {
            path: join(&self.path, key),
            reason: format!("is missing: give {what}"),
        }
    }

    /// Its keys with their values.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&'v String, Setting<'v>)> {
        self.entries.iter().map(|(key, value)| {
            let path = join(&self.path, key);
            (key, Setting { path, value })
        })
    }

    pub(crate) fn entries(&self) -> &'v Map<String, Value> {
        self.entries
    }
}

impl<'v> Setting<'v> {
    pub(crate) fn wrong(&self, wanted: &str) -> Fault {
        let shown = match self.value {
            Value::Object(_) => "a table".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            other => format!("`{other}`"),
        };
        Fault {
            path: self.path.clone(),
            reason: format!("has to be {wanted}, and is {shown}"),
        }
    }

    pub(crate) fn table(self) -> Result<Table<'v>, Fault> {
        match self.value {
            Value::Object(entries) => Ok(Table {
                path: self.path,
                entries,
            }),
            _ => Err(self.wrong("a table")),
        }
    }

    pub(crate) fn text(self) -> Result<String, Fault> {
        self.value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.wrong("a text"))
    }

    pub(crate) fn boolean(self) -> Result<bool, Fault> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wrong("`true` or `false`"))
    }

    pub(crate) fn count(self) -> Result<u64, Fault> {
        self.value
            .as_u64()
            .ok_or_else(|| self.wrong("a whole number, 0 or more"))
    }

    pub(crate) fn number(self) -> Result<f64, Fault> {
        self.value.as_f64().ok_or_else(|| self.wrong("a number"))
    }

    pub(crate) fn duration(self) -> Result<Duration, Fault> {
        let read = self.value.as_str().and_then(quantity::duration);
        read.ok_or_else(|| self.wrong(&format!("a duration, {DURATIONS}")))
    }

    /// In bytes.
    pub(crate) fn size(self) -> Result<u64, Fault> {
        let read = match self.value {
            Value::String(text) => quantity::size(text),
            other => other.as_u64(),
        };
        read.ok_or_else(|| self.wrong(&format!("a size: a number of bytes, or {SIZES}")))
    }

    pub(crate) fn texts(self) -> Result<Vec<String>, Fault> {
        let list = self.value.as_array();
        let texts = list.and_then(|list| {
            let texts = list.iter().map(|text| text.as_str().map(str::to_owned));
            texts.collect()
        });
        texts.ok_or_else(|| self.wrong("a list of texts"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        let value = json!({"steps": {"a b": {"retry": {"maxx": 3}}}});
        let steps = Table::whole(&value)
            .unwrap()
            .get("steps")
            .unwrap()
            .table()
            .unwrap();
        let step = steps.get("a b").unwrap().table().unwrap();
        let fault = step
            .get("retry")
            .unwrap()
            .table()
            .unwrap()
            .only(&["max", "delay"]);
        assert_eq!(
            fault.unwrap_err(),
            Fault {
                path: "steps.\"a b\".retry.maxx".to_owned(),
                reason: "is no setting (did you mean `max`? there is: max, delay)".to_owned(),
            }
        );
    }

    #[test]
    fn values_of_another_kind_are_refused() {
        let value = json!({"x": -1});
        let table = Table::whole(&value).unwrap();
        let fault = table.read("x", Setting::count).unwrap_err();
        assert_eq!(fault.reason, "has to be a whole number, 0 or more, and is `-1`");
        assert!(table.read("x", Setting::duration).is_err());
        assert!(table.read("x", Setting::texts).is_err());
        assert_eq!(table.read("y", Setting::count), Ok(None));
    }
}
