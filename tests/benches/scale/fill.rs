//! Databases with many runs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;
use zen_core::artifact::Digest;
use zen_core::metadata::{ArtifactRecord, Change, Edge, LogRecord, MetricRecord, RunRecord, StepRecord};
use zen_core::prelude::*;

/// The runs are spread over so many pipelines.
const PIPELINES: usize = 5;

/// Steps of a run: each makes one artifact and reads that of the one before.
const STEPS: usize = 4;

/// Runs in one transaction.
const GROUP: usize = 100;

/// A stack in files with so many runs in it.
#[derive(Debug)]
pub(crate) struct Filled {
    // Dropped before the folder it is in.
    pub(crate) client: Client,
    pub(crate) folder: TempDir,
    pub(crate) runs: usize,
    /// A run in the middle of the list.
    pub(crate) middle: Uuid,
    /// The cache key of a step in the middle.
    pub(crate) key: Digest,
}

impl Filled {
    pub(crate) fn new(runs: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let stack = Stack::builder()
            .home(folder.path().join(".zen"))
            .build()
            .expect("a stack");
        let (mut middle, mut changes) = (Uuid::nil(), Vec::new());
        for number in 0..runs {
            let run = Uuid::now_v7();
            if number == runs / 2 {
                middle = run;
            }
            add_run(&mut changes, run, number);
            if number % GROUP == GROUP - 1 || number == runs - 1 {
                stack
                    .metadata()
                    .apply(&changes)
                    .expect("changes that can be recorded");
                changes.clear();
            }
        }
        Self {
            client: Client::of(stack),
            folder,
            runs,
            middle,
            key: key(runs / 2, 0),
        }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join(".zen")
    }
}

fn key(run: usize, step: usize) -> Digest {
    Digest::of(format!("key {run} {step}").as_bytes())
}

pub(crate) fn pipeline(number: usize) -> String {
    format!("pipeline {}", number % PIPELINES)
}

fn add_run(changes: &mut Vec<Change>, run: Uuid, number: usize) {
    let now = Utc::now();
    changes.push(Change::RunStarted {
        run: Box::new(run_record(run, number, now)),
        graph: Some(json!({ "nodes": [] })),
    });
    let mut before: Option<Uuid> = None;
    for place in 0..STEPS {
        let artifact = artifact(run, number, place, now);
        let step = StepRecord {
            cache_key: Some(key(number, place)),
            inputs: before.map(edge).into_iter().collect(),
            outputs: vec![edge(artifact.id)],
            ..step_record(run, place, now)
        };
        before = Some(artifact.id);
        let bytes = content(number, place);
        changes.push(Change::Object {
            digest: artifact.digest,
            bytes,
        });
        let id = step.id;
        changes.push(Change::Artifact(Box::new(ArtifactRecord {
            producer_step: Some(id),
            ..artifact
        })));
        changes.push(Change::Step(Box::new(step)));
        for line in 0..3 {
            changes.push(Change::Log(LogRecord {
                step: id,
                line,
                time: now,
                level: "info".into(),
                target: "step".into(),
                message: format!("line {line} of a step"),
            }));
        }
        changes.push(Change::Metric(MetricRecord {
            step: id,
            name: "loss".into(),
            value: 0.5,
            position: 0,
            higher_is_better: Some(false),
            time: now,
        }));
    }
    changes.push(Change::RunEnded {
        run,
        status: match number % 10 {
            7 => Status::Failed,
            _ => Status::Completed,
        },
        error: None,
        ended: now,
    });
}

fn content(number: usize, place: usize) -> Vec<u8> {
    format!("the content that step {place} of run {number} made").into_bytes()
}

fn edge(artifact: Uuid) -> Edge {
    Edge {
        name: "x".into(),
        artifact,
        element: None,
    }
}

fn artifact(run: Uuid, number: usize, place: usize, created: DateTime<Utc>) -> ArtifactRecord {
    let bytes = content(number, place);
    let digest = Digest::of(&bytes);
    ArtifactRecord {
        statistics: None,
        id: Uuid::now_v7(),
        name: format!("{}.step {place}", pipeline(number)),
        number: 0,
        digest,
        size: bytes.len() as u64,
        type_name: "alloc::vec::Vec<u8>".into(),
        codec: "bytes".into(),
        codec_version: 1,
        media_type: "application/octet-stream".into(),
        uri: format!("inline:{digest}"),
        shape: None,
        summary: None,
        producer_step: None,
        producer_run: Some(run),
        created,
        tags: Vec::new(),
        metadata: BTreeMap::new(),
    }
}

fn run_record(id: Uuid, number: usize, started: DateTime<Utc>) -> RunRecord {
    RunRecord {
        id,
        pipeline: pipeline(number),
        pipeline_version: 0,
        pipeline_path: None,
        graph_hash: Digest::of(b"graph"),
        name: format!("run {number}"),
        status: Status::Running,
        arguments: json!({ "number": number }),
        arguments_encoded: vec![1, 2, 3],
        started,
        ended: None,
        process: None,
        pid: 1,
        host: "host".into(),
        user: "user".into(),
        git_commit: None,
        zen_version: "0".into(),
        program: None,
        resumed_from: None,
        slot: None,
        error: None,
        died: false,
        tags: Vec::new(),
    }
}

fn step_record(run: Uuid, place: usize, now: DateTime<Utc>) -> StepRecord {
    StepRecord {
        id: Uuid::now_v7(),
        run,
        name: format!("step {place}"),
        step: "bench::step".into(),
        node: u32::try_from(place).unwrap_or_default(),
        status: Status::Completed,
        attempt: 1,
        cache_key: None,
        key_fields: vec![("code".into(), "abc".into())],
        cache_note: None,
        source_step: None,
        source_run: None,
        expires: None,
        parameters: json!(null),
        started: Some(now),
        ended: Some(now),
        error: None,
        metadata: BTreeMap::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
    }
}
