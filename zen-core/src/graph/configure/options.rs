//! Policies as settings: the cache, retries, isolation.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::graph::{CachePolicy, Isolation, Retry};
use crate::quantity::duration_text;
use crate::table::{Fault, Setting};

/// `false`, or a table.
pub(crate) fn read_cache(setting: Setting<'_>) -> Result<CachePolicy, Fault> {
    if let Value::Bool(enabled) = setting.value {
        return Ok(CachePolicy::from(*enabled));
    }
    if !setting.value.is_object() {
        return Err(setting.wrong("`true`, `false` or a table"));
    }
    let table = setting
        .table()?
        .only(&["enabled", "expires", "ignore", "files", "strict"])?;
    let files = table.read("files", Setting::texts)?;
    Ok(CachePolicy {
        enabled: table.read("enabled", Setting::boolean)?,
        expires: table.read("expires", Setting::duration)?,
        ignore: table.read("ignore", Setting::texts)?,
        files: files.map(|files| files.into_iter().map(PathBuf::from).collect()),
        strict: table.read("strict", Setting::boolean)?,
    })
}

/// What [`read_cache`] reads; nothing for a policy that says nothing.
pub(crate) fn write_cache(policy: &CachePolicy) -> Option<Value> {
    let mut table = Map::new();
    put(&mut table, "enabled", policy.enabled);
    put(&mut table, "expires", policy.expires.map(duration_text));
    put(&mut table, "ignore", policy.ignore.clone());
    let files = policy.files.as_ref().map(|files| {
        let files = files.iter().map(|file| file.to_string_lossy().into_owned());
        files.collect::<Vec<_>>()
    });
    put(&mut table, "files", files);
    put(&mut table, "strict", policy.strict);
    (!table.is_empty()).then_some(Value::Object(table))
}

/// How many times, or a table.
pub(super) fn read_retry(setting: Setting<'_>) -> Result<Retry, Fault> {
    let times = |setting: Setting<'_>| {
        let times = setting.value.as_u64().and_then(|times| u32::try_from(times).ok());
        times.ok_or_else(|| setting.wrong("a number of attempts"))
    };
    if !setting.value.is_object() {
        return match setting.value.is_number() {
            true => Ok(Retry::from(times(setting)?)),
            false => Err(setting.wrong("a number of attempts or a table")),
        };
    }
    let table = setting
        .table()?
        .only(&["max", "delay", "backoff", "max_delay", "jitter"])?;
    let Some(max) = table.read("max", times)? else {
        return Err(table.missing("max", "how many attempts may follow the first one"));
    };
    let unsaid = Retry::from(max);
    Ok(Retry {
        max,
        delay: table.read("delay", Setting::duration)?.unwrap_or(unsaid.delay),
        backoff: table.read("backoff", factor)?.unwrap_or(unsaid.backoff),
        max_delay: table
            .read("max_delay", Setting::duration)?
            .unwrap_or(unsaid.max_delay),
        jitter: table.read("jitter", Setting::boolean)?.unwrap_or(unsaid.jitter),
    })
}

fn factor(setting: Setting<'_>) -> Result<f64, Fault> {
    let factor = setting.clone().number()?;
    match factor.is_finite() && factor > 0.0 {
        true => Ok(factor),
        false => Err(setting.wrong("a positive number")),
    }
}

pub(super) fn write_retry(retry: &Retry) -> Value {
    json!({
        "max": retry.max,
        "delay": duration_text(retry.delay),
        "backoff": retry.backoff,
        "max_delay": duration_text(retry.max_delay),
        "jitter": retry.jitter,
    })
}

/// Longer than nothing.
pub(super) fn read_timeout(setting: Setting<'_>) -> Result<Duration, Fault> {
    let timeout = setting.clone().duration()?;
    match timeout.is_zero() {
        true => Err(setting.wrong("longer than nothing")),
        false => Ok(timeout),
    }
}

/// `"process"`, `"none"`, or a table.
pub(super) fn read_isolation(setting: Setting<'_>) -> Result<Isolation, Fault> {
    match setting.value {
        Value::String(text) if text == "process" => return Ok(Isolation::process()),
        Value::String(text) if text == "none" => return Ok(Isolation::none()),
        Value::Object(_) => {}
        _ => return Err(setting.wrong("\"process\", \"none\" or a table")),
    }
    let whole = setting.clone();
    let table = setting.table()?.only(&["process", "memory", "env", "inherit"])?;
    let mut isolation = Isolation {
        process: table.read("process", Setting::boolean)?,
        memory: table.read("memory", Setting::size)?,
        ..Isolation::default()
    };
    if let Some(env) = table.read("env", Setting::table)? {
        for (name, value) in env.settings() {
            isolation = isolation.env(name, value.text()?);
        }
    }
    for name in table.read("inherit", Setting::texts)?.unwrap_or_default() {
        isolation = isolation.inherit(name);
    }
    match isolation.fault() {
        None => Ok(isolation),
        Some(reason) => Err(Fault {
            path: whole.path,
            reason: format!("can't be: {reason}"),
        }),
    }
}

pub(super) fn write_isolation(isolation: &Isolation) -> Option<Value> {
    let mut table = Map::new();
    put(&mut table, "process", isolation.process);
    put(&mut table, "memory", isolation.memory);
    put(
        &mut table,
        "env",
        (!isolation.env.is_empty()).then(|| json!(isolation.env)),
    );
    let inherit = (!isolation.inherit.is_empty()).then(|| json!(isolation.inherit));
    put(&mut table, "inherit", inherit);
    (!table.is_empty()).then_some(Value::Object(table))
}

pub(super) fn put(table: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        table.insert(key.to_owned(), value.into());
    }
}
