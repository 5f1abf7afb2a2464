//! What schedules keep, and what of them is pruned.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;
use zen_core::artifact::Digest;
use zen_core::metadata::{
    Change, HookRecord, KeepReason, ProgramRecord, ScheduleRecord, ScheduleState, SlotCause, SlotFilter,
    SlotRecord, SlotState,
};
use zen_core::prelude::*;
use zen_core::stack::{Clock, ManualClock};
use zen_core::upkeep::{PrunePolicy, VerifyOptions};

use crate::support::files;

#[step]
fn length(text: String) -> u64 {
    text.len() as u64
}

#[pipeline]
fn measuring(text: String) -> Artifact<u64> {
    length(text)
}

async fn measure(stack: &Stack, text: &str) -> Uuid {
    let run = measuring(text.to_owned()).on(stack).quiet().run().await.unwrap();
    run.id()
}

pub(super) fn blank_schedule(name: &str, pipeline: &str, arguments_encoded: Vec<u8>) -> ScheduleRecord {
    let time = DateTime::UNIX_EPOCH;
    ScheduleRecord {
        id: Uuid::now_v7(),
        name: name.to_owned(),
        revision: 0,
        pipeline: pipeline.to_owned(),
        pipeline_path: "app::p".to_owned(),
        timing: json!({}),
        options: json!({}),
        arguments: json!(null),
        arguments_encoded,
        stack: "default".to_owned(),
        artifacts: "memory://".to_owned(),
        program: ProgramRecord {
            path: "/bin/p".to_owned(),
            digest: None,
        },
        state: ScheduleState::Active,
        reason: None,
        cursor: time,
        reached: time,
        fired: 0,
        failures: 0,
        created: time,
        updated: time,
    }
}

pub(super) fn blank_slot(
    schedule: Uuid,
    due: DateTime<Utc>,
    state: SlotState,
    run: Option<Uuid>,
) -> SlotRecord {
    SlotRecord {
        id: Uuid::now_v7(),
        schedule,
        due,
        last: due,
        count: 1,
        cause: SlotCause::Due,
        state,
        late: false,
        reason: None,
        run,
        token: 1,
        deaths: 0,
        holder: None,
        claimed: None,
        ended: state.is_settled().then_some(due),
    }
}

#[tokio::test]
async fn old_slots_go_and_a_dry_run_tells_how_many() {
    let clock = Arc::new(ManualClock::new(Utc::now()));
    let stack = Stack::builder().clock(clock.clone()).build().unwrap();
    let client = Client::of(stack.clone());
    let metadata = stack.metadata();
    let schedule = blank_schedule("nightly", "measuring", Vec::new());
    let id = schedule.id;
    metadata.apply(&[Change::Schedule(Box::new(schedule))]).unwrap();
    let mut slots = Vec::new();
    let mut runs = Vec::new();
    for day in 0..6 {
        let run = measure(&stack, &day.to_string()).await;
        let now = clock.now();
        // The first one is to be tried again.
        let state = [SlotState::Queued, SlotState::Completed][usize::from(day > 0)];
        let slot = blank_slot(id, now, state, Some(run));
        let hook = HookRecord {
            id: Uuid::now_v7(),
            run: Some(run),
            step: None,
            slot: Some(slot.id),
            hook: "app::page".to_owned(),
            event: "success".to_owned(),
            started: now,
            ended: now,
            error: None,
        };
        metadata
            .apply(&[Change::Slot(Box::new(slot.clone())), Change::Hook(Box::new(hook))])
            .unwrap();
        slots.push(slot.id);
        runs.push(run);
        clock.advance(TimeDelta::days(1));
    }
    let policy = PrunePolicy::age(Duration::from_secs(60 * 60 * 60));
    let would = client.prune(&policy, true).await.unwrap();
    assert_eq!((would.planned.runs, would.planned.slots), (3, 3), "{would}");
    let kept = would.kept.iter().find(|kept| kept.reason == KeepReason::Schedule);
    assert_eq!(kept.map(|kept| kept.count), Some(1), "{would}");
    assert_eq!(metadata.slots(&SlotFilter::default()).unwrap().len(), 6);
    let did = client.prune(&policy, false).await.unwrap();
    assert_eq!((did.planned, did.removed), (would.planned, would.planned));
    assert!(did.to_string().contains("3 slots of schedules"), "{did}");
    let left: Vec<Uuid> = metadata
        .slots(&SlotFilter::default())
        .unwrap()
        .iter()
        .map(|slot| slot.id)
        .collect();
    assert_eq!(left, [slots[5], slots[4], slots[0]]);
    for (day, run) in runs.iter().enumerate() {
        let stays = [0, 4, 5].contains(&day);
        assert_eq!(client.run(*run).is_ok(), stays, "the run of day {day}");
        assert_eq!(metadata.hooks(*run).unwrap().len(), usize::from(stays));
    }
    let all = client.prune(&PrunePolicy::keep_last(0), false).await.unwrap();
    assert_eq!((all.removed.runs, all.removed.slots), (1, 1), "{all}");
    assert_eq!(metadata.slots(&SlotFilter::default()).unwrap().len(), 2);
}

#[tokio::test]
async fn large_arguments_stay_as_long_as_their_schedule() {
    let (_folder, stack) = files();
    let client = Client::of(stack.clone());
    let metadata = stack.metadata();
    let text = "x".repeat(40_000);
    let run = measure(&stack, &text).await;
    let encoded = metadata.run(run).unwrap().unwrap().arguments_encoded;
    assert!(encoded.len() < 1000, "only the digest is recorded");
    let schedule = blank_schedule("nightly", "measuring", encoded);
    let id = schedule.id;
    metadata.apply(&[Change::Schedule(Box::new(schedule))]).unwrap();
    measure(&stack, &"y".repeat(40_000)).await;
    let all = PrunePolicy::keep_last(0);
    client.prune(&all, false).await.unwrap();
    assert!(client.run(run).is_err(), "the run itself goes");
    let first = client.artifact("measuring (arguments)", Some(1)).unwrap();
    let digest = first.record().digest;
    assert!(stack.artifacts().get(digest, &"arguments").is_ok());
    let verified = client.verify(VerifyOptions::all(), |_| ()).await.unwrap();
    assert!(
        verified.is_sound() && verified.unreferenced.is_empty(),
        "{verified}"
    );
    metadata
        .apply(&[Change::ScheduleDeleted { schedule: id }])
        .unwrap();
    let did = client.prune(&all, false).await.unwrap();
    assert_eq!((did.removed.artifacts, did.removed.objects), (1, 1), "{did}");
    assert!(stack.artifacts().get(digest, &"arguments").is_err());
}

#[tokio::test]
async fn the_copy_of_a_program_stays_as_long_as_its_schedule() {
    let (_folder, stack) = files();
    let client = Client::of(stack.clone());
    let digest = Digest::of(b"a program");
    let bin = stack.home().unwrap().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let copy = bin.join(digest.to_string());
    std::fs::write(&copy, b"a program").unwrap();
    let mut schedule = blank_schedule("nightly", "measuring", Vec::new());
    schedule.program.digest = Some(digest);
    let id = schedule.id;
    stack
        .metadata()
        .apply(&[Change::Schedule(Box::new(schedule))])
        .unwrap();
    let all = PrunePolicy::keep_last(0);
    client.prune(&all, false).await.unwrap();
    assert!(copy.exists());
    stack
        .metadata()
        .apply(&[Change::ScheduleDeleted { schedule: id }])
        .unwrap();
    client.prune(&all, false).await.unwrap();
    assert!(!copy.exists());
}
