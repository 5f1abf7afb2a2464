//! Values as MLflow takes them.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde_json::Value;
use zen_core::metadata::Status;

use crate::mlflow::rest::RunStatus;

/// The most characters of a parameter's value.
pub(super) const PARAMETER: usize = 6000;
/// The most characters of a tag's value.
pub(super) const TAG: usize = 8000;

/// What stands at the end of a value that was cut.
const CUT: &str = ".. (cut)";

/// At most `most` characters.
///
/// A NUL, which not every database of MLflow's takes, is another character there.
pub(super) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.contains('\0') {
        return Cow::Owned(cut(&text.replace('\0', "\u{fffd}"), most).into_owned());
    }
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let kept: String = text.chars().take(most - CUT.len()).collect();
            Cow::Owned(kept + CUT)
        }
    }
}

/// A number; what JSON has no number for is a text, as protobuf's JSON has it.
pub(super) fn number(value: f64) -> Value {
    match value {
        value if value.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        value => value.into(),
    }
}

/// MLflow knows no time before 1970.
pub(super) fn milliseconds(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis().max(0)
}

/// What a run that ended so is in MLflow.
pub(super) fn status(status: Status) -> RunStatus {
    match status {
        Status::Completed | Status::Cached | Status::Skipped => RunStatus::Finished,
        Status::Cancelled => RunStatus::Killed,
        _ => RunStatus::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_between_characters() {
        assert_eq!(cut(&"ü".repeat(20), 20), "ü".repeat(20));
        let short = cut(&"ü".repeat(21), 20).into_owned();
        assert_eq!(short, format!("{}{CUT}", "ü".repeat(12)));
        assert_eq!(short.chars().count(), 20);
    }
}
