//! Starts, ends, intervals, single times and limits.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use proptest::prelude::*;
use zen_core::schedule::{CatchUp, Interrupted, Overlap, Schedule, Tz};

use super::{at, cron};

fn every(seconds: u64) -> Schedule {
    Schedule::every(Duration::from_secs(seconds)).unwrap()
}

#[test]
fn both_ends_belong_to_the_window() {
    let schedule = cron("0 12 * * *")
        .start_at(at("2026-01-02T12:00:00Z"))
        .unwrap()
        .end_at(at("2026-01-04T12:00:00Z"))
        .unwrap();
    let slots: Vec<_> = schedule.after(at("2020-01-01T00:00:00Z")).collect();
    assert_eq!(
        slots,
        [
            at("2026-01-02T12:00:00Z"),
            at("2026-01-03T12:00:00Z"),
            at("2026-01-04T12:00:00Z")
        ]
    );
    assert_eq!(schedule.next_after(at("2026-01-04T12:00:00Z")), None);
    assert_eq!(
        schedule.next_after(at("2026-01-02T11:59:59.999999Z")),
        Some(slots[0])
    );
    // Just past the slots on either side.
    let schedule = cron("0 12 * * *")
        .start_at(at("2026-01-02T12:00:00.000001Z"))
        .unwrap()
        .end_at(at("2026-01-04T11:59:59.999999Z"))
        .unwrap();
    assert_eq!(
        schedule.after(DateTime::<Utc>::MIN_UTC).collect::<Vec<_>>(),
        [slots[1]]
    );
}

#[test]
fn intervals_are_counted_from_their_start() {
    let start = at("2026-01-01T00:00:10Z");
    let schedule = every(60)
        .start_at(start)
        .unwrap()
        .end_at(at("2026-01-01T00:02:10Z"))
        .unwrap();
    let slots: Vec<_> = schedule.after(at("1999-01-01T00:00:00Z")).collect();
    assert_eq!(
        slots,
        [
            start,
            start + TimeDelta::minutes(1),
            start + TimeDelta::minutes(2)
        ]
    );
    assert_eq!(schedule.next_after(at("2026-01-01T00:00:50Z")), Some(slots[1]));
    assert_eq!(schedule.next_after(slots[0]), Some(slots[1]));
}

#[test]
fn an_interval_that_nothing_counts_from_follows_the_question() {
    let time = at("2026-01-01T00:00:10.123456789Z");
    assert_eq!(
        every(60).next_after(time),
        Some(at("2026-01-01T00:01:10.123456Z"))
    );
    assert_eq!(
        every(60).after(time).nth(2),
        Some(at("2026-01-01T00:03:10.123456Z"))
    );
}

#[test]
fn a_single_time() {
    let zone = FixedOffset::east_opt(3600).unwrap();
    let schedule = Schedule::once_at(at("2030-01-01T00:00:00.9999999Z").with_timezone(&zone));
    let slot = at("2030-01-01T00:00:00.999999Z");
    assert_eq!(schedule.only_time(), Some(slot));
    assert_eq!(
        schedule.after(at("2020-01-01T00:00:00Z")).collect::<Vec<_>>(),
        [slot]
    );
    assert_eq!(schedule.next_after(slot), None);
    let error = schedule
        .clone()
        .end_at(at("2029-01-01T00:00:00Z"))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "no slot of the schedule (once at 2030-01-01 00:00:00.999999 UTC) is at or before 2029-01-01 00:00:00 UTC: give a wider window, \
         and the time zone before the window"
    );
    assert!(schedule.start_at(slot).is_ok());
}

#[test]
fn windows_that_can_not_be() {
    let (early, late) = (at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z"));
    let error = every(60)
        .start_at(late)
        .unwrap()
        .end_at(early)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the schedule would end at 2026-01-01 00:00:00 UTC, which isn't after its start at 2026-02-01 00:00:00 UTC: give an end after the \
         start"
    );
    assert!(every(60).end_at(early).unwrap().start_at(early).is_err());
    let error = cron("0 0 29 2 *")
        .start_at(early)
        .unwrap()
        .end_at(late)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "no slot of the schedule (at 00:00, on the 29th of February, UTC) is between 2026-01-01 00:00:00 UTC and 2026-02-01 00:00:00 UTC: \
         give a wider window, and the time zone before the window"
    );
    assert!(cron("0 0 * * *").start_at(at("2101-06-01T00:00:00Z")).is_err());
    assert!(cron("0 0 * * *").end_at(at("1960-06-01T00:00:00Z")).is_err());
    // 02:00 in Berlin is 01:00 in UTC.
    let hour = |schedule: Schedule| {
        schedule
            .start_at(at("2026-01-01T00:30:00Z"))?
            .end_at(at("2026-01-01T01:30:00Z"))
    };
    assert!(hour(cron("0 2 * * *")).is_err());
    assert!(hour(cron("0 2 * * *").in_timezone(Tz::Europe__Berlin)).is_ok());
}

#[test]
fn intervals_that_can_not_be() {
    let said = |interval| Schedule::every(interval).unwrap_err().to_string();
    assert_eq!(
        said(Duration::ZERO),
        "a schedule can't fire every 0 s: give an interval of at least 1 ms"
    );
    assert_eq!(
        said(Duration::from_micros(999)),
        "a schedule can't fire every 999µs: give an interval of at least 1 ms"
    );
    assert_eq!(
        said(Duration::from_nanos(1)),
        "a schedule can't fire every 1ns: give an interval of at least 1 ms"
    );
    assert!(said(Duration::MAX).ends_with("give an interval of less than 292000 years"));
    assert!(Schedule::every(Duration::from_millis(1)).is_ok());
    assert_eq!(
        every(60).max_runs(0).unwrap_err().to_string(),
        "a schedule of at most 0 runs never runs: allow at least 1, or leave the limit out"
    );
}

#[test]
fn settings_are_kept() {
    let plain = every(60);
    assert_eq!(plain.catch_up_policy(), CatchUp::Latest);
    assert_eq!(plain.overlap_policy(), Overlap::Skip);
    assert_eq!(plain.interrupted_policy(), Interrupted::Retry);
    assert_eq!(plain.grace_period(), Duration::from_secs(60));
    assert_eq!(
        (plain.start(), plain.end(), plain.run_limit(), plain.timezone()),
        (None, None, None, Tz::UTC)
    );
    let schedule = plain
        .clone()
        .catch_up(CatchUp::All)
        .overlap(Overlap::Queue)
        .if_interrupted(Interrupted::Missed)
        .grace(Duration::from_nanos(1_234_567))
        .max_runs(7)
        .unwrap();
    assert_eq!(schedule.catch_up_policy(), CatchUp::All);
    assert_eq!(schedule.overlap_policy(), Overlap::Queue);
    assert_eq!(schedule.interrupted_policy(), Interrupted::Missed);
    assert_eq!(schedule.grace_period(), Duration::from_micros(1234));
    assert_eq!(schedule.run_limit(), Some(7));
    assert_eq!(schedule.interval(), Some(Duration::from_secs(60)));
    assert_ne!(schedule, plain);
    assert_eq!(cron("1 2 * * *").cron_expression(), Some("1 2 * * *"));
    assert_eq!(
        format!("{} {} {}", CatchUp::All, Overlap::Allow, Interrupted::Missed),
        "all allow missed"
    );
}

#[test]
fn upcoming_slots_are_to_come() {
    let before = Utc::now();
    let slots = cron("* * * * *").upcoming(5);
    assert_eq!(slots.len(), 5);
    assert!(slots.is_sorted() && slots[0] > before, "{slots:?}");
    assert!(Schedule::once_at(before).upcoming(5).is_empty());
}

proptest! {
    #[test]
    fn interval_slots_by_arithmetic(
        start in -1_000_000_000_000_000_i64..4_000_000_000_000_000,
        micros in 1000_i64..100_000_000_000_000,
        after in -1_000_000_000_000_000_i64..4_000_000_000_000_000,
    ) {
        let instant = |micros| DateTime::from_timestamp_micros(micros).unwrap();
        let interval = Duration::from_micros(micros.unsigned_abs());
        let schedule = Schedule::every(interval).unwrap().start_at(instant(start)).unwrap();
        let slot = schedule.next_after(instant(after)).unwrap().timestamp_micros();
        prop_assert!(slot > after && slot >= start && (slot - start) % micros == 0);
        prop_assert!(slot == start || slot - micros <= after);
    }
}
