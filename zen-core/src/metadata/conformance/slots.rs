//! Slots: written, fenced, listed; claimed by one. And the schedulers that claim them.

use std::collections::HashSet;
use std::panic::resume_unwind;
use std::sync::Barrier;
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::Check;
use super::samples::{
    apply, id, kept, make_schedule, ok, run, schedule, scheduled, scheduler, service, slot, slotted, some,
    time,
};
use super::schedules::far;
use crate::metadata::{
    Change, MetadataError, MetadataStore, RunRecord, RunSlot, ScheduleRecord, SchedulerRecord, SlotCause,
    SlotFilter, SlotRecord, SlotState,
};

pub(super) const CHECKS: &[(&str, Check)] = &[
    (
        "a_slot_comes_back_as_it_was_written",
        a_slot_comes_back_as_it_was_written,
    ),
    ("a_slot_is_replaced_as_a_whole", a_slot_is_replaced_as_a_whole),
    ("a_time_is_due_once", a_time_is_due_once),
    ("a_slot_needs_its_schedule", a_slot_needs_its_schedule),
    (
        "a_slot_lets_through_only_who_has_claimed_it",
        a_slot_lets_through_only_who_has_claimed_it,
    ),
    (
        "slots_are_filtered_and_those_last_due_first",
        slots_are_filtered_and_those_last_due_first,
    ),
    (
        "a_slot_takes_note_of_its_newest_run",
        a_slot_takes_note_of_its_newest_run,
    ),
    ("schedulers_come_and_go", schedulers_come_and_go),
    (
        "of_threads_that_race_each_slot_is_claimed_by_one",
        of_threads_that_race_each_slot_is_claimed_by_one,
    ),
];

fn fence(slot: &SlotRecord, token: u64) -> Change {
    Change::SlotFenced { slot: slot.id, token }
}

fn list(store: &dyn MetadataStore, filter: &SlotFilter) -> Vec<Uuid> {
    let found = ok(store.slots(filter), "slots");
    found.into_iter().map(|slot| slot.id).collect()
}

fn a_slot_comes_back_as_it_was_written(store: &dyn MetadataStore) {
    let made = make_schedule(store, "s");
    let full = slot(made.id, 0);
    let bare = SlotRecord {
        cause: SlotCause::Trigger,
        state: SlotState::Queued,
        late: false,
        reason: None,
        run: None,
        token: 0,
        deaths: 0,
        holder: None,
        claimed: None,
        ended: None,
        ..slot(made.id, 0)
    };
    let odd = SlotRecord {
        due: far(DateTime::<Utc>::MIN_UTC),
        last: far(DateTime::<Utc>::MAX_UTC),
        count: u64::MAX,
        reason: Some("é\0\n\u{1F9A6}".repeat(3000)),
        token: u64::MAX,
        deaths: u32::MAX,
        ..slot(made.id, 0)
    };
    let mut all = vec![full, bare, odd];
    for (n, state) in SlotState::ALL.into_iter().enumerate() {
        for (m, cause) in [SlotCause::Due, SlotCause::Trigger].into_iter().enumerate() {
            all.push(SlotRecord {
                state,
                cause,
                ..slot(made.id, 100 + 10 * n as i64 + m as i64)
            });
        }
    }
    for written in &all {
        apply(store, &[slotted(written)]);
    }
    for written in &all {
        assert_eq!(
            some(store.slot(written.id), "slot"),
            *written,
            "a slot comes back changed"
        );
    }
    let listed = ok(store.slots(&SlotFilter::default()), "slots");
    assert_eq!(listed.len(), all.len());
    assert!(listed.iter().all(|slot| all.contains(slot)), "the list differs");
    assert_eq!(
        ok(store.slot(id()), "slot"),
        None,
        "a slot nobody recorded is found"
    );

    let nanos = |micros: i64| time(micros) + TimeDelta::nanoseconds(999);
    let exact = SlotRecord {
        due: nanos(1),
        last: nanos(2),
        claimed: Some(nanos(3)),
        ended: Some(nanos(4)),
        ..slot(made.id, 1)
    };
    apply(store, &[slotted(&exact)]);
    let read = some(store.slot(exact.id), "slot");
    assert_eq!(
        [Some(read.due), Some(read.last), read.claimed, read.ended],
        [1, 2, 3, 4].map(|micros| Some(time(micros))),
        "times are kept to the microsecond"
    );
}

fn a_slot_is_replaced_as_a_whole(store: &dyn MetadataStore) {
    let (one, two) = (make_schedule(store, "one"), make_schedule(store, "two"));
    let first = slot(one.id, 0);
    let other = slot(one.id, 1);
    apply(store, &[slotted(&first), slotted(&other)]);
    let changed = SlotRecord {
        id: first.id,
        schedule: two.id,
        due: time(50),
        last: time(60),
        count: 2,
        cause: SlotCause::Trigger,
        state: SlotState::Missed,
        late: false,
        reason: None,
        run: None,
        token: 9,
        deaths: 0,
        holder: None,
        claimed: None,
        ended: None,
    };
    for written in [&changed, &first, &changed] {
        apply(store, &[slotted(written)]);
        assert_eq!(some(store.slot(first.id), "slot"), *written);
    }
    assert_eq!(some(store.slot(other.id), "slot"), other);
    let of_one = SlotFilter {
        schedule: Some(one.id),
        ..SlotFilter::default()
    };
    assert_eq!(list(store, &of_one), [other.id]);
    apply(store, &[Change::SlotWithdrawn { slot: other.id }]);
    assert_eq!(ok(store.slot(other.id), "slot"), None);
    assert_eq!(list(store, &SlotFilter::default()), [first.id]);
}

fn a_time_is_due_once(store: &dyn MetadataStore) {
    let (one, two) = (make_schedule(store, "one"), make_schedule(store, "two"));
    let first = slot(one.id, 0);
    apply(store, &[slotted(&first)]);
    let later = slot(one.id, 1);
    let moved = SlotRecord {
        due: first.due,
        ..later.clone()
    };
    for list in [
        vec![slotted(&slot(one.id, 0))],
        vec![slotted(&later), slotted(&moved)],
        vec![slotted(&slot(one.id, 2)), slotted(&slot(one.id, 2))],
    ] {
        assert!(store.apply(&list).is_err(), "a time was due twice: {list:?}");
        assert_eq!(list_all(store), [first.id], "a list that was refused left a slot");
    }
    // By request, and of another schedule, any number are.
    let requested = || SlotRecord {
        cause: SlotCause::Trigger,
        ..slot(one.id, 0)
    };
    apply(
        store,
        &[
            slotted(&requested()),
            slotted(&requested()),
            slotted(&slot(two.id, 0)),
        ],
    );
    // What was withdrawn may come due again, in the same list too.
    apply(
        store,
        &[
            Change::SlotWithdrawn { slot: first.id },
            slotted(&slot(one.id, 0)),
        ],
    );
    assert_eq!(list_all(store).len(), 4);
}

fn list_all(store: &dyn MetadataStore) -> Vec<Uuid> {
    list(store, &SlotFilter::default())
}

fn a_slot_needs_its_schedule(store: &dyn MetadataStore) {
    let (made, new) = (make_schedule(store, "s"), schedule("new"));
    let nowhere = slot(id(), 0);
    assert!(store.apply(&[slotted(&nowhere)]).is_err());
    assert!(
        store
            .apply(&[slotted(&slot(new.id, 0)), scheduled(&new)])
            .is_err(),
        "a slot was accepted before its schedule"
    );
    apply(store, &[scheduled(&new), slotted(&slot(new.id, 0))]);
    apply(store, &[Change::ScheduleDeleted { schedule: made.id }]);
    assert!(store.apply(&[slotted(&slot(made.id, 0))]).is_err());
    assert_eq!(list_all(store).len(), 1);
}

fn a_slot_lets_through_only_who_has_claimed_it(store: &dyn MetadataStore) {
    let made = make_schedule(store, "s");
    let at_stake = slot(made.id, 0);
    let refused = |fences: &[Change], when: &str| {
        let (first, last) = (service("first"), service("last"));
        let mut changes = vec![kept(&first)];
        changes.extend_from_slice(fences);
        changes.push(kept(&last));
        let revision = ok(store.schedule_revision(), "schedule_revision");
        let error = match store.apply(&changes) {
            Ok(()) => panic!("{when}: it passed"),
            Err(error) => error,
        };
        assert!(
            matches!(&error, MetadataError::SlotTaken { slot, .. } if *slot == at_stake.id),
            "{when}: {error:?}"
        );
        let text = error.to_string();
        assert!(
            text.contains(&at_stake.id.to_string()) && text.contains(&store.location()),
            "`{text}` does not name the slot"
        );
        for written in [first, last] {
            assert_eq!(ok(store.service(written.id), "service"), None, "{when}");
        }
        assert_eq!(
            ok(store.schedule_revision(), "schedule_revision"),
            revision,
            "{when}"
        );
    };
    refused(&[fence(&at_stake, 3)], "not recorded");
    for state in SlotState::ALL {
        let now = SlotRecord {
            state,
            ..at_stake.clone()
        };
        apply(store, &[slotted(&now)]);
        let when = state.as_str();
        for token in [0, 2, 4, u64::MAX] {
            refused(&[fence(&now, token)], when);
        }
        match state {
            SlotState::Claimed => {
                let inside = service(when);
                apply(store, &[fence(&now, 3), kept(&inside), fence(&now, 3)]);
                some(store.service(inside.id), "service");
                assert_eq!(some(store.slot(now.id), "slot"), now, "a fence changed a slot");
                refused(&[fence(&now, 3), fence(&now, 2)], "one of two");
            }
            _ => refused(&[fence(&now, 3)], when),
        }
    }
    // Where it stands in the list.
    let claimed = SlotRecord {
        token: 4,
        ..at_stake.clone()
    };
    apply(store, &[slotted(&claimed), fence(&at_stake, 4)]);
    let settled = SlotRecord {
        state: SlotState::Completed,
        ..claimed.clone()
    };
    refused(&[slotted(&settled), fence(&at_stake, 4)], "settled before");
    let retaken = SlotRecord {
        token: 5,
        ..claimed.clone()
    };
    apply(store, &[fence(&at_stake, 4), slotted(&retaken)]);
    refused(&[fence(&at_stake, 4)], "taken over");
    apply(store, &[fence(&at_stake, 5)]);
    apply(store, &[Change::ScheduleDeleted { schedule: made.id }]);
    refused(&[fence(&at_stake, 5)], "deleted");
}

fn slots_are_filtered_and_those_last_due_first(store: &dyn MetadataStore) {
    let (one, two) = (make_schedule(store, "one"), make_schedule(store, "two"));
    let mut written = Vec::new();
    for n in 0..42_u16 {
        let due = i64::from(n * 5 % 11);
        written.push(SlotRecord {
            cause: SlotCause::Trigger,
            last: time(due + i64::from(n % 2) * 3),
            state: SlotState::ALL[usize::from(n) % SlotState::ALL.len()],
            ..slot([one.id, two.id][usize::from(n) / 7 % 2], due)
        });
    }
    let mut shuffled: Vec<&SlotRecord> = written.iter().collect();
    shuffled.sort_by_key(|slot| slot.due);
    for slot in shuffled {
        apply(store, &[slotted(slot)]);
    }
    written.sort_by_key(|slot| (slot.last, slot.id));
    written.reverse();
    let states = [None].into_iter().chain(SlotState::ALL.map(Some));
    for state in states {
        for schedule in [None, Some(one.id), Some(id())] {
            for settled in [None, Some(true), Some(false)] {
                for from in [None, Some(time(4))] {
                    let filter = SlotFilter {
                        schedule,
                        state,
                        settled,
                        from,
                        ..SlotFilter::default()
                    };
                    let expected: Vec<Uuid> = written
                        .iter()
                        .filter(|slot| schedule.is_none_or(|schedule| slot.schedule == schedule))
                        .filter(|slot| state.is_none_or(|state| slot.state == state))
                        .filter(|slot| settled.is_none_or(|settled| slot.state.is_settled() == settled))
                        .filter(|slot| from.is_none_or(|from| slot.last >= from))
                        .map(|slot| slot.id)
                        .collect();
                    assert_eq!(list(store, &filter), expected, "{filter:?}");
                    let mut page = SlotFilter {
                        limit: Some(4),
                        ..filter
                    };
                    let mut paged = Vec::new();
                    loop {
                        let found = list(store, &page);
                        assert!(found.len() <= 4, "a page is longer than its limit");
                        let Some(last) = found.last() else { break };
                        page.before = Some(*last);
                        paged.extend(found);
                    }
                    assert_eq!(paged, expected, "pages of {page:?}");
                }
            }
        }
    }
    for none in [
        SlotFilter {
            limit: Some(0),
            ..SlotFilter::default()
        },
        SlotFilter {
            before: Some(id()),
            ..SlotFilter::default()
        },
    ] {
        assert!(list(store, &none).is_empty(), "{none:?}");
    }
}

fn a_slot_takes_note_of_its_newest_run(store: &dyn MetadataStore) {
    let made = make_schedule(store, "s");
    let claimed = SlotRecord {
        run: None,
        ..slot(made.id, 0)
    };
    apply(store, &[Change::Slot(Box::new(claimed.clone()))]);
    let of_slot = RunSlot {
        schedule: made.id,
        name: made.name.clone(),
        slot: claimed.id,
        due: claimed.due,
    };
    for _ in 0..2 {
        let before = ok(store.schedule_revision(), "the revision");
        let run = RunRecord {
            resumed_from: None,
            died: false,
            slot: Some(of_slot.clone()),
            ..run("p")
        };
        let graph = Some(serde_json::json!({}));
        apply(
            store,
            &[Change::RunStarted {
                run: Box::new(run.clone()),
                graph,
            }],
        );
        let noted = some(store.slot(claimed.id), "the slot");
        assert_eq!(
            noted,
            SlotRecord {
                run: Some(run.id),
                ..claimed.clone()
            }
        );
        let after = some(store.schedule(made.id), "the schedule");
        assert!(after.revision > before, "the schedule's revision rises");
        // Who ended by itself is told from who didn't.
        let ended = |run| some(store.run(run), "the run");
        assert!(!ended(run.id).died);
        apply(
            store,
            &[Change::RunDied {
                run: run.id,
                error: "killed".to_owned(),
                noticed: time(3),
            }],
        );
        assert!(ended(run.id).died);
    }
    // A slot that is gone with its schedule is no obstacle.
    apply(store, &[Change::ScheduleDeleted { schedule: made.id }]);
    let late = RunRecord {
        resumed_from: None,
        slot: Some(of_slot),
        ..run("p")
    };
    let id = late.id;
    apply(
        store,
        &[Change::RunStarted {
            run: Box::new(late),
            graph: None,
        }],
    );
    assert!(ok(store.run(id), "the run").is_some());
}

fn schedulers_come_and_go(store: &dyn MetadataStore) {
    let (one, two) = (
        scheduler(),
        SchedulerRecord {
            process: None,
            beat: 0,
            host: String::new(),
            ..scheduler()
        },
    );
    let all = || ok(store.schedulers(), "schedulers");
    let record = |scheduler: &SchedulerRecord| Change::Scheduler(Box::new(scheduler.clone()));
    assert!(all().is_empty(), "a new store has schedulers");
    apply(store, &[record(&two), record(&one)]);
    assert_eq!(all(), [one.clone(), two.clone()], "oldest first");
    let beaten = SchedulerRecord {
        beat: 1,
        process: Some(id()),
        pid: 0,
        host: "moved".to_owned(),
        started: time(99),
        ..two.clone()
    };
    apply(store, &[record(&beaten)]);
    assert_eq!(all(), [one.clone(), beaten.clone()], "it is replaced as a whole");
    apply(store, &[Change::SchedulerEnded { scheduler: one.id }]);
    apply(store, &[Change::SchedulerEnded { scheduler: one.id }]);
    assert_eq!(all(), [beaten]);
}

const THREADS: usize = 4;
const SLOTS: i64 = 12;

/// Takes the first slot that is queued, until there is none. Gives those that it took.
fn claim(store: &dyn MetadataStore, made: &ScheduleRecord) -> Vec<Uuid> {
    let holder = id();
    let mut mine = Vec::new();
    loop {
        let view = ok(store.schedule_changes(0), "schedule_changes");
        let read = view.changed.into_iter().find(|schedule| schedule.id == made.id);
        let queued = view.open.into_iter().find(|slot| slot.state == SlotState::Queued);
        let (Some(mut read), Some(mut slot)) = (read, queued) else {
            return mine;
        };
        read.fired += 1;
        slot.state = SlotState::Claimed;
        slot.holder = Some(holder);
        slot.token += 1;
        match store.apply(&[slotted(&slot), scheduled(&read)]) {
            Ok(()) => mine.push(slot.id),
            Err(MetadataError::Stale { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn of_threads_that_race_each_slot_is_claimed_by_one(store: &dyn MetadataStore) {
    let made = ScheduleRecord {
        fired: 0,
        ..schedule("s")
    };
    apply(store, &[scheduled(&made)]);
    for due in 0..SLOTS {
        let queued = SlotRecord {
            state: SlotState::Queued,
            token: 0,
            ..slot(made.id, due)
        };
        apply(store, &[slotted(&queued)]);
    }
    let ready = Barrier::new(THREADS);
    let claimed: Vec<Uuid> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    ready.wait();
                    claim(store, &made)
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    });
    assert_eq!(claimed.len() as i64, SLOTS, "a slot was claimed twice, or never");
    assert_eq!(claimed.iter().collect::<HashSet<_>>().len() as i64, SLOTS);
    for slot in ok(store.slots(&SlotFilter::default()), "slots") {
        assert_eq!((slot.state, slot.token), (SlotState::Claimed, 1));
    }
    assert_eq!(some(store.schedule(made.id), "schedule").fired, SLOTS as u64);
}
