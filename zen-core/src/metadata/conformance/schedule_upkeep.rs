//! What schedules keep from being pruned, and what of them is pruned.

use crate::artifact::Digest;

use super::Check;
use super::samples::{
    apply, called, hook, id, make_schedule, ok, schedule, scheduled, slot, slotted, some, start, time,
};
use super::upkeep::{ended, exists, finished, plan, prune, reason, rules, sweep};
use crate::metadata::{
    Change, KeepReason, MetadataStore, PruneRules, ScheduleRecord, SlotFilter, SlotRecord, SlotState,
    StoredObject,
};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("schedules_keep_their_arguments", schedules_keep_their_arguments),
    ("runs_of_open_slots_stay", runs_of_open_slots_stay),
    ("settled_slots_go_but_the_newest", settled_slots_go_but_the_newest),
    ("hooks_go_with_their_run", hooks_go_with_their_run),
    (
        "slots_wait_and_are_spared_as_runs_are",
        slots_wait_and_are_spared_as_runs_are,
    ),
];

fn naming(name: &str, digest: Digest) -> ScheduleRecord {
    ScheduleRecord {
        arguments_encoded: format!("\u{1}{digest}\u{2}").into_bytes(),
        ..schedule(name)
    }
}

fn settled(schedule: &ScheduleRecord, due: i64) -> SlotRecord {
    SlotRecord {
        state: SlotState::Completed,
        ended: Some(time(due)),
        run: None,
        ..slot(schedule.id, due)
    }
}

fn schedules_keep_their_arguments(store: &dyn MetadataStore) {
    let old = finished(store, "p", "a");
    finished(store, "p", "a");
    let stored = StoredObject {
        digest: Digest::of(b"in the artifact store"),
        size: 3,
    };
    let (one, two) = (naming("one", old.artifact.digest), naming("two", stored.digest));
    apply(store, &[scheduled(&one), scheduled(&two)]);
    let planned = ok(store.plan_prune(&rules(), &[stored]), "plan_prune");
    assert_eq!(planned.runs, [old.run.id]);
    assert_eq!(
        (planned.artifacts.len(), planned.objects.len()),
        (0, 0),
        "{planned:?}"
    );
    assert_eq!(reason(&planned, KeepReason::Schedule), 1, "{:?}", planned.kept);
    prune(store);
    assert!(ok(store.object(old.artifact.digest), "object").is_some());
    // Paused or ended, it can be resumed; deleted, it can't.
    for state in crate::metadata::ScheduleState::ALL {
        let read = some(store.schedule(one.id), "schedule");
        apply(store, &[scheduled(&ScheduleRecord { state, ..read })]);
        assert!(plan(store).artifacts.is_empty());
    }
    for made in [&one, &two] {
        apply(store, &[Change::ScheduleDeleted { schedule: made.id }]);
    }
    let planned = ok(store.plan_prune(&rules(), &[stored]), "plan_prune");
    assert_eq!(planned.artifacts, [old.artifact.id]);
    assert_eq!(planned.objects.len(), 2);

    // Made while they were marked.
    let other = start(store, "other");
    ok(store.condemn(&planned), "condemn");
    apply(
        store,
        &[
            ended(&other),
            scheduled(&naming("again", old.artifact.digest)),
            scheduled(&naming("again too", stored.digest)),
        ],
    );
    sweep(store);
    assert!(ok(store.artifact(old.artifact.id), "artifact").is_some());
    assert!(ok(store.object(old.artifact.digest), "object").is_some());
    let pending: Vec<u64> = ok(store.pending_prunes(), "pending_prunes")
        .iter()
        .map(|pending| pending.no)
        .collect();
    assert_eq!(ok(store.claim_objects(&pending, id(), 9), "claim_objects"), []);
}

fn runs_of_open_slots_stay(store: &dyn MetadataStore) {
    let [queued, claimed, over] = [(); 3].map(|()| finished(store, "p", "a"));
    finished(store, "p", "a");
    let made = make_schedule(store, "s");
    let with = |run: &super::upkeep::Made, due: i64, state: SlotState| SlotRecord {
        run: Some(run.run.id),
        state,
        ..slot(made.id, due)
    };
    let open = [
        with(&queued, 1, SlotState::Queued),
        with(&claimed, 2, SlotState::Claimed),
    ];
    let done = with(&over, 3, SlotState::Failed);
    apply(store, &[slotted(&open[0]), slotted(&open[1]), slotted(&done)]);
    let planned = plan(store);
    assert_eq!(planned.runs, [over.run.id]);
    assert_eq!(reason(&planned, KeepReason::Schedule), 2, "{:?}", planned.kept);
    prune(store);
    assert!(exists(store, &queued.run) && exists(store, &claimed.run) && !exists(store, &over.run));

    // Marked, and then taken up again by a slot.
    for slot in &open {
        apply(
            store,
            &[slotted(&SlotRecord {
                state: SlotState::Missed,
                ..slot.clone()
            })],
        );
    }
    let other = start(store, "other");
    ok(store.condemn(&plan(store)), "condemn");
    apply(store, &[slotted(&open[0]), ended(&other)]);
    sweep(store);
    assert!(exists(store, &queued.run), "an open slot's run is gone");
    assert!(!exists(store, &claimed.run));
}

fn settled_slots_go_but_the_newest(store: &dyn MetadataStore) {
    let (one, two, idle) = (
        make_schedule(store, "one"),
        make_schedule(store, "two"),
        make_schedule(store, "idle"),
    );
    let run = start(store, "p");
    apply(store, &[ended(&run)]);
    let mut slots = Vec::new();
    for due in 0..6 {
        slots.push(settled(&one, due));
    }
    let open = SlotRecord {
        state: SlotState::Queued,
        ..slot(one.id, 50)
    };
    let early = SlotRecord {
        state: SlotState::Claimed,
        ..slot(one.id, -50)
    };
    let alone = settled(&two, 0);
    for slot in slots.iter().chain([&open, &early, &alone]) {
        apply(
            store,
            &[
                slotted(slot),
                called(&hook(None, Some(slot.id))),
                called(&hook(Some(run.id), Some(slot.id))),
            ],
        );
    }
    let planned = |rules: PruneRules| {
        let mut going = ok(store.plan_prune(&rules, &[]), "plan_prune").slots;
        going.sort();
        going
    };
    let ids = |slots: &[SlotRecord]| slots.iter().map(|slot| slot.id).collect::<Vec<_>>();
    let before = |micros: i64| PruneRules {
        before: Some(time(micros)),
        ..PruneRules::default()
    };
    assert!(planned(before(-1)).is_empty());
    assert_eq!(planned(before(3)), ids(&slots[..3]), "as old as that");
    assert_eq!(planned(before(1000)), ids(&slots[..5]), "the newest stays");
    let last = |keep_last: u32| PruneRules {
        keep_last: Some(keep_last),
        ..PruneRules::default()
    };
    assert_eq!(planned(last(0)), ids(&slots[..5]));
    assert_eq!(planned(last(4)), ids(&slots[..2]));
    let both = PruneRules {
        before: Some(time(1)),
        ..last(4)
    };
    assert_eq!(planned(both), ids(&slots[..1]));
    let of = |pipeline: &str| PruneRules {
        pipeline: Some(pipeline.to_owned()),
        ..PruneRules::default()
    };
    assert!(planned(of("another")).is_empty());
    assert_eq!(planned(of(&one.pipeline)), ids(&slots[..5]));

    let revision = ok(store.schedule_revision(), "schedule_revision");
    let rules = before(3);
    let plan = ok(store.plan_prune(&rules, &[]), "plan_prune");
    ok(store.condemn(&plan), "condemn");
    let swept = ok(store.sweep_condemned(&rules), "sweep_condemned");
    ok(store.finish_prunes(), "finish_prunes");
    assert_eq!((swept.slots, swept.spared), (3, 0));
    assert_eq!(ok(store.pending_prunes(), "pending_prunes"), []);
    let left = ok(store.slots(&SlotFilter::default()), "slots");
    assert_eq!(left.len(), 6);
    for (place, slot) in slots.iter().enumerate() {
        let (slots, hooks) = match place < 3 {
            true => (0, 1),
            false => (1, 2),
        };
        assert_eq!(ok(store.slot(slot.id), "slot").iter().len(), slots);
        assert_eq!(
            ok(store.slot_hooks(slot.id), "slot_hooks").len(),
            hooks,
            "those of a run that stays stay"
        );
    }
    assert_eq!(ok(store.schedule_revision(), "schedule_revision"), revision);
    assert_eq!(some(store.schedule(idle.id), "schedule"), idle);
    assert_eq!(ok(store.check(), "check"), Vec::<String>::new());
}

fn hooks_go_with_their_run(store: &dyn MetadataStore) {
    let (old, new) = (finished(store, "p", "a"), finished(store, "p", "a"));
    let made = make_schedule(store, "s");
    let newest = settled(&made, 0);
    apply(
        store,
        &[
            slotted(&newest),
            called(&hook(Some(old.run.id), None)),
            called(&hook(Some(old.run.id), Some(newest.id))),
            called(&hook(Some(new.run.id), None)),
        ],
    );
    prune(store);
    assert_eq!(ok(store.hooks(old.run.id), "hooks"), []);
    assert_eq!(ok(store.slot_hooks(newest.id), "slot_hooks"), []);
    assert_eq!(ok(store.hooks(new.run.id), "hooks").len(), 1);
    assert!(ok(store.slot(newest.id), "slot").is_some());
}

fn slots_wait_and_are_spared_as_runs_are(store: &dyn MetadataStore) {
    let made = make_schedule(store, "s");
    let slots: Vec<SlotRecord> = (0..5).map(|due| settled(&made, due)).collect();
    for slot in &slots {
        apply(store, &[slotted(slot)]);
    }
    let other = start(store, "other");
    let planned = plan(store);
    assert_eq!(planned.slots.len(), 4);
    ok(store.condemn(&planned), "condemn");
    assert_eq!(
        ok(store.sweep_condemned(&rules()), "sweep_condemned").slots,
        0,
        "something is under way"
    );
    let keep = PruneRules {
        keep_last: Some(9),
        ..PruneRules::default()
    };
    let again = ok(store.plan_prune(&keep, &[]), "plan_prune").slots;
    assert_eq!(again.len(), 4, "what is planned includes what waits");
    // Taken up again; gone; and the newest by then.
    let open = SlotRecord {
        state: SlotState::Queued,
        ..slots[0].clone()
    };
    apply(
        store,
        &[
            slotted(&open),
            Change::SlotWithdrawn { slot: slots[1].id },
            Change::SlotWithdrawn { slot: slots[4].id },
            ended(&other),
        ],
    );
    let swept = ok(store.sweep_condemned(&rules()), "sweep_condemned");
    ok(store.finish_prunes(), "finish_prunes");
    assert_eq!((swept.slots, swept.spared), (1, 1));
    assert_eq!(ok(store.pending_prunes(), "pending_prunes"), []);
    let left: Vec<_> = ok(store.slots(&SlotFilter::default()), "slots")
        .into_iter()
        .map(|slot| slot.id)
        .collect();
    assert_eq!(left, [slots[3].id, slots[0].id]);
}
