//! The ends of time, and intervals as long as it.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use zen_core::schedule::{Schedule, Tz};

use super::{at, cron};

fn year(year: i32) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(year, 6, 15)
        .unwrap()
        .and_hms_opt(1, 2, 3)
        .unwrap()
        .and_utc()
}

fn ends() -> Vec<DateTime<Utc>> {
    let (low, high) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    let mut ends = vec![
        low,
        high,
        low + TimeDelta::nanoseconds(1),
        high - TimeDelta::nanoseconds(1),
    ];
    ends.extend([-262_000, -1, 0, 1, 1600, 1969, 2099, 2100, 2101, 9999, 262_000].map(year));
    ends
}

#[test]
fn cron_slots_are_those_of_1970_to_2100() {
    for zone in [
        Tz::UTC,
        Tz::Pacific__Kiritimati,
        Tz::Pacific__Niue,
        Tz::Europe__Berlin,
    ] {
        for expression in ["0 0 * * *", "0 0 13 * 5", "0 0 0 1 1 *"] {
            let schedule = cron(expression).in_timezone(zone);
            let first = schedule.next_after(DateTime::<Utc>::MIN_UTC).unwrap();
            assert_eq!(first.with_timezone(&zone).format("%Y-%m").to_string(), "1970-01");
            assert_eq!(schedule.next_after(year(1600)), Some(first));
            assert_eq!(schedule.next_after(year(-1)), Some(first));
            for end in ends() {
                let next = schedule.next_after(end);
                assert!(next.is_none_or(|next| next > end), "{expression} {end}");
                if !(year(2100)..year(2101)).contains(&end) {
                    assert_eq!(next.is_none(), end >= year(2101), "{expression} {zone} {end}");
                }
            }
        }
    }
}

#[test]
fn the_last_slot_ends_the_row() {
    let schedule = cron("59 23 31 12 *").in_timezone(Tz::America__New_York);
    let slots: Vec<_> = schedule.after(at("2099-06-01T00:00:00Z")).collect();
    assert_eq!(slots, [at("2100-01-01T04:59:00Z"), at("2101-01-01T04:59:00Z")]);
    let mut slots = schedule.after(at("2101-01-01T04:59:00Z"));
    assert_eq!((slots.next(), slots.next()), (None, None));
}

#[test]
fn windows_and_single_times_at_the_ends() {
    for end in ends() {
        let once = Schedule::once_at(end);
        for time in ends() {
            if let Some(slot) = once.next_after(time) {
                assert!(slot > time, "{slot} {time}");
            }
        }
        assert!(!once.clone().in_timezone(Tz::Asia__Tokyo).describe().is_empty());
        let every = Schedule::every(Duration::from_secs(1)).unwrap();
        let _ = every.clone().end_at(end).unwrap().next_after(end);
        if let Ok(started) = every.start_at(end) {
            for time in ends() {
                assert!(started.next_after(time).is_none_or(|next| next > time));
            }
            assert!(!started.in_timezone(Tz::Asia__Tokyo).describe().is_empty());
        }
        let _ = cron("* * * * *")
            .start_at(end)
            .map(|schedule| schedule.next_after(end));
        let _ = cron("* * * * *")
            .end_at(end)
            .map(|schedule| schedule.next_after(end));
    }
}

proptest! {
    #[test]
    fn nothing_panics(
        micros in any::<i64>(),
        start in any::<Option<i64>>(),
        end in any::<Option<i64>>(),
        interval in any::<Duration>(),
    ) {
        let instant = |micros: i64| DateTime::from_timestamp_micros(micros);
        let Some(time) = instant(micros) else { return Ok(()) };
        for schedule in [Schedule::every(interval), Schedule::cron("*/7 3 13 * 5"), Ok(Schedule::once_at(time))] {
            let Ok(mut schedule) = schedule else { continue };
            if let Some(start) = start.and_then(instant)
                && let Ok(started) = schedule.clone().start_at(start)
            {
                schedule = started;
            }
            if let Some(end) = end.and_then(instant)
                && let Ok(ended) = schedule.clone().end_at(end)
            {
                schedule = ended;
            }
            let mut before = time;
            for slot in schedule.after(time).take(5) {
                prop_assert!(slot > before);
                prop_assert!(schedule.start().is_none_or(|start| slot >= start));
                prop_assert!(schedule.end().is_none_or(|end| slot <= end));
                before = slot;
            }
            prop_assert!(!schedule.in_timezone(Tz::Africa__Monrovia).describe().is_empty());
        }
    }
}
