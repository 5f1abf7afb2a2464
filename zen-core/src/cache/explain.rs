//! Why a step was or wasn't taken from the cache.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::metadata::{MetadataError, MetadataStore, Status, StepRecord};

/// Why a step of a run was or wasn't taken from the cache.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// The step's name.
    pub step: String,
    /// Its status.
    pub status: Status,
    /// For a cached step: the run that made the outputs.
    pub adopted_from: Option<Uuid>,
    /// What was noted when the step ran: the cache was off, a stored output could not be read, ..
    pub note: Option<String>,
    /// The earlier run it is compared with: the newest one before that has this step.
    pub compared_with: Option<Uuid>,
    /// The fields of the cache key that differ from that run's.
    pub changed: Vec<FieldChange>,
}

/// One field of two cache keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field: `code`, `input.x`, `version`, ..
    pub field: String,
    /// What it was; none when it is new.
    pub before: Option<String>,
    /// What it is; none when it is gone.
    pub now: Option<String>,
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, now) = (self.before.as_deref(), self.now.as_deref());
        match (before, now) {
            (Some(before), Some(now)) => write!(f, "{}: {before} -> {now}", self.field),
            (None, Some(now)) => write!(f, "{}: {now} (new)", self.field),
            (Some(before), None) => write!(f, "{}: {before} (gone)", self.field),
            (None, None) => f.write_str(&self.field),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.step, self.status)?;
        if let Some(run) = self.adopted_from {
            return write!(f, ": its outputs were made by run {run}");
        }
        if let Some(note) = &self.note {
            write!(f, ": {note}")?;
        }
        match (self.compared_with, self.changed.as_slice()) {
            (None, _) if self.note.is_none() => write!(f, ": no earlier run has this step"),
            (Some(run), []) if self.note.is_none() => write!(f, ": its key is the same as in run {run}"),
            (Some(run), changed) if !changed.is_empty() => {
                write!(f, "; since run {run} these changed:")?;
                changed.iter().try_for_each(|change| write!(f, "\n  {change}"))
            }
            _ => Ok(()),
        }
    }
}

/// How many earlier runs are looked at for one that has a key.
const LOOK_BACK: usize = 100;

/// Explains a step by comparing its key with that of the newest earlier run that has it.
pub(crate) fn explain(
    metadata: &dyn MetadataStore,
    pipeline: &str,
    step: &StepRecord,
) -> Result<Explanation, MetadataError> {
    let mut earlier = metadata.step_before(pipeline, &step.name, step.run)?;
    // A step that was skipped, or whose process died, has no key to compare with.
    for _ in 0..LOOK_BACK {
        match &earlier {
            Some(keyless) if keyless.cache_key.is_none() => {
                earlier = metadata.step_before(pipeline, &step.name, keyless.run)?;
            }
            _ => break,
        }
    }
    let changed = match &earlier {
        Some(earlier) if step.cache_key != earlier.cache_key => {
            compare(&earlier.key_fields, &step.key_fields)
        }
        _ => Vec::new(),
    };
    Ok(Explanation {
        step: step.name.clone(),
        status: step.status,
        adopted_from: step.source_run,
        note: step.cache_note.clone(),
        compared_with: earlier.map(|earlier| earlier.run),
        changed,
    })
}

fn compare(before: &[(String, String)], now: &[(String, String)]) -> Vec<FieldChange> {
    let find = |fields: &[(String, String)], name: &str| {
        fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.clone())
    };
    let gone = before.iter().filter(|(name, _)| find(now, name).is_none());
    let fields = now.iter().chain(gone).map(|(name, _)| name);
    fields
        .map(|name| FieldChange {
            field: name.clone(),
            before: find(before, name),
            now: find(now, name),
        })
        .filter(|change| change.before != change.now)
        .collect()
}
