//! Random histories, pruned: whatever happened before, nothing that is needed goes, and all else does.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;
use zen_core::artifact::Digest;
use zen_core::metadata::{
    ArtifactFilter, ArtifactRecord, Change, Edge, MetadataStore, RunFilter, RunRecord, ScheduleFilter,
    ServiceRecord, ServiceState, ServiceStatus, ServiceVersionRecord, SlotFilter, SlotState, StepRecord,
};
use zen_core::prelude::*;
use zen_core::upkeep::{PruneCounts, PrunePolicy, VerifyOptions};

use super::schedules::{blank_schedule, blank_slot};

/// One thing that happens. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Event {
    /// A run of one of three pipelines, with its steps.
    Run {
        pipeline: u8,
        ends: u8,
        resumes: Option<u8>,
        steps: Vec<Making>,
    },
    /// A value saved by hand.
    Save { name: u8, content: u8 },
    /// A service, or another version of one, with a model among the artifacts.
    Deploy {
        service: u8,
        artifact: u8,
        by_digest: bool,
    },
    /// A schedule whose arguments are among the artifacts comes due, for a run among those there are; or is deleted.
    Schedule {
        schedule: u8,
        artifact: u8,
        run: u8,
        state: usize,
    },
    /// A prune in between.
    Prune { keep: u8 },
}

/// One step of a run.
#[derive(Debug, Clone)]
struct Making {
    name: u8,
    content: u8,
    tagged: bool,
    /// Adopts the outputs of an earlier step, when there is one.
    adopts: Option<u8>,
    /// Reads the newest version of a name.
    reads: Option<u8>,
}

fn making() -> impl Strategy<Value = Making> {
    let maybe = || proptest::option::weighted(0.4, any::<u8>());
    (
        0..6_u8,
        0..12_u8,
        proptest::bool::weighted(0.05),
        maybe(),
        maybe(),
    )
        .prop_map(|(name, content, tagged, adopts, reads)| Making {
            name,
            content,
            tagged,
            adopts,
            reads,
        })
}

fn event() -> impl Strategy<Value = Event> {
    let run = (
        0..3_u8,
        any::<u8>(),
        proptest::option::weighted(0.2, any::<u8>()),
        proptest::collection::vec(making(), 1..4),
    );
    prop_oneof![
        12 => run.prop_map(|(pipeline, ends, resumes, steps)| Event::Run { pipeline, ends, resumes, steps }),
        1 => (0..6_u8, 0..12_u8).prop_map(|(name, content)| Event::Save { name, content }),
        1 => (0..2_u8, any::<u8>(), any::<bool>())
            .prop_map(|(service, artifact, by_digest)| Event::Deploy { service, artifact, by_digest }),
        2 => (0..2_u8, any::<u8>(), any::<u8>(), 0..=SlotState::ALL.len())
            .prop_map(|(schedule, artifact, run, state)| Event::Schedule { schedule, artifact, run, state }),
        1 => (0..4_u8).prop_map(|keep| Event::Prune { keep }),
    ]
}

/// A stack in memory, and the end of time so far.
struct History {
    stack: Stack,
    runtime: tokio::runtime::Runtime,
    services: HashMap<u8, ServiceRecord>,
    moment: i64,
}

impl History {
    fn new() -> Self {
        Self {
            stack: memory(),
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
            services: HashMap::new(),
            moment: 0,
        }
    }

    fn store(&self) -> &dyn MetadataStore {
        self.stack.metadata().as_ref()
    }

    fn now(&mut self) -> DateTime<Utc> {
        self.moment += 1;
        DateTime::from_timestamp(self.moment, 0).unwrap()
    }

    fn runs(&self) -> Vec<RunRecord> {
        self.store().runs(&RunFilter::default()).unwrap()
    }

    fn artifacts(&self) -> Vec<ArtifactRecord> {
        self.store().artifacts(&ArtifactFilter::default()).unwrap()
    }

    /// A new version, whose bytes are in the metadata store for even contents and in the artifact store for odd ones.
    fn artifact(&mut self, name: u8, content: u8) -> (ArtifactRecord, Vec<Change>) {
        let bytes = vec![content; 40 + usize::from(content)];
        let digest = Digest::of(&bytes);
        let size = bytes.len() as u64;
        let mut changes = Vec::new();
        let uri = match content % 2 {
            0 => {
                changes.push(Change::Object { digest, bytes });
                format!("inline:{digest}")
            }
            _ => {
                self.store().keep_object(digest).unwrap();
                self.stack.artifacts().put(digest, bytes.into()).unwrap();
                self.stack.artifacts().uri(digest)
            }
        };
        let record = ArtifactRecord {
            statistics: None,
            id: Uuid::now_v7(),
            name: format!("name {name}"),
            number: 0,
            digest,
            size,
            type_name: "u8".into(),
            codec: "test".into(),
            codec_version: 1,
            media_type: "test".into(),
            uri,
            shape: None,
            summary: None,
            producer_step: None,
            producer_run: None,
            created: self.now(),
            tags: Vec::new(),
            metadata: BTreeMap::new(),
        };
        (record, changes)
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Run {
                pipeline,
                ends,
                resumes,
                steps,
            } => self.run(*pipeline, *ends, *resumes, steps),
            Event::Save { name, content } => {
                let (record, mut changes) = self.artifact(*name, *content);
                changes.push(Change::Artifact(Box::new(record)));
                self.store().apply(&changes).unwrap();
            }
            Event::Deploy {
                service,
                artifact,
                by_digest,
            } => self.deploy(*service, *artifact, *by_digest),
            Event::Schedule {
                schedule,
                artifact,
                run,
                state,
            } => self.schedule(*schedule, *artifact, *run, SlotState::ALL.get(*state).copied()),
            Event::Prune { keep } => {
                self.prune(&PrunePolicy::keep_last(u32::from(*keep)), false);
            }
        }
    }

    fn run(&mut self, pipeline: u8, ends: u8, resumes: Option<u8>, steps: &[Making]) {
        let mut run = blank_run(format!("pipeline {pipeline}"), self.now());
        let earlier: Vec<Uuid> = self
            .runs()
            .into_iter()
            .filter(|other| other.pipeline == run.pipeline && other.status.is_final())
            .map(|run| run.id)
            .collect();
        run.resumed_from = chosen(&earlier, resumes).copied();
        let id = run.id;
        let started = Change::RunStarted {
            run: Box::new(run),
            graph: Some(json!({})),
        };
        // Refused when what it continues is about to be pruned.
        if self.store().apply(&[started]).is_err() {
            return;
        }
        for (place, making) in steps.iter().enumerate() {
            self.step(id, place, making);
        }
        let status = match ends % 12 {
            0 => return,
            1 | 2 => Status::Failed,
            _ => Status::Completed,
        };
        let ended = Change::RunEnded {
            run: id,
            status,
            error: None,
            ended: self.now(),
        };
        self.store().apply(&[ended]).unwrap();
    }

    fn step(&mut self, run: Uuid, place: usize, making: &Making) {
        let mut step = blank_step(run, format!("step {place}"));
        let mut changes = Vec::new();
        let name = |number: u8| format!("name {}", number % 6);
        if let Some(name) = making.reads.map(name)
            && let Some(read) = self.store().artifact_version(&name, None).unwrap()
        {
            step.inputs.push(edge(&read));
        }
        let key = |number: u8| Digest::of(&[number % 20]);
        let now = self.now();
        let adopted = making
            .adopts
            .and_then(|number| self.store().find_cached(key(number), now, Some(run)).unwrap());
        match adopted {
            Some(found) => {
                step.status = Status::Cached;
                step.source_run = Some(found.run);
                step.source_step = Some(found.step);
                step.outputs = found
                    .outputs
                    .iter()
                    .map(|output| edge(&output.artifact))
                    .collect();
            }
            None => {
                let (mut record, stored) = self.artifact(making.name, making.content);
                record.producer_run = Some(run);
                record.producer_step = Some(step.id);
                if making.tagged {
                    record.tags.push("best".into());
                }
                step.cache_key = Some(key(making.content.wrapping_add(making.name)));
                step.outputs = vec![edge(&record)];
                changes.extend(stored);
                changes.push(Change::Artifact(Box::new(record)));
            }
        }
        changes.push(Change::Step(Box::new(step)));
        self.store().apply(&changes).unwrap();
    }

    fn deploy(&mut self, service: u8, artifact: u8, by_digest: bool) {
        let artifacts = self.artifacts();
        let Some(model) = chosen(&artifacts, Some(artifact)) else {
            return;
        };
        let now = self.now();
        let record = self.services.entry(service).or_insert_with(|| blank_service(now));
        record.version += 1;
        record.run = model.producer_run;
        record.model_digest = by_digest.then_some(model.digest);
        record.config = json!({ "model": { "uri": format!("x/{}", model.digest) } });
        let version = version_of(record, now);
        let changes = [
            Change::Service(Box::new(record.clone())),
            Change::ServiceVersion(Box::new(version)),
        ];
        self.store().apply(&changes).unwrap();
    }

    /// Without a state, the schedule is deleted.
    fn schedule(&mut self, schedule: u8, artifact: u8, run: u8, state: Option<SlotState>) {
        let (artifacts, runs) = (self.artifacts(), self.runs());
        let name = schedule.to_string();
        let found = self.store().schedule_named(&name).unwrap();
        let changes = match (found, chosen(&artifacts, Some(artifact)), state) {
            (Some(found), _, None) => vec![Change::ScheduleDeleted { schedule: found.id }],
            (found, Some(large), Some(state)) => {
                let mut record = found.unwrap_or_else(|| blank_schedule(&name, "pipeline 0", Vec::new()));
                record.arguments_encoded = format!("@{}", large.digest).into_bytes();
                let run = chosen(&runs, Some(run)).map(|run| run.id);
                let slot = blank_slot(record.id, self.now(), state, run);
                vec![Change::Schedule(Box::new(record)), Change::Slot(Box::new(slot))]
            }
            _ => return,
        };
        self.store().apply(&changes).unwrap();
    }

    /// The digests that are arguments of schedules.
    fn scheduled(&self) -> HashSet<Digest> {
        let schedules = self.store().schedules(&ScheduleFilter::default()).unwrap();
        let digest = |encoded: &[u8]| std::str::from_utf8(&encoded[1..]).unwrap().parse().unwrap();
        schedules
            .iter()
            .map(|schedule| digest(&schedule.arguments_encoded))
            .collect()
    }

    fn slots(&self) -> HashSet<Uuid> {
        let slots = self.store().slots(&SlotFilter::default()).unwrap();
        slots.into_iter().map(|slot| slot.id).collect()
    }

    fn prune(&self, policy: &PrunePolicy, dry_run: bool) -> zen_core::upkeep::PruneReport {
        let client = Client::of(self.stack.clone());
        self.runtime.block_on(client.prune(policy, dry_run)).unwrap()
    }

    /// Ends what is under way.
    fn end_all(&mut self) {
        for run in self.runs() {
            let ended = Change::RunEnded {
                run: run.id,
                status: Status::Cancelled,
                error: None,
                ended: self.now(),
            };
            self.store().apply(&[ended]).unwrap();
        }
    }
}

fn memory() -> Stack {
    Stack::builder().build().unwrap()
}

fn chosen<T>(among: &[T], number: Option<u8>) -> Option<&T> {
    among.get(usize::from(number?) % among.len().max(1))
}

fn edge(artifact: &ArtifactRecord) -> Edge {
    Edge {
        name: "x".into(),
        artifact: artifact.id,
        element: None,
    }
}

fn blank_run(pipeline: String, started: DateTime<Utc>) -> RunRecord {
    RunRecord {
        id: Uuid::now_v7(),
        pipeline,
        pipeline_version: 0,
        pipeline_path: None,
        graph_hash: Digest::of(b"graph"),
        name: "run".into(),
        status: Status::Running,
        arguments: json!(null),
        arguments_encoded: Vec::new(),
        started,
        ended: None,
        process: None,
        pid: 1,
        host: "elsewhere".into(),
        user: String::new(),
        git_commit: None,
        zen_version: String::new(),
        program: None,
        resumed_from: None,
        slot: None,
        error: None,
        died: false,
        tags: Vec::new(),
    }
}

fn blank_step(run: Uuid, name: String) -> StepRecord {
    StepRecord {
        id: Uuid::now_v7(),
        run,
        name,
        step: "step".into(),
        node: 0,
        status: Status::Completed,
        attempt: 1,
        cache_key: None,
        key_fields: Vec::new(),
        cache_note: None,
        source_step: None,
        source_run: None,
        expires: None,
        parameters: json!(null),
        started: None,
        ended: None,
        error: None,
        metadata: BTreeMap::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
    }
}

fn blank_service(now: DateTime<Utc>) -> ServiceRecord {
    ServiceRecord {
        id: Uuid::now_v7(),
        name: "service".into(),
        backend: "none".into(),
        kind: "none".into(),
        flavor: None,
        pipeline: None,
        run: None,
        step: None,
        model_name: None,
        model_uri: None,
        model_type: None,
        model_digest: None,
        config: json!(null),
        desired: ServiceState::Inactive,
        status: ServiceStatus {
            state: ServiceState::Inactive,
            last_state: ServiceState::Inactive,
            last_error: None,
            seen: now,
        },
        endpoint: None,
        version: 0,
        created: now,
        updated: now,
    }
}

fn version_of(record: &ServiceRecord, now: DateTime<Utc>) -> ServiceVersionRecord {
    ServiceVersionRecord {
        service: record.id,
        number: record.version,
        config: record.config.clone(),
        run: record.run,
        model_uri: None,
        model_digest: record.model_digest,
        program: None,
        process: None,
        state: ServiceState::Inactive,
        error: None,
        started: now,
        live: None,
        ended: None,
    }
}

/// What must be there after a prune that keeps so many runs, told from what was there before, in other words than the prune's.
struct Needed {
    runs: HashSet<Uuid>,
    artifacts: HashSet<Uuid>,
    digests: HashSet<Digest>,
    slots: HashSet<Uuid>,
}

fn needed(history: &History, keep: usize) -> Needed {
    let runs = history.runs();
    let mut stay: HashSet<Uuid> = runs
        .iter()
        .filter(|run| !run.status.is_final())
        .map(|run| run.id)
        .collect();
    for pipeline in 0..3 {
        let of_it = runs
            .iter()
            .filter(|run| run.pipeline == format!("pipeline {pipeline}"));
        stay.extend(of_it.take(keep.max(1)).map(|run| run.id));
    }
    let mut digests = history.scheduled();
    let mut slots = HashSet::new();
    for schedule in history.store().schedules(&ScheduleFilter::default()).unwrap() {
        let of = |settled: bool| SlotFilter {
            schedule: Some(schedule.id),
            settled: Some(settled),
            ..SlotFilter::default()
        };
        let open = history.store().slots(&of(false)).unwrap();
        stay.extend(open.iter().filter_map(|slot| slot.run));
        let settled = history.store().slots(&of(true)).unwrap();
        slots.extend(
            open.iter()
                .chain(settled.iter().take(keep.max(1)))
                .map(|slot| slot.id),
        );
    }
    for service in history.services.values() {
        for version in history.store().service_versions(service.id).unwrap() {
            stay.extend(version.run);
            digests.extend(version.model_digest);
            let uri = version.config["model"]["uri"].as_str().unwrap();
            digests.insert(uri.strip_prefix("x/").unwrap().parse::<Digest>().unwrap());
        }
    }
    let steps = |run: Uuid| history.store().steps(run).unwrap();
    loop {
        let more: HashSet<Uuid> = runs
            .iter()
            .filter(|run| stay.contains(&run.id))
            .flat_map(|run| {
                steps(run.id)
                    .into_iter()
                    .filter_map(|step| step.source_run)
                    .chain(run.resumed_from)
            })
            .filter(|run| !stay.contains(run))
            .filter(|id| runs.iter().any(|run| run.id == *id))
            .collect();
        if more.is_empty() {
            break;
        }
        stay.extend(more);
    }
    stay.retain(|id| runs.iter().any(|run| run.id == *id));
    let mut artifacts: HashSet<Uuid> = stay
        .iter()
        .flat_map(|run| steps(*run))
        .flat_map(|step| step.inputs.into_iter().chain(step.outputs))
        .map(|edge| edge.artifact)
        .collect();
    let mut newest = HashSet::new();
    for artifact in history.artifacts() {
        let by_hand = artifact.producer_run.is_none();
        // The list begins with the newest.
        let latest = newest.insert(artifact.name.clone());
        let served = digests.contains(&artifact.digest);
        if by_hand || latest || served || !artifact.tags.is_empty() {
            artifacts.insert(artifact.id);
        }
    }
    let of = |id: &Uuid| history.store().artifact(*id).unwrap().unwrap().digest;
    digests.extend(artifacts.iter().map(of));
    Needed {
        runs: stay,
        artifacts,
        digests,
        slots,
    }
}

fn stored(history: &History) -> HashSet<Digest> {
    let inline = (0..12_u8)
        .map(|content| Digest::of(&vec![content; 40 + usize::from(content)]))
        .filter(|digest| history.store().object(*digest).unwrap().is_some());
    let objects = history.stack.artifacts().objects().unwrap();
    inline
        .chain(objects.into_iter().map(|(digest, _)| digest))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_prune_removes_what_nobody_needs_and_nothing_else(
        events in proptest::collection::vec(event(), 1..60),
        keep in 0..5_u8,
    ) {
        let mut history = History::new();
        for event in &events {
            history.happen(event);
        }
        let policy = PrunePolicy::keep_last(u32::from(keep));
        // With what is under way, nothing goes that was there when it began.
        let before = needed(&history, usize::from(keep));
        history.prune(&policy, false);
        let all = |history: &History, needed: &Needed| {
            let runs: HashSet<Uuid> = history.runs().iter().map(|run| run.id).collect();
            let artifacts: HashSet<Uuid> = history.artifacts().iter().map(|artifact| artifact.id).collect();
            needed.runs.is_subset(&runs)
                && needed.artifacts.is_subset(&artifacts)
                && needed.digests.is_subset(&stored(history))
                && needed.slots.is_subset(&history.slots())
        };
        prop_assert!(all(&history, &before));
        history.end_all();
        // What was condemned before is removed whatever a later policy says: so the same one, until nothing is left.
        let would = history.prune(&policy, true);
        let did = history.prune(&policy, false);
        prop_assert_eq!(did.planned, would.planned);
        prop_assert_eq!(did.removed, would.planned);
        prop_assert_eq!(&did.kept, &would.kept);
        prop_assert_eq!(history.prune(&policy, true).planned, PruneCounts::default());
        let after = needed(&history, usize::from(keep));
        let runs: HashSet<Uuid> = history.runs().iter().map(|run| run.id).collect();
        let artifacts: HashSet<Uuid> = history.artifacts().iter().map(|artifact| artifact.id).collect();
        prop_assert_eq!(&runs, &after.runs);
        prop_assert_eq!(&artifacts, &after.artifacts);
        prop_assert_eq!(&history.slots(), &after.slots);
        prop_assert_eq!(&stored(&history), &after.digests);
        let client = Client::of(history.stack.clone());
        let verified = history.runtime.block_on(client.verify(VerifyOptions::all(), |_| ())).unwrap();
        prop_assert!(verified.is_sound(), "{}", verified);
    }
}
