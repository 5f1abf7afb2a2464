//! Scheduled runs that are cancelled on request.

use rustix::process::Signal;
use zen_core::client::CancelOutcome;
use zen_core::metadata::SlotState;
use zen_core::prelude::*;
use zen_tests::timekeeper::declare::Work;

use super::project::{Project, now, only, until};

#[tokio::test]
async fn its_scheduler_goes_on_and_does_not_try_it_again() {
    let project = Project::new();
    let schedule = project.declare("long", project.waiting(), now());
    let mut scheduler = project.scheduler(&[]);
    let begun = project.wait_for_begin("wait", 1);
    let client = Client::of(project.stack.clone());
    let cancelled = client.cancel_run(begun.run, "tester").await.unwrap();
    assert_eq!(cancelled, CancelOutcome::Requested);
    let slot = only(&schedule);
    assert_eq!(slot.state(), SlotState::Cancelled);
    let reason = slot.record().reason.clone();
    assert_eq!(reason.as_deref(), Some("cancelled on request by tester"));
    let run = client.run(begun.run).unwrap();
    assert_eq!(
        (run.status(), run.error()),
        (Status::Cancelled, reason.as_deref())
    );
    // The next schedule is served.
    let quick = project.declare("quick", Work::Quick, now());
    assert_eq!(only(&quick).state(), SlotState::Completed);
    assert_eq!(schedule.runs(10).unwrap().len(), 1);
    scheduler.signal(Signal::TERM);
    assert_eq!(scheduler.end().code(), Some(0));
}

#[tokio::test]
async fn what_died_before_it_saw_the_request_is_not_tried_again() {
    let project = Project::new();
    let schedule = project.declare("long", project.waiting(), now());
    let mut first = project.scheduler(&[]);
    let begun = project.wait_for_begin("wait", 1);
    project.hold(&mut first);
    let client = Client::of(project.stack.clone());
    let cancelled = client.cancel_run(begun.run, "tester").await.unwrap();
    assert_eq!(cancelled, CancelOutcome::Requested);
    first.kill();
    let mut second = project.scheduler(&[]);
    let slot = only(&schedule);
    assert_eq!(slot.state(), SlotState::Cancelled);
    assert_eq!(
        slot.record().reason.as_deref(),
        Some("cancelled on request by tester")
    );
    until("the run has ended", || {
        client.run(begun.run).unwrap().status().is_final()
    });
    assert!(client.run(begun.run).unwrap().record().died);
    second.signal(Signal::TERM);
    assert_eq!(second.end().code(), Some(0));
    assert_eq!(schedule.runs(10).unwrap().len(), 1);
}

#[tokio::test]
async fn a_scheduler_that_is_stopped_gives_it_back_to_nobody() {
    let project = Project::new();
    let schedule = project.declare("long", project.holding(), now());
    let mut scheduler = project.scheduler(&["--grace", "0"]);
    let begun = project.wait_for_begin("hold", 1);
    let client = Client::of(project.stack.clone());
    // Both at once: whichever the run hears of first, it is not wanted any more.
    let cancelled = client.cancel_run(begun.run, "tester").await.unwrap();
    assert_eq!(cancelled, CancelOutcome::Requested);
    scheduler.signal(Signal::TERM);
    scheduler.end();
    assert_eq!(only(&schedule).state(), SlotState::Cancelled);
}
