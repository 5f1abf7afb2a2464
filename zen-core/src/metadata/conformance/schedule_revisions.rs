//! What whoever keeps schedules in memory relies on: the counter, and what has changed since.

use std::panic::resume_unwind;
use std::thread;

use super::Check;
use super::leases::{ask, held};
use super::samples::{
    apply, called, hook, id, kept, make_schedule, ok, recorded, schedule, scheduled, scheduler, service,
    slot, slotted, some, start, step, time,
};
use crate::metadata::{
    Change, MetadataError, MetadataStore, ScheduleChanges, ScheduleRecord, SlotRecord, SlotState, Status,
};

pub(super) const CHECKS: &[(&str, Check)] = &[
    (
        "the_revision_rises_with_each_write",
        the_revision_rises_with_each_write,
    ),
    (
        "the_revision_rises_with_nothing_else",
        the_revision_rises_with_nothing_else,
    ),
    ("changes_are_told_once", changes_are_told_once),
    ("changes_are_as_of_one_moment", changes_are_as_of_one_moment),
    (
        "threads_that_write_a_schedule_lose_nothing",
        threads_that_write_a_schedule_lose_nothing,
    ),
];

fn revision(store: &dyn MetadataStore) -> u64 {
    ok(store.schedule_revision(), "schedule_revision")
}

fn since(store: &dyn MetadataStore, revision: u64) -> ScheduleChanges {
    ok(store.schedule_changes(revision), "schedule_changes")
}

fn the_revision_rises_with_each_write(store: &dyn MetadataStore) {
    assert_eq!(revision(store), 0, "a new store has a revision");
    assert_eq!(since(store, 0), ScheduleChanges::default());
    let (one, other) = (make_schedule(store, "one"), make_schedule(store, "other"));
    assert_eq!((one.revision, other.revision, revision(store)), (1, 2, 2));
    let of = |schedule: &ScheduleRecord| some(store.schedule(schedule.id), "schedule").revision;
    let due = slot(one.id, 0);
    let mut last = revision(store);
    let mut rises = |change: Change, by: u64| {
        apply(store, &[change]);
        let now = revision(store);
        assert_eq!(now, last + by, "the revision doesn't count what is written");
        last = now;
        now
    };
    let now = rises(slotted(&due), 1);
    assert_eq!((of(&one), of(&other)), (now, 2));
    let now = rises(slotted(&due), 1);
    assert_eq!(of(&one), now, "the same once more is written too");
    // A slot that goes over to another schedule is news for both.
    let moved = SlotRecord {
        schedule: other.id,
        ..due.clone()
    };
    let now = rises(slotted(&moved), 2);
    assert_eq!((of(&one), of(&other)), (now - 1, now));
    let now = rises(Change::SlotWithdrawn { slot: due.id }, 1);
    assert_eq!(of(&other), now);
    let now = rises(scheduled(&some(store.schedule(one.id), "schedule")), 1);
    assert_eq!(of(&one), now);
    rises(Change::ScheduleDeleted { schedule: one.id }, 1);
    assert_eq!(of(&other), now - 1, "deleting a schedule changed another one");

    let list = [
        slotted(&slot(other.id, 1)),
        slotted(&slot(other.id, 2)),
        scheduled(&schedule("new")),
    ];
    let before = revision(store);
    apply(store, &list);
    assert_eq!(revision(store), before + 3);
    assert_eq!(of(&other), before + 2, "the revision is that of the last write");
}

fn the_revision_rises_with_nothing_else(store: &dyn MetadataStore) {
    let made = make_schedule(store, "s");
    let claimed = slot(made.id, 0);
    let run = start(store, "p");
    let lease = held(ask(store, "k", "me", 0, 100, None));
    let at_work = scheduler();
    apply(store, &[slotted(&claimed)]);
    let before = (revision(store), some(store.schedule(made.id), "schedule"));
    let other = vec![
        recorded(&step(run.id, "s")),
        kept(&service("s")),
        Change::Scheduler(Box::new(at_work.clone())),
        called(&hook(Some(run.id), Some(claimed.id))),
        Change::SchedulerEnded {
            scheduler: at_work.id,
        },
        Change::Fenced {
            key: lease.key.clone(),
            token: lease.token,
        },
        Change::SlotFenced {
            slot: claimed.id,
            token: claimed.token,
        },
        Change::RunEnded {
            run: run.id,
            status: Status::Completed,
            error: None,
            ended: time(1),
        },
        // Ignored: they are not recorded.
        Change::ScheduleDeleted { schedule: id() },
        Change::SlotWithdrawn { slot: id() },
        Change::SchedulerEnded { scheduler: id() },
    ];
    apply(store, &other);
    for change in other {
        apply(store, &[change]);
    }
    let stale = ScheduleRecord {
        revision: before.1.revision - 1,
        ..before.1.clone()
    };
    assert!(
        store
            .apply(&[slotted(&slot(made.id, 1)), scheduled(&stale)])
            .is_err()
    );
    assert_eq!(
        (revision(store), some(store.schedule(made.id), "schedule")),
        before,
        "something else changed a revision"
    );
}

fn changes_are_told_once(store: &dyn MetadataStore) {
    let mut seen = 0;
    let mut news = || {
        let changes = since(store, seen);
        assert_eq!(changes.revision, revision(store));
        seen = changes.revision;
        assert_eq!(
            since(store, seen),
            ScheduleChanges {
                revision: seen,
                ..ScheduleChanges::default()
            },
            "nothing has changed since"
        );
        changes
    };
    let (one, two, three) = (
        make_schedule(store, "one"),
        make_schedule(store, "two"),
        make_schedule(store, "three"),
    );
    let first = news();
    assert_eq!(first.changed, [one.clone(), two.clone(), three.clone()]);
    assert!(first.open.is_empty() && first.deleted.is_empty());

    let state = |schedule: &ScheduleRecord, due: i64, state: SlotState| SlotRecord {
        state,
        ..slot(schedule.id, due)
    };
    let late = state(&two, 30, SlotState::Queued);
    let early = state(&two, 10, SlotState::Claimed);
    let of_one = state(&one, 20, SlotState::Queued);
    let mut changes = vec![slotted(&late), slotted(&early), slotted(&of_one)];
    let settled = SlotState::ALL.into_iter().filter(|state| state.is_settled());
    changes.extend(
        settled
            .enumerate()
            .map(|(n, settled)| slotted(&state(&one, 100 + n as i64, settled))),
    );
    apply(store, &changes);
    let second = news();
    let told: Vec<_> = second.changed.iter().map(|schedule| schedule.id).collect();
    assert_eq!(told, [two.id, one.id], "by revision");
    assert_eq!(
        second.open,
        [of_one.clone(), early.clone(), late.clone()],
        "those that aren't settled, by schedule and time"
    );
    // All open slots of what has changed, also those that were written before.
    apply(
        store,
        &[slotted(&SlotRecord {
            state: SlotState::Completed,
            ..early.clone()
        })],
    );
    let third = news();
    assert_eq!(third.changed.len(), 1);
    assert_eq!(third.open, std::slice::from_ref(&late));

    let before = revision(store);
    apply(store, &[Change::ScheduleDeleted { schedule: two.id }]);
    apply(store, &[Change::ScheduleDeleted { schedule: one.id }]);
    let fourth = news();
    assert_eq!((fourth.changed.len(), fourth.open.len()), (0, 0));
    assert_eq!(fourth.deleted, [two.id, one.id]);
    assert_eq!(since(store, before + 1).deleted, [one.id]);
    let all = since(store, 0);
    assert_eq!((all.changed.as_slice(), all.deleted.len()), (&[three][..], 2));
    // Made again, it is not deleted any more.
    let again = ScheduleRecord {
        revision: 0,
        ..one.clone()
    };
    apply(store, &[scheduled(&again)]);
    let fifth = news();
    assert_eq!((fifth.changed.len(), fifth.deleted.len()), (1, 0));
    assert_eq!(since(store, 0).deleted, [two.id]);
    for far in [revision(store) + 1, u64::MAX] {
        let nothing = since(store, far);
        assert!(nothing.changed.is_empty() && nothing.open.is_empty() && nothing.deleted.is_empty());
    }
}

fn changes_are_as_of_one_moment(store: &dyn MetadataStore) {
    const ROUNDS: i64 = 60;
    let made = ScheduleRecord {
        fired: 0,
        ..schedule("s")
    };
    apply(store, &[scheduled(&made)]);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 1..=ROUNDS {
                let mut read = some(store.schedule(made.id), "schedule");
                read.fired += 1;
                apply(store, &[slotted(&slot(made.id, round)), scheduled(&read)]);
            }
        });
        let mut last = 0;
        while last < ROUNDS as u64 {
            let view = since(store, 0);
            assert_eq!(view.changed.len(), 1);
            let schedule = &view.changed[0];
            assert_eq!(
                schedule.fired,
                view.open.len() as u64,
                "schedules and slots are of different moments"
            );
            assert_eq!(
                schedule.revision, view.revision,
                "the revision and the schedules are of different moments"
            );
            assert!(schedule.fired >= last, "it went back");
            last = schedule.fired;
            if writer.is_finished() && last < ROUNDS as u64 {
                last = since(store, 0).changed[0].fired;
                assert_eq!(last, ROUNDS as u64, "the writer has failed");
            }
        }
        writer.join().unwrap_or_else(|panic| resume_unwind(panic));
    });
}

fn threads_that_write_a_schedule_lose_nothing(store: &dyn MetadataStore) {
    const THREADS: usize = 4;
    const ROUNDS: usize = 25;
    let made = ScheduleRecord {
        fired: 0,
        ..schedule("s")
    };
    apply(store, &[scheduled(&made)]);
    thread::scope(|scope| {
        let add = || {
            for _ in 0..ROUNDS {
                loop {
                    let mut read = some(store.schedule(made.id), "schedule");
                    read.fired += 1;
                    match store.apply(&[scheduled(&read)]) {
                        Ok(()) => break,
                        Err(MetadataError::Stale { .. }) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(add)).collect();
        for thread in threads {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    });
    let kept = some(store.schedule(made.id), "schedule");
    assert_eq!(
        kept.fired,
        (THREADS * ROUNDS) as u64,
        "what a thread wrote is lost"
    );
    assert_eq!(kept.revision, (THREADS * ROUNDS) as u64 + 1);
}
