//! Names are any text at all.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Check;
use super::samples::{apply, artifact, edge, log, made, metric, ok, recorded, run, some, started, step};
use crate::metadata::{
    ArtifactFilter, ArtifactRecord, Change, LogRecord, MetadataStore, RunFilter, RunRecord, StepRecord,
};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("names_are_any_text", names_are_any_text),
    ("names_of_100_kb_are_kept", names_of_100_kb_are_kept),
];

fn names_are_any_text(store: &dyn MetadataStore) {
    let names = [
        "",
        " ",
        "train",
        "Train",
        "train ",
        "Übung",
        "U\u{308}bung",
        "模型",
        "🦀🦀",
        "\u{202e}abc",
        "a'b\"c`d;--",
        "'); DROP TABLE run; --",
        "%_*?[a]",
        "line\nbreak\ttab",
        "nul\0inside",
        "nul\0",
        "NULL",
        "1",
        "1.0",
        "{\"a\": 1}",
    ];
    round_trip(store, &names.map(str::to_owned));
}

fn names_of_100_kb_are_kept(store: &dyn MetadataStore) {
    let long = "é".repeat(50_000);
    // One that differs from it only at the very end.
    round_trip(store, &[format!("{long}x"), format!("{long}y")]);
}

/// Uses each name wherever there is one, and looks for it by itself.
fn round_trip(store: &dyn MetadataStore, names: &[String]) {
    let mut written = Vec::new();
    for name in names {
        let run = RunRecord {
            name: name.clone(),
            error: Some(name.clone()),
            tags: vec![name.clone(), String::new()],
            arguments: json!({ name: name }),
            pipeline_version: 1,
            ..run(name)
        };
        let artifact = ArtifactRecord {
            number: 1,
            summary: Some(name.clone()),
            uri: name.clone(),
            metadata: BTreeMap::from([(name.clone(), Value::Null)]),
            ..artifact(name)
        };
        let step = StepRecord {
            key_fields: vec![(name.clone(), name.clone())],
            parameters: json!(name),
            outputs: vec![edge(name, &artifact)],
            inputs: vec![edge(name, &artifact)],
            ..step(run.id, name)
        };
        let metric = metric(step.id, name, 1.5, 0);
        let line = LogRecord {
            message: name.clone(),
            target: name.clone(),
            level: name.clone(),
            ..log(step.id, 0)
        };
        apply(
            store,
            &[
                started(&run),
                made(&artifact),
                recorded(&step),
                Change::Metric(metric.clone()),
                Change::Log(line.clone()),
            ],
        );
        written.push((name, run, artifact, step, metric, line));
    }
    for (name, run, artifact, step, metric, line) in written {
        let short: String = name.chars().take(30).collect();
        let by_name = RunFilter {
            pipeline: Some(name.clone()),
            ..RunFilter::default()
        };
        assert_eq!(
            ok(store.runs(&by_name), "runs"),
            std::slice::from_ref(&run),
            "runs of the pipeline {short:?} differ"
        );
        let versions = ok(store.pipeline_versions(name), "pipeline_versions");
        assert_eq!(versions.len(), 1, "versions of the pipeline {short:?} differ");
        let by_name = ArtifactFilter {
            name: Some(name.clone()),
            ..ArtifactFilter::default()
        };
        assert_eq!(
            ok(store.artifacts(&by_name), "artifacts"),
            std::slice::from_ref(&artifact),
            "artifacts named {short:?} differ"
        );
        let newest = some(store.artifact_version(name, None), "artifact_version");
        assert_eq!(newest, artifact, "the artifact {short:?} differs");
        assert_eq!(
            some(store.step_named(run.id, name), "step_named"),
            step,
            "the step {short:?} differs"
        );
        assert_eq!(
            ok(store.metrics(step.id), "metrics"),
            [metric],
            "the metric {short:?} differs"
        );
        assert_eq!(
            ok(store.logs(step.id, 0, 9), "logs"),
            [line],
            "the log line {short:?} differs"
        );
    }
    let mut sorted = names.to_vec();
    sorted.sort();
    let pipelines: Vec<_> = ok(store.pipelines(), "pipelines")
        .into_iter()
        .map(|p| p.name)
        .collect();
    assert!(
        pipelines == sorted,
        "the names of the pipelines differ, or are not sorted"
    );
    assert!(
        ok(store.artifact_names(), "artifact_names") == sorted,
        "the names of the artifacts differ"
    );
}
