//! Metrics and logs.

use super::Check;
use super::samples::{apply, id, log, metric, ok, recorded, start, step};
use crate::metadata::{Change, LogRecord, MetadataStore, MetricRecord};

pub(super) const CHECKS: &[(&str, Check)] = &[
    (
        "metrics_come_back_in_the_order_they_were_logged",
        metrics_come_back_in_the_order_they_were_logged,
    ),
    (
        "every_number_survives_as_a_metric",
        every_number_survives_as_a_metric,
    ),
    ("logs_are_paged_by_line", logs_are_paged_by_line),
];

fn metrics_come_back_in_the_order_they_were_logged(store: &dyn MetadataStore) {
    let run = start(store, "p");
    let (one, two) = (step(run.id, "one"), step(run.id, "two"));
    apply(store, &[recorded(&one), recorded(&two)]);
    let better = |metric, higher| MetricRecord {
        higher_is_better: Some(higher),
        ..metric
    };
    let written = [
        metric(one.id, "loss", 2.0, 5),
        better(metric(one.id, "accuracy", 0.5, 0), true),
        metric(two.id, "loss", 9.0, 0),
        better(metric(one.id, "loss", 1.0, 3), false),
        metric(one.id, "loss", 1.0, 3),
        metric(one.id, "loss", 0.0, u64::MAX),
    ];
    for group in written.chunks(2) {
        apply(
            store,
            &group.iter().cloned().map(Change::Metric).collect::<Vec<_>>(),
        );
    }
    // The step ends after its metrics: replacing it must not lose them.
    apply(store, &[recorded(&one)]);
    for step in [&one, &two] {
        let expected: Vec<_> = written.iter().filter(|m| m.step == step.id).cloned().collect();
        assert_eq!(
            ok(store.metrics(step.id), "metrics"),
            expected,
            "metrics are wrong or not as logged"
        );
    }
    assert!(
        ok(store.metrics(id()), "metrics").is_empty(),
        "an unknown step has metrics"
    );
}

fn every_number_survives_as_a_metric(store: &dyn MetadataStore) {
    let run = start(store, "p");
    let step = step(run.id, "s");
    let values = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        0.1,
        1.0 / 3.0,
        9_007_199_254_740_993.0,
        -0.0,
        0.0,
    ];
    let metrics = (0..)
        .zip(values)
        .map(|(position, value)| Change::Metric(metric(step.id, "m", value, position)));
    apply(store, &[recorded(&step)]);
    apply(store, &metrics.collect::<Vec<_>>());
    let found = ok(store.metrics(step.id), "metrics");
    assert_eq!(found.len(), values.len(), "metrics are missing");
    for (found, written) in found.iter().zip(values) {
        let same = found.value == written || (found.value.is_nan() && written.is_nan());
        assert!(same, "{written} came back as {}", found.value);
    }
}

fn logs_are_paged_by_line(store: &dyn MetadataStore) {
    let run = start(store, "p");
    let (one, two) = (step(run.id, "one"), step(run.id, "two"));
    apply(store, &[recorded(&one), recorded(&two)]);
    let lines: Vec<_> = (0..25).map(|line| log(one.id, line)).collect();
    for group in lines.chunks(10) {
        apply(store, &group.iter().cloned().map(Change::Log).collect::<Vec<_>>());
    }
    let odd = LogRecord {
        level: "error".to_owned(),
        target: String::new(),
        message: "\u{1b}[31m".to_owned(),
        ..log(two.id, 0)
    };
    apply(store, &[Change::Log(odd.clone()), recorded(&one)]);
    let logs = |step, from, limit| ok(store.logs(step, from, limit), "logs");
    assert_eq!(logs(one.id, 0, u32::MAX), lines, "the whole log differs");
    let mut seen = Vec::new();
    loop {
        let page = logs(one.id, seen.len() as u64, 4);
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 4, "a page is longer than its limit");
        seen.extend(page);
    }
    assert_eq!(seen, lines, "the pages differ from the whole log");
    assert_eq!(logs(one.id, 24, 10), lines[24..], "the last line differs");
    assert!(logs(one.id, 0, 0).is_empty(), "a limit of 0 gives lines");
    assert!(logs(one.id, 25, 1).is_empty(), "there are lines after the last");
    assert!(
        logs(one.id, u64::MAX, 1).is_empty(),
        "there are lines at the end of numbers"
    );
    assert_eq!(logs(two.id, 0, 9), [odd], "the log of another step differs");
    assert!(logs(id(), 0, 9).is_empty(), "an unknown step has a log");
}
