//! Schedules.

use chrono::{TimeZone, Utc};
use zen_core::prelude::*;
use zen_core::schedule::Schedule;

use super::project::{Project, assert_shown, summary};

/// With a schedule that is due in a time that is far away and fixed.
async fn scheduled() -> Project {
    let project = Project::new().await;
    let far = Utc.with_ymd_and_hms(2090, 1, 1, 0, 0, 0).unwrap();
    let yearly = Schedule::cron("0 2 1 1 *").unwrap().start_at(far).unwrap();
    // A copy is kept of the program, and that of the tests is large.
    let program = project.folder().join("program");
    std::fs::write(&program, "nothing that runs").unwrap();
    let stack = Stack::builder()
        .home(project.home())
        .program(program)
        .build()
        .unwrap();
    summary(3).schedule("nightly", yearly).on(&stack).await.unwrap();
    project
}

#[tokio::test]
async fn schedules_are_seen() {
    let project = scheduled().await;
    assert_shown!("schedule_list", project.shown(&["schedule", "list"]));
    assert_shown!(
        "schedule_describe",
        project.shown(&["schedule", "describe", "nightly"])
    );
    let upcoming = project.json(&["schedule", "upcoming", "--limit", "2"]);
    assert_eq!(upcoming["upcoming"][0]["due"], "2090-01-01T02:00:00Z");
    assert_eq!(upcoming["upcoming"].as_array().unwrap().len(), 2);
    for arguments in [
        &["schedule", "list"][..],
        &["schedule", "describe", "nightly"],
        &["schedule", "upcoming"],
    ] {
        let said = project.zen(arguments);
        assert!(said.code == 0 && said.out.contains("nightly"), "{said:?}");
    }
    let exact = project.zen(&["schedule", "list", "--exact-times"]);
    assert!(exact.out.contains("2090-01-01 02:00:00 +00:00"), "{}", exact.out);
    let status = project.zen(&["status"]);
    assert!(
        status.out.contains("nightly is active, next in"),
        "{}",
        status.out
    );
    assert!(status.err.contains("no scheduler is at work"), "{}", status.err);
}

/// One that a newer zen wrote hides no other, and can be deleted.
#[tokio::test]
async fn a_schedule_that_cannot_be_read_is_named() {
    use zen_core::metadata::Change;
    let project = scheduled().await;
    let stack = project.stack();
    let mut record = stack.metadata().schedule_named("nightly").unwrap().unwrap();
    record.id = uuid::Uuid::now_v7();
    record.name = "newer".to_owned();
    record.revision = 0;
    record.timing = serde_json::json!({"by": "the moon"});
    stack
        .metadata()
        .apply(&[Change::Schedule(Box::new(record))])
        .unwrap();
    drop(stack);
    for arguments in [&["status"][..], &["schedule", "list"], &["schedule", "upcoming"]] {
        let said = project.zen(arguments);
        assert!(said.code == 0 && said.out.contains("nightly"), "{said:?}");
        assert!(said.err.contains("schedule delete newer"), "{said:?}");
        assert_eq!(project.json(arguments)["unreadable"][0]["name"], "newer");
    }
    assert_eq!(project.zen(&["schedule", "describe", "newer"]).out, "");
    assert_eq!(
        project.json(&["schedule", "delete", "newer", "--yes"])["deleted"],
        "newer"
    );
    assert_eq!(project.zen(&["schedule", "list"]).err, "");
}

#[tokio::test]
async fn schedules_are_steered() {
    let project = scheduled().await;
    let id = project.json(&["schedule", "list"])["schedules"][0]["id"].clone();
    let id = id.as_str().unwrap();
    let paused = project.json(&["schedule", "pause", "nightly", "--reason", "moving house"]);
    assert_eq!(
        (&paused["state"], &paused["reason"]),
        (&"paused".into(), &"moving house".into())
    );
    let none = project.json(&["schedule", "upcoming"]);
    assert_eq!(none["upcoming"], serde_json::json!([]));
    let triggered = project.json(&["schedule", "trigger", &id[..13]]);
    assert_eq!(
        (&triggered["state"], &triggered["scheduler"]),
        (&"queued".into(), &false.into())
    );
    let described = project.json(&["schedule", "describe", id]);
    assert_eq!(described["slots"][0]["cause"], "trigger");
    assert_eq!(project.json(&["schedule", "resume", id])["state"], "active");
    let refused = project.zen(&["schedule", "delete", "nightly"]);
    assert_eq!((refused.code, refused.out.as_str()), (2, ""));
    assert_eq!(
        project.json(&["schedule", "list"])["schedules"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        project.json(&["schedule", "delete", "nightly", "--yes"])["deleted"],
        "nightly"
    );
    assert_eq!(project.zen(&["schedule", "delete", "nightly", "--yes"]).code, 3);
}
