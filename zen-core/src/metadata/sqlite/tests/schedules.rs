//! Schedules and slots from inside.

use chrono::DateTime;
use serde_json::json;
use uuid::Uuid;

use super::super::{SqliteMetadata, hooks, revisions, runs, schedulers, schedules, slots};
use super::{execute, plan};
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
    for schedule in [None, some] {
        let open = SlotFilter {
            schedule,
            settled: Some(false),
            ..SlotFilter::default()
        };
        let (sql, _) = slots::list_sql(&open);
        let plan = plan(&store, &sql);
        assert!(plan.contains("slot_open"), "{sql}\n{plan}");
    }
}
