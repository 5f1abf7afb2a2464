//! Schedulers in processes of their own, that are killed, stopped and held.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use rustix::process::Signal;
use uuid::Uuid;
use zen_core::metadata::{SlotFilter, SlotState};
use zen_core::prelude::*;
use zen_core::schedule::{CatchUp, Interrupted, Overlap, Schedule};
use zen_tests::timekeeper::check::{Found, check};
use zen_tests::timekeeper::declare::Work;
use zen_tests::timekeeper::journal::{Did, Line};
use zen_tests::timekeeper::process::Process;

use super::project::{PROGRAM, Project, daily, now, only, until};

#[test]
fn of_two_schedulers_one_fires_each_slot() {
    let project = Project::new();
    let start = Utc::now() + TimeDelta::seconds(10);
    let end = start + TimeDelta::seconds(3);
    for (name, overlap) in [
        ("skip", Overlap::Skip),
        ("queue", Overlap::Queue),
        ("allow", Overlap::Allow),
    ] {
        let table = Schedule::every(Duration::from_millis(100))
            .unwrap()
            .start_at(start)
            .unwrap();
        project.declare(name, Work::Quick, table.end_at(end).unwrap().overlap(overlap));
    }
    let mut pair = [project.scheduler(&[]), project.scheduler(&[])];
    until("all slots are settled", || {
        let open = SlotFilter {
            settled: Some(false),
            ..SlotFilter::default()
        };
        ["skip", "queue", "allow"].iter().all(|name| {
            let schedule = project.schedule(name);
            schedule.next().is_none() && schedule.slots(&open).unwrap().is_empty()
        })
    });
    let mut found = Found::default();
    for name in ["skip", "queue", "allow"] {
        check(
            &project.schedule(name),
            Path::new(&project.path("journal")),
            &mut found,
        )
        .unwrap();
    }
    assert_eq!(found.wrongs, [""; 0]);
    assert_eq!((found.slots, found.deaths), (93, 0));
    // Nothing was done twice.
    let begun: Vec<Uuid> = project
        .journal()
        .iter()
        .filter(|line| line.did == Did::Begin)
        .map(|line| line.slot)
        .collect();
    assert_eq!(begun.iter().collect::<HashSet<_>>().len(), begun.len());
    for scheduler in &mut pair {
        scheduler.signal(Signal::TERM);
        assert_eq!(scheduler.end().code(), Some(0));
    }
}

#[test]
fn another_scheduler_takes_over_and_goes_on_where_the_dead_one_was() {
    let project = Project::new();
    let schedule = project.declare("once", project.waiting(), now());
    let mut first = project.scheduler(&[]);
    let before = project.wait_for_begin("wait", 1);
    let mut second = project.scheduler(&[]);
    first.kill();
    let after = project.wait_for_begin("wait", 2);
    assert_eq!((after.slot, after.pid), (before.slot, second.pid()));
    project.open_gate();
    let slot = only(&schedule);
    assert_eq!(
        (slot.state(), slot.record().deaths, slot.record().token),
        (SlotState::Completed, 1, 3)
    );
    let run = slot.run().unwrap().unwrap();
    assert_eq!(
        (run.id(), run.record().resumed_from),
        (after.run, Some(before.run))
    );
    let runs = schedule.runs(10).unwrap();
    assert_eq!(runs.len(), 2);
    assert!(runs[1].record().died, "{:?}", runs[1].record());
    // The first step had finished.
    let steps: Vec<_> = project
        .journal()
        .into_iter()
        .filter(|line| line.step == "begin")
        .collect();
    assert_eq!(steps.len(), 2, "{steps:?}");
    second.signal(Signal::TERM);
    assert_eq!(second.end().code(), Some(0));
}

#[test]
fn the_only_scheduler_dies_and_the_next_one_settles_what_it_had() {
    let project = Project::new();
    let retried = project.declare("retried", project.waiting(), now());
    let missed = project.declare(
        "missed",
        project.waiting(),
        now().if_interrupted(Interrupted::Missed),
    );
    let mut first = project.scheduler(&[]);
    project.wait_for_begin("wait", 2);
    first.kill();
    project.open_gate();
    let _second = project.scheduler(&[]);
    assert_eq!(only(&retried).state(), SlotState::Completed);
    let slot = only(&missed);
    assert_eq!(slot.state(), SlotState::Missed);
    assert!(
        slot.reason().unwrap().contains("its scheduler died"),
        "{:?}",
        slot.reason()
    );
    assert!(slot.run().unwrap().unwrap().record().died);
}

#[test]
fn a_run_that_takes_three_schedulers_with_it_fails() {
    let project = Project::new();
    let schedule = project.declare("deadly", Work::Aborting, now());
    for _ in 0..3 {
        let mut scheduler = Process::scheduler(Path::new(PROGRAM), &project.home(), &[]).unwrap();
        assert_eq!(scheduler.end().code(), None);
    }
    let _last = project.scheduler(&[]);
    let slot = only(&schedule);
    assert_eq!((slot.state(), slot.record().deaths), (SlotState::Failed, 3));
    assert!(
        slot.reason().unwrap().contains("died 3 times"),
        "{:?}",
        slot.reason()
    );
    assert_eq!(project.journal().len(), 3);
}

#[test]
fn what_a_scheduler_does_that_was_taken_for_dead_is_not_recorded_and_ends() {
    for (policy, expected) in [
        (Interrupted::Missed, SlotState::Missed),
        (Interrupted::Retry, SlotState::Completed),
    ] {
        let project = Project::new();
        let schedule = project.declare("once", project.holding(), now().if_interrupted(policy));
        let mut first = project.scheduler(&["--silence", "4000"]);
        let held = project.wait_for_begin("hold", 1);
        project.hold(&mut first);
        let second = project.scheduler(&["--silence", "4000"]);
        if policy == Interrupted::Retry {
            assert_eq!(project.wait_for_begin("hold", 2).pid, second.pid());
        } else {
            only(&schedule);
        }
        first.signal(Signal::CONT);
        first.wait_for("lost once");
        let saw_it = |line: &Line| line.did == Did::Cancelled && line.run == held.run;
        assert!(project.journal().iter().any(saw_it));
        project.open_gate();
        let slot = only(&schedule);
        assert_eq!(slot.state(), expected);
        let runs = schedule.runs(10).unwrap();
        let old = runs.iter().find(|run| run.id() == held.run).unwrap();
        assert!(old.record().died, "{:?}", old.record());
        let completed = runs
            .iter()
            .filter(|run| run.status() == Status::Completed)
            .count();
        assert_eq!(completed, usize::from(expected == SlotState::Completed));
        assert!(first.has_ended().is_none(), "it goes on with other slots");
    }
}

/// Short runs, with long times in between in which nothing is heard of their scheduler, don't make it look dead.
#[test]
fn a_scheduler_that_had_nothing_to_do_for_long_is_not_taken_for_dead() {
    let project = Project::new();
    // Longer apart than a scheduler may be silent, and shorter than it takes to be heard of.
    let start = Utc::now() + TimeDelta::seconds(8);
    let table = Schedule::every(Duration::from_millis(5200))
        .unwrap()
        .start_at(start)
        .unwrap();
    let table = table.end_at(start + TimeDelta::milliseconds(11_000)).unwrap();
    let schedule = project.declare("seldom", Work::Resting(1200), table);
    let pair = [
        project.scheduler(&["--silence", "4000"]),
        project.scheduler(&["--silence", "4000"]),
    ];
    until("three slots are settled", || {
        let slots = schedule.history(10).unwrap();
        slots.iter().filter(|slot| slot.state().is_settled()).count() == 3
    });
    for slot in schedule.history(10).unwrap() {
        let record = slot.record();
        assert_eq!(
            (record.state, record.deaths, record.token),
            (SlotState::Completed, 0, 1)
        );
    }
    assert_eq!(schedule.runs(10).unwrap().len(), 3);
    drop(pair);
}

#[test]
fn when_it_is_told_to_end_runs_end_first() {
    let project = Project::new();
    let schedule = project.declare("once", project.waiting(), now());
    let often = project.declare(
        "often",
        Work::Quick,
        Schedule::every(Duration::from_millis(200)).unwrap(),
    );
    let mut scheduler = project.scheduler(&[]);
    project.wait_for_begin("wait", 1);
    scheduler.signal(Signal::TERM);
    scheduler.wait_for("stopping");
    until("what was under way is settled", || {
        let open = SlotFilter {
            settled: Some(false),
            ..SlotFilter::default()
        };
        often.slots(&open).unwrap().is_empty()
    });
    let fired = often.history(1000).unwrap().len();
    assert!(scheduler.has_ended().is_none());
    project.open_gate();
    assert_eq!(scheduler.end().code(), Some(0));
    assert_eq!(only(&schedule).state(), SlotState::Completed);
    // It has claimed nothing more.
    assert_eq!(often.history(1000).unwrap().len(), fired);
}

#[test]
fn runs_that_take_too_long_are_cancelled_and_tried_again_later() {
    let project = Project::new();
    let retried = project.declare("retried", project.waiting(), now());
    let given_up = project.declare(
        "given up",
        project.holding(),
        now().if_interrupted(Interrupted::Missed),
    );
    let mut scheduler = project.scheduler(&["--grace", "100"]);
    project.wait_for_begin("wait", 1);
    project.wait_for_begin("hold", 1);
    scheduler.signal(Signal::TERM);
    scheduler.wait_for("cancelling 2");
    assert_eq!(scheduler.end().code(), Some(4));
    let slot = &retried.history(1).unwrap()[0];
    assert_eq!((slot.state(), slot.record().deaths), (SlotState::Queued, 0));
    assert_eq!(slot.run().unwrap().unwrap().status(), Status::Cancelled);
    let slot = only(&given_up);
    assert_eq!(slot.state(), SlotState::Missed);
    project.open_gate();
    let _next = project.scheduler(&[]);
    let slot = only(&retried);
    assert_eq!(slot.state(), SlotState::Completed);
    assert!(slot.run().unwrap().unwrap().record().resumed_from.is_some());
}

#[test]
fn a_second_signal_cancels_at_once_and_a_third_ends_the_program() {
    let project = Project::new();
    project.declare("once", project.waiting(), now());
    let mut scheduler = project.scheduler(&["--grace", "1000000"]);
    project.wait_for_begin("wait", 1);
    scheduler.signal(Signal::TERM);
    scheduler.wait_for("stopping 1");
    scheduler.signal(Signal::INT);
    scheduler.wait_for("cancelling 1");
    assert_eq!(scheduler.end().code(), Some(4));

    // One that doesn't look whether it is wanted is waited for, but not by whoever asks a third time.
    let project = Project::new();
    let deaf = project.declare("deaf", Work::Ignoring, now());
    let mut scheduler = project.scheduler(&["--grace", "1000000"]);
    project.wait_for_begin("ignore", 1);
    scheduler.signal(Signal::TERM);
    scheduler.wait_for("stopping 1");
    scheduler.signal(Signal::TERM);
    scheduler.wait_for("cancelling 1");
    scheduler.signal(Signal::TERM);
    assert_eq!(scheduler.end().code(), Some(130));
    // The slot is not lost: the next scheduler takes it over.
    let _next = project.scheduler(&[]);
    project.wait_for_begin("ignore", 2);
    assert_eq!(deaf.history(1).unwrap()[0].record().deaths, 1);
}

#[test]
fn what_another_process_changes_is_seen_by_a_scheduler_at_work() {
    let project = Project::new();
    let often = project.declare(
        "often",
        Work::Quick,
        Schedule::every(Duration::from_millis(100)).unwrap(),
    );
    let daily = project.declare("daily", Work::Quick, daily());
    let _scheduler = project.scheduler(&[]);
    until("it fires", || !often.history(1).unwrap().is_empty());
    project.tell("pause", "often");
    // A slot that is due after the pause would be there when one that was asked for later has been fired.
    project.tell("trigger", "daily");
    assert_eq!(only(&daily).state(), SlotState::Completed);
    let paused = project.schedule("often").record().updated;
    let slots = often.history(100_000).unwrap();
    assert!(slots.iter().all(|slot| slot.due() <= paused));
    project.tell("resume", "often");
    until("it fires again", || {
        let slots = often.history(1).unwrap();
        slots.first().is_some_and(|slot| slot.due() > paused)
    });
}

#[test]
fn the_run_of_a_schedule_that_is_deleted_is_cancelled() {
    for stopping in [false, true] {
        let project = Project::new();
        project.declare("once", project.holding(), now());
        let mut scheduler = project.scheduler(&["--grace", "1000000"]);
        let run = project.wait_for_begin("hold", 1).run;
        if stopping {
            scheduler.signal(Signal::TERM);
            scheduler.wait_for("stopping");
        }
        project.tell("delete", "once");
        scheduler.wait_for("lost once");
        let run = Client::of(project.stack.clone()).run(run).unwrap();
        assert_eq!(run.status(), Status::Cancelled);
        let open: Vec<_> = run
            .steps()
            .unwrap()
            .into_iter()
            .filter(|step| !step.status().is_final())
            .collect();
        assert!(open.is_empty(), "{open:?}");
        if stopping {
            assert_eq!(scheduler.end().code(), Some(0));
        }
    }
}

#[test]
fn catching_up_is_shared_out_and_nothing_is_fired_twice() {
    let project = Project::new();
    let start = Utc::now() - TimeDelta::seconds(60);
    let table = Schedule::every(Duration::from_secs(1))
        .unwrap()
        .start_at(start)
        .unwrap();
    let table = table.end_at(Utc::now() + TimeDelta::seconds(3)).unwrap();
    let schedule = project.declare(
        "late",
        Work::Quick,
        table.catch_up(CatchUp::All).overlap(Overlap::Allow),
    );
    let _pair = [project.scheduler(&[]), project.scheduler(&[])];
    until("all are settled", || {
        let open = SlotFilter {
            settled: Some(false),
            ..SlotFilter::default()
        };
        project.schedule("late").next().is_none() && schedule.slots(&open).unwrap().is_empty()
    });
    let slots = schedule.history(1000).unwrap();
    assert!(slots.len() >= 63, "{}", slots.len());
    assert!(slots.iter().all(|slot| slot.state() == SlotState::Completed));
    assert_eq!(schedule.runs(1000).unwrap().len(), slots.len());
}
