//! Schedules of pipelines that the scheduler's own program doesn't have.

use std::path::{Path, PathBuf};

use rustix::process::Signal;
use zen_core::metadata::SlotState;
use zen_core::prelude::*;
use zen_tests::timekeeper::process::{Process, command};

use super::project::{PROGRAM, Project, STRANGER, daily, is_there, only, settled, until};

/// A schedule of a pipeline that only `timekeeper` has, and a scheduler in another program.
fn elsewhere(project: &Project, arguments: &[&str]) -> Process {
    let status = command(Path::new(PROGRAM), &project.home())
        .args(["here", &project.path("journal"), &project.path("gate")])
        .status()
        .unwrap();
    assert!(status.success());
    project.tell("trigger", "here");
    project.scheduler_of(STRANGER, arguments)
}

#[test]
fn a_pipeline_that_its_program_lacks_is_run_by_the_program_that_has_it() {
    let project = Project::new();
    let mut scheduler = elsewhere(&project, &[]);
    let line = project.wait_for_begin("stay", 1);
    assert_ne!(line.pid, scheduler.pid());
    project.open_gate();
    let slot = only(&project.schedule("here"));
    assert_eq!(
        (slot.state(), slot.record().run),
        (SlotState::Completed, Some(line.run))
    );
    scheduler.signal(Signal::TERM);
    assert_eq!(scheduler.end().code(), Some(0));
    until("the process has ended", || !is_there(line.pid));
}

#[test]
fn the_process_of_a_run_ends_with_its_scheduler_and_the_slot_is_taken_over() {
    let project = Project::new();
    let mut scheduler = elsewhere(&project, &[]);
    let line = project.wait_for_begin("stay", 1);
    scheduler.kill();
    until("the process has ended", || !is_there(line.pid));
    let _next = project.scheduler_of(STRANGER, &[]);
    project.wait_for_begin("stay", 2);
    project.open_gate();
    let slot = only(&project.schedule("here"));
    assert_eq!((slot.state(), slot.record().deaths), (SlotState::Completed, 1));
}

#[test]
fn a_stopped_scheduler_cancels_the_run_in_the_other_program() {
    let project = Project::new();
    let mut scheduler = elsewhere(&project, &["--grace", "100"]);
    let line = project.wait_for_begin("stay", 1);
    scheduler.signal(Signal::TERM);
    assert_eq!(scheduler.end().code(), Some(4));
    assert!(!is_there(line.pid));
    let schedule = project.schedule("here");
    assert_eq!(schedule.history(1).unwrap()[0].state(), SlotState::Queued);
    assert_eq!(schedule.runs(1).unwrap()[0].status(), Status::Cancelled);
}

#[test]
fn when_the_process_of_a_run_is_killed_the_run_has_failed() {
    let project = Project::new();
    let _scheduler = elsewhere(&project, &[]);
    let line = project.wait_for_begin("stay", 1);
    let pid = rustix::process::Pid::from_raw(i32::try_from(line.pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
    let schedule = project.schedule("here");
    let slot = only(&schedule);
    assert_eq!(slot.state(), SlotState::Failed);
    assert!(slot.reason().unwrap().contains("signal"), "{:?}", slot.reason());
    let run = slot.run().unwrap().unwrap();
    assert_eq!(run.status(), Status::Failed);
    assert!(run.record().died);
}

#[test]
fn the_run_in_another_program_of_a_deleted_schedule_is_cancelled() {
    let project = Project::new();
    let scheduler = elsewhere(&project, &[]);
    let line = project.wait_for_begin("stay", 1);
    project.tell("delete", "here");
    scheduler.wait_for("lost here");
    until("the process has ended", || !is_there(line.pid));
    let run = Client::of(project.stack.clone()).run(line.run).unwrap();
    assert_eq!(run.status(), Status::Cancelled);
}

#[test]
fn the_copy_of_the_program_is_enough() {
    let project = Project::new();
    // As after `cargo clean`.
    let program = PathBuf::from(project.path("program"));
    std::fs::copy(PROGRAM, &program).unwrap();
    let status = command(&program, &project.home())
        .args(["here", &project.path("journal"), &project.path("gate")])
        .status()
        .unwrap();
    assert!(status.success());
    std::fs::remove_file(&program).unwrap();
    project.open_gate();
    project.tell("trigger", "here");
    let _scheduler = project.scheduler_of(STRANGER, &[]);
    assert_eq!(only(&project.schedule("here")).state(), SlotState::Completed);
}

#[test]
fn a_program_of_which_nothing_is_left_is_named() {
    let project = Project::new();
    let program = PathBuf::from(project.path("program"));
    std::fs::copy(PROGRAM, &program).unwrap();
    let status = command(&program, &project.home())
        .args(["here", &project.path("journal"), &project.path("gate")])
        .status()
        .unwrap();
    assert!(status.success());
    std::fs::remove_file(&program).unwrap();
    std::fs::remove_dir_all(project.home().join("bin")).unwrap();
    project.tell("trigger", "here");
    // The program that the test was told of is another file with the same content: only what is kept counts.
    let _scheduler = project.scheduler_of(STRANGER, &[]);
    let slot = only(&project.schedule("here"));
    assert_eq!(slot.state(), SlotState::Failed);
    assert!(
        slot.reason()
            .unwrap()
            .contains("is gone, and no copy of it is there"),
        "{:?}",
        slot.reason()
    );
}

#[step]
fn one() -> u8 {
    1
}

#[pipeline]
fn unhooked() -> Artifact<u8> {
    one()
}

#[tokio::test]
async fn a_program_whose_main_is_not_marked_is_not_started() -> Result<()> {
    let project = Project::new();
    // This test program has a `main` of its own.
    let schedule = unhooked()
        .schedule("unhooked", daily())
        .on(&project.stack)
        .await?;
    let slot = schedule.trigger().await?;
    let _scheduler = project.scheduler_of(STRANGER, &["--silence", "300"]);
    let slot = settled(&slot);
    assert_eq!(slot.state(), SlotState::Failed);
    assert!(
        slot.reason()
            .unwrap()
            .contains("is not marked `#[zen_core::main]`"),
        "{:?}",
        slot.reason()
    );
    Ok(())
}
