//! Schedules: written, replaced at their revision, listed, deleted.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::Check;
use super::samples::{
    apply, digest, id, make_schedule, ok, run, schedule, scheduled, service, service_version, slot, slotted,
    some, started, time,
};
use crate::metadata::{
    Change, MetadataError, MetadataStore, ProgramRecord, RunFilter, RunSlot, ScheduleFilter, ScheduleRecord,
    ScheduleState, SlotFilter, Status,
};

pub(super) const CHECKS: &[(&str, Check)] = &[
    (
        "a_schedule_comes_back_as_it_was_written",
        a_schedule_comes_back_as_it_was_written,
    ),
    (
        "times_are_kept_to_the_microsecond",
        times_are_kept_to_the_microsecond,
    ),
    (
        "a_schedule_is_replaced_as_a_whole",
        a_schedule_is_replaced_as_a_whole,
    ),
    (
        "a_schedule_is_replaced_only_by_who_has_read_it",
        a_schedule_is_replaced_only_by_who_has_read_it,
    ),
    (
        "the_revision_is_that_of_before_the_list",
        the_revision_is_that_of_before_the_list,
    ),
    ("names_are_unique", names_are_unique),
    (
        "schedules_are_filtered_and_by_name",
        schedules_are_filtered_and_by_name,
    ),
    (
        "a_schedule_goes_with_its_slots_and_its_runs_stay",
        a_schedule_goes_with_its_slots_and_its_runs_stay,
    ),
    ("runs_are_listed_by_schedule", runs_are_listed_by_schedule),
    (
        "programs_of_schedules_are_in_use",
        programs_of_schedules_are_in_use,
    ),
];

/// The first or the last time that can be kept, to the microsecond.
pub(super) fn far(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time)
}

fn names(store: &dyn MetadataStore, filter: &ScheduleFilter) -> Vec<String> {
    let found = ok(store.schedules(filter), "schedules");
    found.into_iter().map(|schedule| schedule.name).collect()
}

fn is_stale(outcome: &Result<(), MetadataError>, name: &str) -> bool {
    matches!(outcome, Err(MetadataError::Stale { schedule, .. }) if schedule == name)
}

fn a_schedule_comes_back_as_it_was_written(store: &dyn MetadataStore) {
    let full = schedule("full");
    let bare = ScheduleRecord {
        timing: json!(null),
        options: json!(null),
        arguments: json!(null),
        arguments_encoded: Vec::new(),
        program: ProgramRecord {
            path: String::new(),
            digest: None,
        },
        reason: None,
        fired: 0,
        failures: 0,
        ..schedule("")
    };
    let long = "ä\0\n'\u{1F9A6}".repeat(2000);
    let odd = ScheduleRecord {
        pipeline: "\u{202E}p".to_owned(),
        timing: json!({ "é": [1.5e-300, u64::MAX, i64::MIN, "\0"] }),
        options: json!(false),
        arguments: json!([{}]),
        arguments_encoded: (0..16 * 1024).map(|n| (n % 256) as u8).collect(),
        reason: Some(long.clone()),
        cursor: far(DateTime::<Utc>::MIN_UTC),
        reached: far(DateTime::<Utc>::MAX_UTC),
        fired: u64::MAX,
        failures: u32::MAX,
        ..schedule(&long)
    };
    apply(store, &[&full, &bare, &odd].map(scheduled));
    for (written, revision) in [(&full, 1), (&bare, 2), (&odd, 3)] {
        let expected = ScheduleRecord {
            revision,
            ..written.clone()
        };
        assert_eq!(
            some(store.schedule(written.id), "schedule"),
            expected,
            "a schedule comes back changed"
        );
        assert_eq!(
            some(store.schedule_named(&written.name), "schedule_named"),
            expected,
            "a schedule is not found by its name"
        );
    }
    for state in ScheduleState::ALL {
        let written = ScheduleRecord {
            state,
            ..schedule(state.as_str())
        };
        apply(store, &[scheduled(&written)]);
        assert_eq!(some(store.schedule(written.id), "schedule").state, state);
    }
    assert_eq!(
        ok(store.schedule(id()), "schedule"),
        None,
        "a schedule nobody recorded is found"
    );
    assert_eq!(ok(store.schedule_named("FULL"), "schedule_named"), None);
}

fn times_are_kept_to_the_microsecond(store: &dyn MetadataStore) {
    let nanos = |micros: i64| time(micros) + chrono::TimeDelta::nanoseconds(999);
    let written = ScheduleRecord {
        cursor: nanos(1),
        reached: nanos(2),
        created: nanos(3),
        updated: nanos(4),
        ..schedule("s")
    };
    apply(store, &[scheduled(&written)]);
    let kept = some(store.schedule(written.id), "schedule");
    assert_eq!(
        [kept.cursor, kept.reached, kept.created, kept.updated],
        [1, 2, 3, 4].map(time)
    );
}

fn a_schedule_is_replaced_as_a_whole(store: &dyn MetadataStore) {
    let (first, other) = (make_schedule(store, "first"), make_schedule(store, "other"));
    let due = slot(first.id, 0);
    apply(store, &[slotted(&due)]);
    let before = some(store.schedule(first.id), "schedule");
    let changed = ScheduleRecord {
        id: first.id,
        revision: before.revision,
        pipeline: "another".to_owned(),
        pipeline_path: "app::another".to_owned(),
        timing: json!({ "every": 3 }),
        options: json!(null),
        arguments: json!(null),
        arguments_encoded: vec![9],
        stack: "cloud".to_owned(),
        artifacts: "file:///store".to_owned(),
        program: ProgramRecord {
            path: "/bin/other".to_owned(),
            digest: None,
        },
        state: ScheduleState::Paused,
        reason: None,
        cursor: time(-1),
        reached: time(-2),
        fired: 0,
        failures: 0,
        created: time(-3),
        updated: time(-4),
        ..schedule("second")
    };
    apply(store, &[scheduled(&changed)]);
    let kept = some(store.schedule(first.id), "schedule");
    assert!(kept.revision > before.revision);
    assert_eq!(
        kept,
        ScheduleRecord {
            revision: kept.revision,
            ..changed
        },
        "a schedule was not replaced as a whole"
    );
    assert_eq!(ok(store.schedule_named("first"), "schedule_named"), None);
    assert_eq!(
        some(store.slot(due.id), "slot"),
        due,
        "replacing a schedule changed its slots"
    );
    assert_eq!(
        some(store.schedule(other.id), "schedule"),
        other,
        "replacing a schedule changed another one"
    );
}

fn a_schedule_is_replaced_only_by_who_has_read_it(store: &dyn MetadataStore) {
    let made = make_schedule(store, "s");
    let with = |revision: u64| ScheduleRecord {
        revision,
        fired: 77,
        ..made.clone()
    };
    let refused = |revision: u64| {
        let inside = schedule("inside");
        let outcome = store.apply(&[scheduled(&inside), scheduled(&with(revision))]);
        assert!(is_stale(&outcome, "s"), "revision {revision}: {outcome:?}");
        let text = outcome
            .map_err(|error| error.to_string())
            .err()
            .unwrap_or_default();
        assert!(
            text.contains("`s`") && text.contains(&store.location()),
            "`{text}` does not name the schedule"
        );
        assert_eq!(
            ok(store.schedule(inside.id), "schedule"),
            None,
            "a list that was refused left a schedule"
        );
    };
    for revision in [0, made.revision + 1, u64::MAX] {
        refused(revision);
    }
    assert_eq!(some(store.schedule(made.id), "schedule"), made);
    // What is written of a slot is news too.
    apply(store, &[slotted(&slot(made.id, 0))]);
    refused(made.revision);
    let now = some(store.schedule(made.id), "schedule").revision;
    apply(store, &[scheduled(&with(now))]);
    refused(now);
    apply(store, &[Change::ScheduleDeleted { schedule: made.id }]);
    refused(some_revision(store));
    refused(now);
    apply(store, &[scheduled(&with(0))]);
}

fn some_revision(store: &dyn MetadataStore) -> u64 {
    ok(store.schedule_revision(), "schedule_revision")
}

fn the_revision_is_that_of_before_the_list(store: &dyn MetadataStore) {
    let made = make_schedule(store, "s");
    let fired = |base: &ScheduleRecord, fired: u64| ScheduleRecord {
        fired,
        ..base.clone()
    };
    let read = || some(store.schedule(made.id), "schedule");
    apply(
        store,
        &[slotted(&slot(made.id, 0)), scheduled(&fired(&read(), 1))],
    );
    apply(
        store,
        &[scheduled(&fired(&read(), 2)), slotted(&slot(made.id, 1))],
    );
    let base = read();
    apply(
        store,
        &[
            scheduled(&fired(&base, 3)),
            slotted(&slot(made.id, 2)),
            scheduled(&fired(&base, 4)),
        ],
    );
    assert_eq!(read().fired, 4, "the last one of a list counts");
    assert_eq!(ok(store.slots(&SlotFilter::default()), "slots").len(), 3);
    let stale = store.apply(&[slotted(&slot(made.id, 3)), scheduled(&fired(&base, 5))]);
    assert!(is_stale(&stale, "s"), "{stale:?}");
    assert_eq!(ok(store.slots(&SlotFilter::default()), "slots").len(), 3);
    // Who was overtaken is told so, and not that the other one has recorded the slot.
    let stale = store.apply(&[slotted(&slot(made.id, 0)), scheduled(&fired(&base, 5))]);
    assert!(is_stale(&stale, "s"), "{stale:?}");
    // What the list makes has the revision 0 until its end.
    let new = schedule("new");
    apply(
        store,
        &[
            scheduled(&new),
            slotted(&slot(new.id, 0)),
            scheduled(&fired(&new, 9)),
        ],
    );
    assert_eq!(some(store.schedule(new.id), "schedule").fired, 9);
    let again = [
        Change::ScheduleDeleted { schedule: made.id },
        scheduled(&fired(&read(), 6)),
    ];
    apply(store, &again);
    assert_eq!(read().fired, 6);
    assert_eq!(ok(store.slots(&SlotFilter::default()), "slots").len(), 1);
}

fn names_are_unique(store: &dyn MetadataStore) {
    let (one, two) = (make_schedule(store, "one"), make_schedule(store, "two"));
    let inside = schedule("inside");
    let renamed = ScheduleRecord {
        name: "one".to_owned(),
        ..two.clone()
    };
    for taking in [schedule("one"), renamed.clone()] {
        let outcome = store.apply(&[scheduled(&inside), scheduled(&taking)]);
        match &outcome {
            Err(MetadataError::NameTaken { schedule, .. }) => assert_eq!(schedule, "one"),
            other => panic!("a name was given twice: {other:?}"),
        }
        assert_eq!(
            ok(store.schedule(inside.id), "schedule"),
            None,
            "a list that was refused left a schedule"
        );
    }
    // In one list: the name becomes free, or is taken, where that stands.
    apply(
        store,
        &[Change::ScheduleDeleted { schedule: one.id }, scheduled(&renamed)],
    );
    assert_eq!(some(store.schedule_named("one"), "schedule_named").id, two.id);
    let twice = [scheduled(&schedule("new")), scheduled(&schedule("new"))];
    assert!(matches!(
        store.apply(&twice),
        Err(MetadataError::NameTaken { .. })
    ));
    assert_eq!(names(store, &ScheduleFilter::default()), ["one"]);
}

fn schedules_are_filtered_and_by_name(store: &dyn MetadataStore) {
    let mut written = Vec::new();
    for (n, name) in ["b", "a", "é", "A", "aa", "", "\u{1F9A6}", "z"]
        .iter()
        .enumerate()
    {
        for (pipeline, state) in [("p", ScheduleState::Active), ("q", ScheduleState::Paused)] {
            written.push(ScheduleRecord {
                pipeline: pipeline.to_owned(),
                state: if n % 3 == 0 { ScheduleState::Ended } else { state },
                ..schedule(&format!("{name}{pipeline}"))
            });
        }
    }
    apply(store, &written.iter().map(scheduled).collect::<Vec<_>>());
    for pipeline in [None, Some("p"), Some("none")] {
        for state in [None, Some(ScheduleState::Active), Some(ScheduleState::Ended)] {
            let mut expected: Vec<String> = written
                .iter()
                .filter(|schedule| pipeline.is_none_or(|pipeline| schedule.pipeline == pipeline))
                .filter(|schedule| state.is_none_or(|state| schedule.state == state))
                .map(|schedule| schedule.name.clone())
                .collect();
            expected.sort();
            let mut filter = ScheduleFilter {
                pipeline: pipeline.map(str::to_owned),
                state,
                ..ScheduleFilter::default()
            };
            assert_eq!(names(store, &filter), expected, "{filter:?}");
            filter.limit = Some(3);
            let mut paged = Vec::new();
            loop {
                let page = names(store, &filter);
                assert!(page.len() <= 3, "a page is longer than its limit");
                let Some(last) = page.last() else { break };
                filter.after = Some(last.clone());
                paged.extend(page);
            }
            assert_eq!(paged, expected, "pages of {filter:?}");
        }
    }
    let none = ScheduleFilter {
        limit: Some(0),
        ..ScheduleFilter::default()
    };
    assert!(names(store, &none).is_empty(), "a limit of 0 gives schedules");
}

fn a_schedule_goes_with_its_slots_and_its_runs_stay(store: &dyn MetadataStore) {
    let (gone, other) = (make_schedule(store, "gone"), make_schedule(store, "other"));
    let (its, others) = (slot(gone.id, 0), slot(other.id, 0));
    let mut run = run("train");
    run.slot = Some(RunSlot {
        schedule: gone.id,
        name: gone.name.clone(),
        slot: its.id,
        due: its.due,
    });
    apply(store, &[slotted(&its), slotted(&others), started(&run)]);
    apply(store, &[Change::ScheduleDeleted { schedule: gone.id }]);
    assert_eq!(ok(store.schedule(gone.id), "schedule"), None);
    assert_eq!(ok(store.schedule_named("gone"), "schedule_named"), None);
    assert_eq!(ok(store.slot(its.id), "slot"), None);
    assert_eq!(ok(store.slots(&SlotFilter::default()), "slots"), [others]);
    assert_eq!(some(store.run(run.id), "run").slot, run.slot, "its run stays");
    let again = schedule("gone");
    apply(store, &[scheduled(&again)]);
    assert_eq!(some(store.schedule_named("gone"), "schedule_named").id, again.id);
}

fn runs_are_listed_by_schedule(store: &dyn MetadataStore) {
    let (one, two) = (id(), id());
    let mut written = Vec::new();
    for n in 0..24 {
        let mut run = run(["p", "q"][n % 2]);
        run.status = [Status::Running, Status::Failed, Status::Completed][n % 3];
        run.slot = [Some(one), Some(two), None, Some(one)][n % 4].map(|schedule| RunSlot {
            schedule,
            name: "\u{1F9A6} 'name'".to_owned(),
            slot: id(),
            due: far(DateTime::<Utc>::MAX_UTC),
        });
        apply(store, &[started(&run)]);
        assert_eq!(
            some(store.run(run.id), "run").slot,
            run.slot,
            "a run's slot differs"
        );
        written.push(run);
    }
    for schedule in [Some(one), Some(two), Some(id())] {
        for pipeline in [None, Some("p")] {
            for status in [None, Some(Status::Failed)] {
                let expected: Vec<Uuid> = written
                    .iter()
                    .rev()
                    .filter(|run| run.slot.as_ref().map(|slot| slot.schedule) == schedule)
                    .filter(|run| pipeline.is_none_or(|pipeline| run.pipeline == pipeline))
                    .filter(|run| status.is_none_or(|status| run.status == status))
                    .map(|run| run.id)
                    .collect();
                let mut filter = RunFilter {
                    schedule,
                    pipeline: pipeline.map(str::to_owned),
                    status,
                    limit: Some(2),
                    ..RunFilter::default()
                };
                let mut paged = Vec::new();
                loop {
                    let page = ok(store.runs(&filter), "runs");
                    let Some(last) = page.last() else { break };
                    filter.before = Some(last.id);
                    paged.extend(page.into_iter().map(|run| run.id));
                }
                assert_eq!(paged, expected, "{filter:?}");
            }
        }
    }
}

fn programs_of_schedules_are_in_use(store: &dyn MetadataStore) {
    let with = |name: &str, program: Option<&str>| ScheduleRecord {
        program: ProgramRecord {
            path: "/bin/p".to_owned(),
            digest: program.map(digest),
        },
        ..schedule(name)
    };
    let served = service("s");
    let version = service_version(served.id, 1);
    let (a, b) = (with("a", Some("program")), with("b", Some("other")));
    apply(
        store,
        &[scheduled(&a), scheduled(&b), scheduled(&with("c", None))],
    );
    apply(
        store,
        &[super::samples::kept(&served), super::samples::deployed(&version)],
    );
    let in_use = || ok(store.programs_in_use(), "programs_in_use");
    let mut both = vec![digest("program"), digest("other")];
    both.sort();
    assert_eq!(in_use(), both, "each program once, in order");
    apply(store, &[Change::ScheduleDeleted { schedule: b.id }]);
    assert_eq!(in_use(), [digest("program")]);
    apply(store, &[Change::ScheduleDeleted { schedule: a.id }]);
    assert_eq!(in_use(), [digest("program")], "a version of a service has it");
}
