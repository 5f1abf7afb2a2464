//! What the tests write, and a way to read all of it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;
use zen_core::artifact::Digest;
use zen_core::metadata::{
    ArtifactFilter, ArtifactRecord, Change, Edge, HookRecord, LogRecord, MetadataError, MetadataStore,
    MetricRecord, ProcessIdentity, ProgramRecord, RunFilter, RunRecord, RunSlot, ScheduleFilter,
    ScheduleRecord, ScheduleState, SchedulerRecord, ServiceFilter, ServiceRecord, ServiceState,
    ServiceStatus, ServiceVersionRecord, SlotCause, SlotFilter, SlotRecord, SlotState, Status, StepRecord,
};

pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(Utc::now().timestamp_micros()).unwrap()
}

pub(super) fn run() -> RunRecord {
    RunRecord {
        id: Uuid::now_v7(),
        pipeline: "p".to_owned(),
        pipeline_version: 0,
        pipeline_path: None,
        graph_hash: Digest::of(b"graph"),
        name: "brave-otter".to_owned(),
        status: Status::Running,
        arguments: json!({ "depth": 3 }),
        arguments_encoded: vec![1],
        started: now(),
        ended: None,
        process: None,
        pid: std::process::id(),
        host: "host".to_owned(),
        user: "user".to_owned(),
        git_commit: None,
        zen_version: "0.1.0".to_owned(),
        program: None,
        resumed_from: None,
        slot: None,
        error: None,
        died: false,
        tags: Vec::new(),
    }
}

pub(super) fn artifact(name: &str) -> ArtifactRecord {
    let id = Uuid::now_v7();
    let digest = Digest::of(id.as_bytes());
    ArtifactRecord {
        id,
        name: name.to_owned(),
        number: 0,
        digest,
        size: 16,
        type_name: "f64".to_owned(),
        codec: "rmp".to_owned(),
        codec_version: 1,
        media_type: "application/msgpack".to_owned(),
        uri: format!("inline:{digest}"),
        shape: None,
        summary: None,
        statistics: None,
        producer_step: None,
        producer_run: None,
        created: now(),
        tags: Vec::new(),
        metadata: [("rows".to_owned(), json!(3))].into(),
    }
}

pub(super) fn step(run: Uuid, name: &str, output: &ArtifactRecord) -> StepRecord {
    let edge = Edge {
        name: "output".to_owned(),
        artifact: output.id,
        element: None,
    };
    StepRecord {
        id: Uuid::now_v7(),
        run,
        name: name.to_owned(),
        step: "app::train".to_owned(),
        node: 0,
        status: Status::Completed,
        attempt: 1,
        cache_key: Some(Digest::of(name.as_bytes())),
        key_fields: Vec::new(),
        cache_note: None,
        source_step: None,
        source_run: None,
        expires: None,
        parameters: Value::Null,
        started: Some(now()),
        ended: Some(now()),
        error: None,
        metadata: Default::default(),
        inputs: vec![edge.clone()],
        outputs: vec![edge],
    }
}

pub(super) fn service(name: &str) -> ServiceRecord {
    ServiceRecord {
        id: Uuid::now_v7(),
        name: name.to_owned(),
        backend: "local".to_owned(),
        kind: "native-model-server".to_owned(),
        flavor: None,
        pipeline: Some("p".to_owned()),
        run: None,
        step: Some("deployer".to_owned()),
        model_name: Some("model".to_owned()),
        model_uri: None,
        model_type: None,
        model_digest: Some(Digest::of(b"model")),
        config: json!({ "port": 0 }),
        desired: ServiceState::Active,
        status: ServiceStatus {
            state: ServiceState::Active,
            last_state: ServiceState::PendingStartup,
            last_error: None,
            seen: now(),
        },
        endpoint: None,
        version: 0,
        created: now(),
        updated: now(),
    }
}

fn service_version(service: Uuid, number: u32) -> ServiceVersionRecord {
    ServiceVersionRecord {
        service,
        number,
        config: json!({ "port": 0 }),
        run: None,
        model_uri: None,
        model_digest: Some(Digest::of(b"model")),
        program: Some(ProgramRecord {
            path: "/bin/serve".to_owned(),
            digest: Some(Digest::of(&number.to_le_bytes())),
        }),
        process: Some(ProcessIdentity {
            host: "host".to_owned(),
            boot: "boot".to_owned(),
            pid: 7,
            start: "1".to_owned(),
        }),
        state: ServiceState::Active,
        error: None,
        started: now(),
        live: Some(now()),
        ended: None,
    }
}

pub(super) fn schedule(name: &str) -> ScheduleRecord {
    ScheduleRecord {
        id: Uuid::now_v7(),
        name: name.to_owned(),
        revision: 0,
        pipeline: "p".to_owned(),
        pipeline_path: "app::p".to_owned(),
        timing: json!({ "every": 60 }),
        options: json!({}),
        arguments: json!({ "depth": 3 }),
        arguments_encoded: vec![1],
        stack: "default".to_owned(),
        artifacts: "file:///store".to_owned(),
        program: ProgramRecord {
            path: "/bin/train".to_owned(),
            digest: Some(Digest::of(b"scheduled program")),
        },
        state: ScheduleState::Active,
        reason: None,
        cursor: now(),
        reached: now(),
        fired: 0,
        failures: 0,
        created: now(),
        updated: now(),
    }
}

pub(super) fn slot(schedule: Uuid, due: DateTime<Utc>) -> SlotRecord {
    SlotRecord {
        id: Uuid::now_v7(),
        schedule,
        due,
        last: due,
        count: 1,
        cause: SlotCause::Due,
        state: SlotState::Queued,
        late: false,
        reason: None,
        run: None,
        token: 0,
        deaths: 0,
        holder: None,
        claimed: None,
        ended: None,
    }
}

/// A schedule with an open and a settled slot, a run and a hook of these, and a scheduler.
pub(super) fn fill_schedules(store: &dyn MetadataStore, schedules: usize) {
    for n in 0..schedules {
        let schedule = schedule(&Uuid::now_v7().to_string());
        let due = now();
        let open = slot(schedule.id, due);
        let done = SlotRecord {
            state: SlotState::Completed,
            ..slot(schedule.id, due - chrono::TimeDelta::seconds(1))
        };
        let mut run = run();
        run.slot = Some(RunSlot {
            schedule: schedule.id,
            name: schedule.name.clone(),
            slot: done.id,
            due: done.due,
        });
        let hook = HookRecord {
            id: Uuid::now_v7(),
            run: Some(run.id),
            step: None,
            slot: Some(done.id),
            hook: format!("app::hook_{n}"),
            event: "success".to_owned(),
            started: now(),
            ended: now(),
            error: None,
        };
        let scheduler = SchedulerRecord {
            id: Uuid::now_v7(),
            process: None,
            pid: std::process::id(),
            host: "host".to_owned(),
            beat: 1,
            started: now(),
        };
        let changes = [
            Change::Schedule(Box::new(schedule)),
            Change::Slot(Box::new(open)),
            Change::Slot(Box::new(done)),
            Change::RunStarted {
                run: Box::new(run),
                graph: Some(json!({})),
            },
            Change::Hook(Box::new(hook)),
            Change::Scheduler(Box::new(scheduler)),
        ];
        store.apply(&changes).unwrap();
    }
}

/// A run with `steps` steps, each with an artifact, an object, a metric, a log line, and a service that it deploys under
/// a lease.
pub(super) fn fill(store: &dyn MetadataStore, steps: usize) -> RunRecord {
    let run = run();
    store
        .apply(&[Change::RunStarted {
            run: Box::new(run.clone()),
            graph: Some(json!({})),
        }])
        .unwrap();
    for n in 0..steps {
        let output = artifact("model");
        let step_name = format!("step {n}");
        let step = step(run.id, &step_name, &output);
        let metric = MetricRecord {
            step: step.id,
            name: "loss".to_owned(),
            value: f64::INFINITY,
            position: 0,
            higher_is_better: None,
            time: now(),
        };
        let line = LogRecord {
            step: step.id,
            line: 0,
            time: now(),
            level: "info".to_owned(),
            target: "step".to_owned(),
            message: "hello".to_owned(),
        };
        let changes = [
            Change::Object {
                digest: output.digest,
                bytes: vec![7; 300],
            },
            Change::Artifact(Box::new(output)),
            Change::Step(Box::new(step)),
            Change::Metric(metric),
            Change::Log(line),
        ];
        store.apply(&changes).unwrap();
        let service = service(&step_name);
        let version = service_version(service.id, 1);
        store
            .acquire_lease(&step_name, "somebody", now(), now(), None)
            .unwrap();
        let changes = [
            Change::Service(Box::new(service)),
            Change::ServiceVersion(Box::new(version)),
        ];
        store.apply(&changes).unwrap();
    }
    run
}

/// The answers to all questions about the store, or the first error.
pub(super) fn everything(store: &dyn MetadataStore) -> Result<Vec<String>, MetadataError> {
    let mut all = vec![
        format!("{:?}", store.pipelines()?),
        format!("{:?}", store.artifact_names()?),
    ];
    let runs = store.runs(&RunFilter::default())?;
    for run in &runs {
        all.push(format!(
            "{:?} {:?}",
            store.run(run.id)?,
            store.pipeline_versions(&run.pipeline)?
        ));
        for step in store.steps(run.id)? {
            all.push(format!(
                "{step:?} {:?} {:?}",
                store.metrics(step.id)?,
                store.logs(step.id, 0, 99)?
            ));
            all.push(format!(
                "{:?}",
                store.step_before(&run.pipeline, &step.name, Uuid::max())?
            ));
            if let Some(key) = step.cache_key {
                all.push(format!("{:?}", store.find_cached(key, now(), None)?));
            }
        }
    }
    for artifact in store.artifacts(&ArtifactFilter::default())? {
        all.push(format!("{artifact:?} {:?}", store.consumers(artifact.id)?));
        all.push(format!("{:?}", store.object(artifact.digest)?));
    }
    for service in store.services(&ServiceFilter::default())? {
        all.push(format!(
            "{:?} {:?} {:?}",
            store.service(service.id)?,
            store.service_versions(service.id)?,
            store.service_version(service.id, 1)?
        ));
        let same = ServiceFilter {
            name: Some(service.name.clone()),
            ..ServiceFilter::default()
        };
        all.push(format!(
            "{:?} {:?}",
            store.services(&same)?,
            store.lease(&service.name)?
        ));
    }
    for schedule in store.schedules(&ScheduleFilter::default())? {
        let of_it = SlotFilter {
            schedule: Some(schedule.id),
            ..SlotFilter::default()
        };
        let runs = RunFilter {
            schedule: Some(schedule.id),
            ..RunFilter::default()
        };
        all.push(format!(
            "{:?} {:?} {:?}",
            store.schedule(schedule.id)?,
            store.schedule_named(&schedule.name)?,
            store.runs(&runs)?
        ));
        for slot in store.slots(&of_it)? {
            all.push(format!(
                "{:?} {:?}",
                store.slot(slot.id)?,
                store.slot_hooks(slot.id)?
            ));
        }
    }
    for run in &runs {
        all.push(format!("{:?}", store.hooks(run.id)?));
    }
    all.push(format!(
        "{:?} {:?} {:?}",
        store.slots(&SlotFilter::default())?,
        store.schedule_changes(0)?,
        store.schedulers()?
    ));
    all.push(format!("{:?}", store.programs_in_use()?));
    Ok(all)
}
