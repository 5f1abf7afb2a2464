//! Records to write, and short ways to write them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::artifact::{ColumnStatistics, Digest, Statistics};
use crate::metadata::{
    ArtifactRecord, Change, Edge, Endpoint, HookRecord, LogRecord, MetadataStore, MetricRecord,
    ProcessIdentity, ProgramRecord, RunRecord, RunSlot, ScheduleRecord, ScheduleState, SchedulerRecord,
    ServiceRecord, ServiceState, ServiceStatus, ServiceVersionRecord, SlotCause, SlotRecord, SlotState,
    Status, StepRecord,
};

/// A new UUID of version 7, later than all before it.
pub(super) fn id() -> Uuid {
    static LAST: AtomicU64 = AtomicU64::new(1_700_000_000_000);
    let millis = LAST.fetch_add(1, Ordering::Relaxed);
    uuid::Builder::from_unix_timestamp_millis(millis, &[7; 10]).into_uuid()
}

/// Microseconds after some moment.
pub(super) fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_700_000_000_000_000 + micros).expect("the time is in this century")
}

pub(super) fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// A running run with every optional field filled in.
pub(super) fn run(pipeline: &str) -> RunRecord {
    RunRecord {
        id: id(),
        pipeline: pipeline.to_owned(),
        pipeline_version: 0,
        pipeline_path: Some("app::pipelines::train".to_owned()),
        graph_hash: digest("graph"),
        name: "brave-otter".to_owned(),
        status: Status::Running,
        arguments: json!({ "depth": 3, "rate": 0.25, "names": ["a", "b"], "none": null }),
        arguments_encoded: vec![0, 1, 2, 255],
        started: time(1),
        ended: Some(time(2)),
        process: Some(id()),
        pid: u32::MAX,
        host: "host".to_owned(),
        user: "user".to_owned(),
        git_commit: Some("0123abc".to_owned()),
        zen_version: "0.1.0".to_owned(),
        program: Some(ProgramRecord {
            path: "/bin/train".to_owned(),
            digest: Some(digest("program")),
        }),
        resumed_from: Some(id()),
        slot: Some(RunSlot {
            schedule: id(),
            name: "nightly".to_owned(),
            slot: id(),
            due: time(0),
        }),
        error: Some("none yet".to_owned()),
        died: false,
        tags: vec!["nightly".to_owned(), "eu".to_owned()],
    }
}

/// A completed step with every optional field filled in, but without edges.
pub(super) fn step(run: Uuid, name: &str) -> StepRecord {
    StepRecord {
        id: id(),
        run,
        name: name.to_owned(),
        step: "app::steps::train".to_owned(),
        node: 4,
        status: Status::Completed,
        attempt: 2,
        cache_key: Some(digest("key")),
        key_fields: vec![
            ("code".to_owned(), "abc".to_owned()),
            ("code".to_owned(), "twice".to_owned()),
        ],
        cache_note: Some("no earlier run".to_owned()),
        source_step: Some(id()),
        source_run: Some(id()),
        expires: Some(time(1_000_000)),
        parameters: json!({ "rate": 0.1 }),
        started: Some(time(3)),
        ended: Some(time(4)),
        error: Some("tried once".to_owned()),
        metadata: BTreeMap::from([
            ("rows".to_owned(), json!(12)),
            ("nested".to_owned(), json!({ "a": [1, null] })),
        ]),
        inputs: Vec::new(),
        outputs: Vec::new(),
    }
}

/// A version of an artifact with every optional field filled in, kept inline.
pub(super) fn artifact(name: &str) -> ArtifactRecord {
    let id = id();
    let digest = digest(&format!("content of {id}"));
    ArtifactRecord {
        id,
        name: name.to_owned(),
        number: 0,
        digest,
        size: 12,
        type_name: "alloc::vec::Vec<f64>".to_owned(),
        codec: "rmp".to_owned(),
        codec_version: 3,
        media_type: "application/msgpack".to_owned(),
        uri: format!("inline:{digest}"),
        shape: Some(vec![2, 0, u64::MAX]),
        summary: Some("2 numbers".to_owned()),
        statistics: Some(statistics()),
        producer_step: Some(self::id()),
        producer_run: Some(self::id()),
        created: time(5),
        tags: vec!["best".to_owned()],
        metadata: BTreeMap::from([("rows".to_owned(), json!([1.5, "x"]))]),
    }
}

/// Statistics with every optional field filled in for one column, and none for the other.
fn statistics() -> Statistics {
    let mut statistics = Statistics::of_rows(u64::MAX);
    let full = ColumnStatistics::new("é\n", "f64")
        .shape([0, u64::MAX])
        .nulls(u64::MAX)
        .nans(1)
        .range(json!(-1.5e-300), json!("inf"));
    statistics.push(full);
    statistics.push(ColumnStatistics::default());
    statistics.more_columns = 7;
    statistics
}

pub(super) fn edge(name: &str, artifact: &ArtifactRecord) -> Edge {
    Edge {
        name: name.to_owned(),
        artifact: artifact.id,
        element: None,
    }
}

pub(super) fn metric(step: Uuid, name: &str, value: f64, position: u64) -> MetricRecord {
    MetricRecord {
        step,
        name: name.to_owned(),
        value,
        position,
        higher_is_better: None,
        time: time(6),
    }
}

pub(super) fn log(step: Uuid, line: u64) -> LogRecord {
    LogRecord {
        step,
        line,
        time: time(7),
        level: "info".to_owned(),
        target: "step".to_owned(),
        message: format!("line {line}\nof two"),
    }
}

/// A service with every optional field filled in.
pub(super) fn service(name: &str) -> ServiceRecord {
    ServiceRecord {
        id: id(),
        name: name.to_owned(),
        backend: "local".to_owned(),
        kind: "native-model-server".to_owned(),
        flavor: Some("native".to_owned()),
        pipeline: Some("train".to_owned()),
        run: Some(id()),
        step: Some("deployer".to_owned()),
        model_name: Some("churn".to_owned()),
        model_uri: Some("file:///store/objects/ab".to_owned()),
        model_type: Some("app::Model".to_owned()),
        model_digest: Some(digest("model")),
        config: json!({ "port": 0, "replicas": [1, 2], "none": null }),
        desired: ServiceState::Active,
        status: ServiceStatus {
            state: ServiceState::PendingStartup,
            last_state: ServiceState::Inactive,
            last_error: Some("it was killed".to_owned()),
            seen: time(10),
        },
        endpoint: Some(Endpoint {
            protocol: "http".to_owned(),
            host: "::1".to_owned(),
            port: u16::MAX,
            health_path: Some("/health".to_owned()),
            prediction_path: Some("/predict".to_owned()),
        }),
        version: 3,
        created: time(8),
        updated: time(9),
    }
}

/// A version of a service with every optional field filled in.
pub(super) fn service_version(service: Uuid, number: u32) -> ServiceVersionRecord {
    ServiceVersionRecord {
        service,
        number,
        config: json!({ "number": number }),
        run: Some(id()),
        model_uri: Some("file:///store/objects/cd".to_owned()),
        model_digest: Some(digest("model")),
        program: Some(ProgramRecord {
            path: "/bin/serve".to_owned(),
            digest: Some(digest("program")),
        }),
        process: Some(ProcessIdentity {
            host: "host".to_owned(),
            boot: "boot".to_owned(),
            pid: u32::MAX,
            start: "12345".to_owned(),
        }),
        state: ServiceState::Error,
        error: Some("exit status 1".to_owned()),
        started: time(11),
        live: Some(time(12)),
        ended: Some(time(13)),
    }
}

/// A schedule with every optional field filled in.
pub(super) fn schedule(name: &str) -> ScheduleRecord {
    ScheduleRecord {
        id: id(),
        name: name.to_owned(),
        revision: 0,
        pipeline: "train".to_owned(),
        pipeline_path: "app::pipelines::train".to_owned(),
        timing: json!({ "cron": "0 2 * * *", "zone": "Europe/Berlin" }),
        options: json!({ "retries": [1, null] }),
        arguments: json!({ "depth": 3 }),
        arguments_encoded: vec![0, 1, 2, 255],
        stack: "default".to_owned(),
        artifacts: "s3://bucket/prefix".to_owned(),
        program: ProgramRecord {
            path: "/bin/train".to_owned(),
            digest: Some(digest("program")),
        },
        state: ScheduleState::Active,
        reason: Some("not yet".to_owned()),
        cursor: time(20),
        reached: time(21),
        fired: 5,
        failures: 2,
        created: time(22),
        updated: time(23),
    }
}

/// A claimed slot with every optional field filled in, due so many microseconds after some moment.
pub(super) fn slot(schedule: Uuid, due: i64) -> SlotRecord {
    SlotRecord {
        id: id(),
        schedule,
        due: time(due),
        last: time(due),
        count: 1,
        cause: SlotCause::Due,
        state: SlotState::Claimed,
        late: true,
        reason: Some("the one before went on".to_owned()),
        run: Some(id()),
        token: 3,
        deaths: 1,
        holder: Some(id()),
        claimed: Some(time(24)),
        ended: Some(time(25)),
    }
}

pub(super) fn scheduler() -> SchedulerRecord {
    SchedulerRecord {
        id: id(),
        process: Some(id()),
        pid: u32::MAX,
        host: "host".to_owned(),
        beat: u64::MAX,
        started: time(26),
    }
}

/// A hook with every optional field filled in.
pub(super) fn hook(run: Option<Uuid>, slot: Option<Uuid>) -> HookRecord {
    HookRecord {
        id: id(),
        run,
        step: Some(id()),
        slot,
        hook: "app::hooks::page".to_owned(),
        event: "failure".to_owned(),
        started: time(27),
        ended: time(28),
        error: Some("no answer".to_owned()),
    }
}

pub(super) fn scheduled(schedule: &ScheduleRecord) -> Change {
    Change::Schedule(Box::new(schedule.clone()))
}

pub(super) fn slotted(slot: &SlotRecord) -> Change {
    Change::Slot(Box::new(slot.clone()))
}

pub(super) fn called(hook: &HookRecord) -> Change {
    Change::Hook(Box::new(hook.clone()))
}

/// A schedule that is recorded, as it is read back.
pub(super) fn make_schedule(store: &dyn MetadataStore, name: &str) -> ScheduleRecord {
    let made = schedule(name);
    apply(store, &[scheduled(&made)]);
    some(store.schedule(made.id), "schedule")
}

pub(super) fn kept(service: &ServiceRecord) -> Change {
    Change::Service(Box::new(service.clone()))
}

pub(super) fn deployed(version: &ServiceVersionRecord) -> Change {
    Change::ServiceVersion(Box::new(version.clone()))
}

pub(super) fn started(run: &RunRecord) -> Change {
    Change::RunStarted {
        run: Box::new(run.clone()),
        graph: Some(json!({ "nodes": [run.graph_hash.to_string()] })),
    }
}

pub(super) fn recorded(step: &StepRecord) -> Change {
    Change::Step(Box::new(step.clone()))
}

pub(super) fn made(artifact: &ArtifactRecord) -> Change {
    Change::Artifact(Box::new(artifact.clone()))
}

/// Applies changes that must succeed.
pub(super) fn apply(store: &dyn MetadataStore, changes: &[Change]) {
    ok(store.apply(changes), "apply");
}

/// A run that has started.
pub(super) fn start(store: &dyn MetadataStore, pipeline: &str) -> RunRecord {
    let run = run(pipeline);
    apply(store, &[started(&run)]);
    run
}

/// The answer to a call that must succeed.
pub(super) fn ok<T, E: std::error::Error>(result: Result<T, E>, call: &str) -> T {
    match result {
        Ok(value) => value,
        Err(error) => {
            let mut text = format!("{call} failed: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            panic!("{text}")
        }
    }
}

/// What is there and must be.
pub(super) fn some<T, E: std::error::Error>(result: Result<Option<T>, E>, call: &str) -> T {
    match ok(result, call) {
        Some(value) => value,
        None => panic!("{call} did not find what was recorded"),
    }
}
