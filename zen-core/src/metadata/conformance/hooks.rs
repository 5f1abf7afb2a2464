//! What hooks left.

use chrono::TimeDelta;

use super::Check;
use super::samples::{apply, called, hook, id, make_schedule, ok, run, slot, slotted, start, started, time};
use crate::metadata::{Change, HookRecord, MetadataStore, RunSlot};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("hooks_come_back_oldest_first", hooks_come_back_oldest_first),
    (
        "a_hook_of_what_is_gone_is_ignored",
        a_hook_of_what_is_gone_is_ignored,
    ),
    (
        "hooks_go_with_a_slot_that_led_to_no_run",
        hooks_go_with_a_slot_that_led_to_no_run,
    ),
];

fn hooks_come_back_oldest_first(store: &dyn MetadataStore) {
    let made = make_schedule(store, "s");
    let fired = slot(made.id, 0);
    let mut run = run("p");
    run.slot = Some(RunSlot {
        schedule: made.id,
        name: made.name.clone(),
        slot: fired.id,
        due: fired.due,
    });
    apply(store, &[slotted(&fired), started(&run)]);
    let other = start(store, "p");
    let of_step = hook(Some(run.id), None);
    let of_run = HookRecord {
        step: None,
        error: None,
        hook: "é\0\n\u{1F9A6}".repeat(3000),
        event: String::new(),
        ..hook(Some(run.id), None)
    };
    let of_slot_and_run = hook(Some(run.id), Some(fired.id));
    let of_slot = HookRecord {
        step: None,
        ..hook(None, Some(fired.id))
    };
    let of_other = hook(Some(other.id), Some(fired.id));
    apply(
        store,
        &[&of_other, &of_slot, &of_slot_and_run, &of_run, &of_step].map(called),
    );
    assert_eq!(
        ok(store.hooks(run.id), "hooks"),
        [of_step.clone(), of_run, of_slot_and_run.clone(), of_slot.clone()]
    );
    assert_eq!(
        ok(store.hooks(other.id), "hooks"),
        std::slice::from_ref(&of_other)
    );
    assert_eq!(
        ok(store.slot_hooks(fired.id), "slot_hooks"),
        [of_slot_and_run, of_slot, of_other]
    );
    assert_eq!(ok(store.hooks(id()), "hooks"), []);
    assert_eq!(ok(store.slot_hooks(id()), "slot_hooks"), []);

    // The first one counts.
    let again = HookRecord {
        error: None,
        ended: time(99),
        run: Some(other.id),
        ..of_step.clone()
    };
    apply(store, &[called(&again)]);
    assert_eq!(ok(store.hooks(run.id), "hooks").first(), Some(&of_step));
    assert_eq!(ok(store.hooks(other.id), "hooks").len(), 1);

    let exact = HookRecord {
        started: time(1) + TimeDelta::nanoseconds(999),
        ended: time(2) + TimeDelta::nanoseconds(999),
        ..hook(Some(other.id), None)
    };
    apply(store, &[called(&exact)]);
    let kept = ok(store.hooks(other.id), "hooks").pop();
    let kept = kept.map(|hook| (hook.started, hook.ended));
    assert_eq!(
        kept,
        Some((time(1), time(2))),
        "times are kept to the microsecond"
    );
}

/// A hook may end after all that it was called for is gone: nothing else in its list suffers from it.
fn a_hook_of_what_is_gone_is_ignored(store: &dyn MetadataStore) {
    let made = make_schedule(store, "s");
    let gone = slot(made.id, 0);
    apply(store, &[slotted(&gone), Change::SlotWithdrawn { slot: gone.id }]);
    let run = run("p");
    apply(
        store,
        &[
            called(&hook(None, Some(gone.id))),
            called(&hook(Some(id()), None)),
            called(&hook(Some(id()), Some(gone.id))),
            called(&hook(None, None)),
            called(&hook(Some(run.id), None)),
            started(&run),
        ],
    );
    assert!(ok(store.run(run.id), "run").is_some());
    assert_eq!(ok(store.hooks(run.id), "hooks"), []);
    assert_eq!(ok(store.slot_hooks(gone.id), "slot_hooks"), []);
}

fn hooks_go_with_a_slot_that_led_to_no_run(store: &dyn MetadataStore) {
    let made = make_schedule(store, "s");
    let run = start(store, "p");
    let (withdrawn, deleted) = (slot(made.id, 0), slot(made.id, 1));
    let mut stay = Vec::new();
    for slot in [&withdrawn, &deleted] {
        let of_run = hook(Some(run.id), Some(slot.id));
        apply(
            store,
            &[slotted(slot), called(&hook(None, Some(slot.id))), called(&of_run)],
        );
        stay.push(of_run);
    }
    for (slot, change) in [
        (&withdrawn, Change::SlotWithdrawn { slot: withdrawn.id }),
        (&deleted, Change::ScheduleDeleted { schedule: made.id }),
    ] {
        assert_eq!(ok(store.slot_hooks(slot.id), "slot_hooks").len(), 2);
        apply(store, &[change]);
        assert_eq!(
            ok(store.slot_hooks(slot.id), "slot_hooks").len(),
            1,
            "that of a run stays"
        );
    }
    assert_eq!(ok(store.hooks(run.id), "hooks"), stay);
}
