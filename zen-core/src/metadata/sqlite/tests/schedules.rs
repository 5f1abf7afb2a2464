//! Schedules and slots from inside.

use chrono::DateTime;
use serde_json::json;
use uuid::Uuid;

use super::super::{
    SqliteMetadata, cancel_requests, hooks, revisions, runs, schedulers, schedules, slots, trackings,
};
use super::{execute, plan, with_a_run};
use crate::artifact::Digest;
use crate::metadata::{
    Change, MetadataError, MetadataStore, ProgramRecord, RunFilter, ScheduleFilter, ScheduleRecord,
    ScheduleState, SlotCause, SlotFilter, SlotRecord, SlotState, Status,
};

fn with_a_slot() -> (SqliteMetadata, Uuid, Uuid) {
    let (schedule, slot) = (Uuid::now_v7(), Uuid::now_v7());
    let time = DateTime::UNIX_EPOCH;
    let record = ScheduleRecord {
        id: schedule,
        name: "n".to_owned(),
        revision: 0,
        pipeline: "p".to_owned(),
        pipeline_path: "app::p".to_owned(),
        timing: json!({}),
        options: json!(null),
        arguments: json!({}),
        arguments_encoded: Vec::new(),
        stack: "default".to_owned(),
        artifacts: "memory://".to_owned(),
        program: ProgramRecord {
            path: String::new(),
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
    };
    let due = SlotRecord {
        id: slot,
        schedule,
        due: time,
        last: time,
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
    };
    let store = SqliteMetadata::in_memory().unwrap();
    store
        .apply(&[Change::Schedule(Box::new(record)), Change::Slot(Box::new(due))])
        .unwrap();
    (store, schedule, slot)
}

#[test]
fn a_row_no_zen_wrote_is_told_with_its_column() {
    for (table, assignment, column, reason) in [
        ("schedule", "state = 'banana'", "state", "`banana` is no status"),
        ("schedule", "program_digest = x'00'", "program_digest", "32"),
        ("schedule", "timing = '{'", "timing", "EOF"),
        ("schedule", "failures = -1", "failures", "-1"),
        ("schedule", "cursor = 9223372036854775807", "cursor", "no time"),
        ("slot", "state = ''", "state", "`` is no status"),
        ("slot", "cause = 'whim'", "cause", "`whim` is no status"),
        ("slot", "run = x'00'", "run", "16"),
        ("slot", "deaths = 4294967296", "deaths", "4294967296"),
        ("slot", "claimed = -9223372036854775808", "claimed", "no time"),
    ] {
        let (store, schedule, slot) = with_a_slot();
        execute(&store, &format!("UPDATE {table} SET {assignment}"));
        let (id, answers) = match table {
            "schedule" => (
                schedule,
                [
                    store.schedule(schedule).map(drop),
                    store.schedules(&ScheduleFilter::default()).map(drop),
                    store.schedule_changes(0).map(drop),
                ],
            ),
            _ => (
                slot,
                [
                    store.slot(slot).map(drop),
                    store.slots(&SlotFilter::default()).map(drop),
                    // What is not open any more is not looked at.
                    store.slot(slot).map(drop),
                ],
            ),
        };
        for answer in answers {
            let error = answer.unwrap_err();
            assert!(
                matches!(error, MetadataError::Damaged { .. }),
                "{assignment}: {error:?}"
            );
            let text = error.to_string();
            for part in [id.to_string().as_str(), column, reason] {
                assert!(text.contains(part), "`{text}` does not name {part}");
            }
        }
    }
}

#[test]
fn a_counter_no_zen_wrote_is_an_error() {
    for damage in [
        "DELETE FROM schedule_revision",
        "UPDATE schedule_revision SET revision = 9223372036854775807",
        "UPDATE schedule_revision SET revision = -1",
    ] {
        let (store, _, slot) = with_a_slot();
        execute(&store, damage);
        let withdrawn = store.apply(&[Change::SlotWithdrawn { slot }]);
        assert!(
            matches!(withdrawn, Err(MetadataError::Damaged { .. })),
            "{damage}: {withdrawn:?}"
        );
        assert!(store.slot(slot).unwrap().is_some(), "{damage}");
    }
}

/// A list that finds no room takes none of the others with it, or all of them: what is told is what is there.
#[test]
fn a_list_that_finds_no_room_is_refused_and_told() {
    let (store, schedule, _) = with_a_slot();
    let pages: i64 = store
        .write("preparing a test", |conn| {
            Ok(conn.query_row("PRAGMA page_count", [], |row| row.get(0))?)
        })
        .unwrap();
    execute(&store, &format!("PRAGMA max_page_count = {}", pages + 20));
    let run = with_a_run().1;
    let digests = ["small", "large", "after"].map(|text| Digest::of(text.as_bytes()));
    let object = |digest: Digest, size: usize| Change::Object {
        digest,
        bytes: vec![7; size],
    };
    let outcomes = store.apply_each(&[
        vec![object(digests[0], 10)],
        vec![
            Change::SlotWithdrawn { slot: Uuid::nil() },
            object(digests[1], 1 << 20),
        ],
        vec![object(digests[2], 10)],
        vec![Change::RunDied {
            run,
            error: "not recorded".to_owned(),
            noticed: DateTime::UNIX_EPOCH,
        }],
    ]);
    assert_eq!(outcomes.len(), 4);
    assert!(outcomes[1].is_err() && outcomes[3].is_err(), "{outcomes:?}");
    for (digest, outcome) in digests.iter().zip(&outcomes) {
        assert_eq!(
            store.object(*digest).unwrap().is_some(),
            outcome.is_ok(),
            "{outcomes:?}"
        );
    }
    // And it goes on.
    execute(&store, "PRAGMA max_page_count = 1000000");
    let again = store.apply_each(&[vec![object(digests[1], 1 << 20)]]);
    assert!(again[0].is_ok(), "{again:?}");
    assert!(store.schedule(schedule).unwrap().is_some());
}

/// What cannot be committed is told of every list, with its cause; a list that was refused is told that.
#[test]
fn when_the_commit_fails_every_list_has_failed() {
    let (store, schedule, slot) = with_a_slot();
    // A reference that is looked at by the commit, and only then.
    execute(
        &store,
        "CREATE TABLE pending (slot BLOB REFERENCES slot (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TRIGGER refer AFTER DELETE ON slot BEGIN INSERT INTO pending VALUES (old.id); END",
    );
    let record = store.schedule(schedule).unwrap().unwrap();
    let stale = ScheduleRecord {
        revision: record.revision + 7,
        ..record.clone()
    };
    let revision = store.schedule_revision().unwrap();
    let outcomes = store.apply_each(&[
        vec![Change::Schedule(Box::new(record))],
        vec![Change::Schedule(Box::new(stale))],
        vec![Change::SlotWithdrawn { slot }],
        Vec::new(),
    ]);
    assert!(
        matches!(outcomes[1], Err(MetadataError::Stale { .. })),
        "{outcomes:?}"
    );
    for (place, outcome) in outcomes.iter().enumerate().filter(|(place, _)| *place != 1) {
        let Err(error @ MetadataError::Failed { location, source, .. }) = outcome else {
            panic!("list {place}: {outcomes:?}");
        };
        assert_eq!(location, ":memory:");
        assert!(error.to_string().contains("recording changes failed"), "{error}");
        assert!(source.to_string().contains("FOREIGN KEY"), "{source}");
    }
    assert_eq!(store.schedule_revision().unwrap(), revision);
    assert!(store.slot(slot).unwrap().is_some());
}

/// What each scheduler asks every second finds nothing by looking at one row.
#[test]
fn what_schedulers_ask_uses_indexes() {
    let store = SqliteMetadata::in_memory().unwrap();
    for (sql, index) in [
        (
            revisions::NOW.to_owned(),
            "SEARCH schedule_revision USING INTEGER PRIMARY KEY",
        ),
        (schedules::changed_sql(), "schedule_by_revision (revision>?)"),
        (
            schedules::DELETED.to_owned(),
            "deleted_schedule USING INTEGER PRIMARY KEY (rowid>?)",
        ),
        (schedules::named_sql(), "sqlite_autoindex_schedule_2 (name=?)"),
        (slots::open_sql(), "slot_open (schedule=?)"),
        (
            schedulers::ALL.to_owned(),
            "scheduler USING INDEX sqlite_autoindex_scheduler_1",
        ),
        (hooks::OF_SLOT.to_owned(), "hook_by_slot (slot=?)"),
        (hooks::FORGET_SCHEDULE.to_owned(), "hook_by_slot (slot=?)"),
        (
            cancel_requests::OF_RUN.to_owned(),
            "SEARCH cancel_request USING PRIMARY KEY (run=?)",
        ),
        (
            trackings::OF_RUN.to_owned(),
            "SEARCH tracking USING PRIMARY KEY (run=?)",
        ),
        (trackings::UNENDED.to_owned(), "tracking_unended (location=?)"),
        (hooks::OF_RUN.to_owned(), "hook_by_run (run=?)"),
        (hooks::OF_RUN.to_owned(), "hook_by_slot (slot=?)"),
    ] {
        let plan = plan(&store, &sql);
        assert!(
            plan.contains(index) && !plan.contains("TEMP B-TREE"),
            "without {index}: {sql}\n{plan}"
        );
    }
}

#[test]
fn lists_are_found_by_their_indexes() {
    let store = SqliteMetadata::in_memory().unwrap();
    let mut queries = Vec::new();
    for after in [None, Some(String::new())] {
        let end = if after.is_some() { " AND name>?)" } else { ")" };
        for (pipeline, state, index) in [
            (
                None,
                None,
                "schedule USING INDEX sqlite_autoindex_schedule_2".to_owned(),
            ),
            (
                Some(String::new()),
                None,
                format!("schedule_by_pipeline (pipeline=?{end}"),
            ),
            (
                None,
                Some(ScheduleState::Active),
                format!("schedule_by_state (state=?{end}"),
            ),
            (
                Some(String::new()),
                Some(ScheduleState::Active),
                format!("schedule_by_pipeline (pipeline=?{end}"),
            ),
        ] {
            let filter = ScheduleFilter {
                pipeline,
                state,
                after: after.clone(),
                limit: Some(1),
            };
            queries.push((schedules::list_sql(&filter).0, index));
        }
    }
    let some = Some(Uuid::nil());
    for before in [None, some] {
        for from in [None, Some(DateTime::UNIX_EPOCH)] {
            for settled in [None, Some(true)] {
                for (schedule, state, index) in [
                    (None, None, "slot_by_last"),
                    (some, None, "slot_by_schedule (schedule=?"),
                    (None, Some(SlotState::Missed), "slot_by_state (state=?"),
                    (
                        some,
                        Some(SlotState::Missed),
                        "slot_by_schedule_and_state (schedule=? AND state=?",
                    ),
                ] {
                    let filter = SlotFilter {
                        schedule,
                        state,
                        settled,
                        from,
                        before,
                        limit: Some(1),
                    };
                    queries.push((slots::list_sql(&filter).0, index.to_owned()));
                }
            }
        }
        for (pipeline, status, index) in [
            (None, None, "run_by_schedule (schedule=?"),
            (Some(String::new()), None, "run_by_schedule (schedule=?"),
            (
                None,
                Some(Status::Failed),
                "run_by_schedule_and_status (schedule=? AND status=?",
            ),
            (
                Some(String::new()),
                Some(Status::Failed),
                "run_by_schedule_and_status (schedule=? AND status=?",
            ),
        ] {
            let filter = RunFilter {
                pipeline,
                status,
                schedule: some,
                before,
                limit: Some(1),
                ..RunFilter::default()
            };
            queries.push((runs::list_sql(&filter).0, index.to_owned()));
        }
    }
    for (sql, index) in queries {
        let plan = plan(&store, &sql);
        assert!(
            plan.contains(&index) && !plan.contains("TEMP B-TREE"),
            "without {index}: {sql}\n{plan}"
        );
    }
    // Those that aren't settled are few: they may be sorted.
    for (schedule, index) in [
        (None, "slot_by_state (state=?)"),
        (some, "slot_open (schedule=?)"),
    ] {
        let open = SlotFilter {
            schedule,
            settled: Some(false),
            ..SlotFilter::default()
        };
        let (sql, _) = slots::list_sql(&open);
        let plan = plan(&store, &sql);
        assert!(plan.contains(index), "without {index}: {sql}\n{plan}");
    }
}
