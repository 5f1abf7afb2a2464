//! Batches: in order, of any size, with all that may be in them.

use serde_json::json;
use zen_core::tracking::{TrackedBatch, TrackingError};

use super::{Stage, datum, metric, run_of, unique};

#[test]
fn a_hundred_thousand_values_in_order() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let tracker = stage.tracker();
    let mut writer = tracker.begin(&run_of(&unique("many"))).unwrap();
    const VALUES: i64 = 100_000;
    let value = |index: i64| (index as f64 * 0.7).sin();
    let all: Vec<_> = (0..VALUES)
        .map(|index| metric("trainer", "loss", value(index), index))
        .collect();
    for part in all.chunks(tracker.batch_size()) {
        let mut batch = TrackedBatch::default();
        batch.metrics = part.to_vec();
        writer.log(&batch).unwrap();
    }
    let mut next = 0;
    let mut page = String::new();
    while next < VALUES {
        let path = format!(
            "metrics/get-history?run_id={}&metric_key=loss&max_results=25000{page}",
            writer.id()
        );
        let answer = server.get(&path);
        for found in answer["metrics"].as_array().unwrap() {
            assert_eq!(found["step"], next);
            assert_eq!(found["value"], value(next));
            assert_eq!(found["timestamp"], 1_700_000_001_000 + next);
            next += 1;
        }
        let token = answer["next_page_token"].as_str().unwrap_or_default();
        assert!(
            !token.is_empty() || next == VALUES,
            "there are {VALUES} values, not {next}"
        );
        page = format!("&page_token={token}");
    }
    // The one that was logged last is the one that is shown.
    assert_eq!(datum(server, writer.id(), "metrics", "loss"), value(VALUES - 1));
}

#[test]
fn values_that_are_no_numbers() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let mut writer = stage.tracker().begin(&run_of(&unique("odd"))).unwrap();
    let mut batch = TrackedBatch::default();
    let values = [
        ("nan", f64::NAN),
        ("up", f64::INFINITY),
        ("down", f64::NEG_INFINITY),
        ("zero", -0.0),
        ("tiny", f64::MIN_POSITIVE),
        ("large", f64::MAX),
    ];
    for (name, value) in values {
        batch.metrics.push(metric("s", name, value, 0));
    }
    writer.log(&batch).unwrap();
    let found = |name| datum(server, writer.id(), "metrics", name);
    assert_eq!(found("nan"), "NaN");
    // Databases have no infinity; MLflow keeps the largest number.
    assert_eq!((found("up"), found("down")), (json!(f64::MAX), json!(-f64::MAX)));
    assert_eq!(found("tiny"), f64::MIN_POSITIVE);
    assert_eq!(found("large"), f64::MAX);
    assert_eq!(found("zero").as_f64(), Some(0.0));
}

#[test]
fn a_batch_of_everything_at_its_limits() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let mut writer = stage.tracker().begin(&run_of(&unique("limits"))).unwrap();
    let mut batch = TrackedBatch::default();
    // More than one call takes of each, and more bytes.
    let long = "ü\"\\".repeat(2000);
    for index in 0..250 {
        batch.parameters.push((format!("p{index}"), long.clone()));
        batch.tags.insert(format!("t{index}"), long.clone());
    }
    for index in 0..1500 {
        batch
            .metrics
            .push(metric("s", &format!("m{index}"), index as f64, 0));
    }
    writer.log(&batch).unwrap();
    let run = server.get(&format!("runs/get?run_id={}", writer.id()));
    let count = |what: &str, prefix: char| {
        let found = run["run"]["data"][what].as_array().unwrap().iter();
        let ours = found.filter(|item| {
            let mut chars = item["key"].as_str().unwrap().chars();
            chars.next() == Some(prefix) && chars.next().is_some_and(|char| char.is_ascii_digit())
        });
        ours.count()
    };
    assert_eq!(
        (count("params", 'p'), count("tags", 't'), count("metrics", 'm')),
        (250, 250, 1500)
    );
    assert_eq!(datum(server, writer.id(), "params", "p249"), long);
}

#[test]
fn what_is_refused_is_told() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let mut writer = stage.tracker().begin(&run_of(&unique("refused"))).unwrap();
    let batch = |value: &str| {
        let mut batch = TrackedBatch::default();
        batch.parameters.push(("p".to_owned(), value.to_owned()));
        batch
    };
    writer.log(&batch("1")).unwrap();
    let error = writer.log(&batch("2")).unwrap_err();
    assert!(matches!(error, TrackingError::Refused { .. }), "{error:?}");
    assert!(
        error.to_string().contains("Changing param values is not allowed"),
        "{error}"
    );
    assert_eq!(datum(server, writer.id(), "params", "p"), "1");
}
