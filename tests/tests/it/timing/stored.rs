//! Schedules as they are stored.

use std::time::Duration;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde_json::json;
use zen_core::schedule::{CatchUp, Interrupted, Overlap, Schedule, Tz};

use super::expressions::crontab;
use super::{at, cron};

fn through(schedule: &Schedule) -> Schedule {
    let text = serde_json::to_string(schedule).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn refused(value: serde_json::Value) -> String {
    let read: Result<Schedule, _> = serde_json::from_value(value.clone());
    read.map_or_else(
        |error| error.to_string(),
        |schedule| panic!("{value} was taken for {schedule}"),
    )
}

/// Written by the first version. Never change these texts.
#[test]
fn what_was_written_first_is_still_read_and_written() {
    let full = r#"{"cron":"0 2 * * 1-5","timezone":"Europe/Berlin","start":"2026-01-01T00:00:00Z","end":"2027-01-01T00:00:00.000001Z","max_runs":3,"catch_up":"all","overlap":"queue","grace":"0.25s","if_interrupted":"missed"}"#;
    let schedule = cron("0 2 * * 1-5")
        .in_timezone(Tz::Europe__Berlin)
        .start_at(at("2026-01-01T00:00:00Z"))
        .unwrap()
        .end_at(at("2027-01-01T00:00:00.000001Z"))
        .unwrap()
        .max_runs(3)
        .unwrap()
        .catch_up(CatchUp::All)
        .overlap(Overlap::Queue)
        .grace(Duration::from_millis(250))
        .if_interrupted(Interrupted::Missed);
    assert_eq!(serde_json::to_string(&schedule).unwrap(), full);
    assert_eq!(serde_json::from_str::<Schedule>(full).unwrap(), schedule);

    let every = r#"{"every":"900s","timezone":"UTC","catch_up":"latest","overlap":"skip","grace":"60s","if_interrupted":"retry"}"#;
    let schedule = Schedule::every(Duration::from_secs(900)).unwrap();
    assert_eq!(serde_json::to_string(&schedule).unwrap(), every);
    assert_eq!(serde_json::from_str::<Schedule>(every).unwrap(), schedule);

    let anchored = r#"{"every":"1.5s","anchor":"2026-01-01T00:00:00Z","timezone":"UTC","catch_up":"none","overlap":"allow","grace":"0s","if_interrupted":"retry"}"#;
    let schedule: Schedule = serde_json::from_str(anchored).unwrap();
    assert_eq!(serde_json::to_string(&schedule).unwrap(), anchored);
    assert_eq!(
        schedule.next_after(at("2025-01-01T00:00:00Z")),
        Some(at("2026-01-01T00:00:01.5Z"))
    );
    assert_eq!(
        schedule.next_after(at("2026-01-01T00:00:01.5Z")),
        Some(at("2026-01-01T00:00:03Z"))
    );
    assert_eq!(
        schedule.to_string(),
        "every 1500 milliseconds after 2026-01-01 00:00 UTC"
    );

    let once = r#"{"once":"2026-01-01T00:00:00Z","timezone":"UTC","catch_up":"latest","overlap":"skip","grace":"60s","if_interrupted":"retry"}"#;
    let schedule = Schedule::once_at(at("2026-01-01T00:00:00Z"));
    assert_eq!(serde_json::to_string(&schedule).unwrap(), once);
    assert_eq!(serde_json::from_str::<Schedule>(once).unwrap(), schedule);
}

#[test]
fn fields_may_be_missing_or_unknown() {
    let schedule: Schedule =
        serde_json::from_value(json!({"cron": "@daily", "jitter": {"of": ["later"]}})).unwrap();
    assert_eq!(schedule, cron("@daily"));
}

#[test]
fn what_the_constructors_refuse_is_refused() {
    assert!(
        refused(json!({"cron": "75 2 * * *"}))
            .starts_with("minute `75` is out of range 0-59\n  75 2 * * *\n  ^^")
    );
    assert!(refused(json!({"cron": "0 0 31 2 *"})).starts_with("this never fires"));
    assert!(refused(json!({"every": "0s"})).starts_with("a schedule can't fire every 0 s"));
    assert!(
        refused(json!({"every": "15m"}))
            .contains("`every` must be in seconds, as `900s` or `0.25s`, and is `15m`")
    );
    assert!(refused(json!({"every": "1s", "grace": "-1s"})).contains("`grace` must be in seconds"));
    assert!(refused(json!({"every": "1s", "max_runs": 0})).contains("never runs"));
    assert!(refused(json!({"every": "1s", "timezone": "Berlin"})).contains("there is no time zone `Berlin`"));
    assert!(refused(json!({"every": "1s", "overlap": "sometimes"})).contains("unknown variant `sometimes`"));
    let window = json!({"every": "1s", "start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"});
    assert!(refused(window).contains("isn't after its start"));
    let window =
        json!({"cron": "0 0 29 2 *", "start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"});
    assert!(refused(window).contains("no slot of the schedule"));
    for value in [
        json!({}),
        json!({"cron": "@daily", "every": "1s"}),
        json!({"every": "1s", "once": "2026-01-01T00:00:00Z"}),
    ] {
        assert!(refused(value).contains("it needs just one of `cron`, `every` and `once`"));
    }
    for value in [
        json!(null),
        json!([]),
        json!("@daily"),
        json!({"cron": 5}),
        json!({"once": "tomorrow"}),
    ] {
        refused(value);
    }
}

#[test]
fn a_schedule_whose_time_is_over_is_still_read() {
    let schedule: Schedule = serde_json::from_value(json!({"cron": "0 0 0 1 1 * 2020"})).unwrap();
    assert!(schedule.upcoming(1).is_empty());
    assert_eq!(through(&schedule), schedule);
    assert!(Schedule::cron("0 0 0 1 1 * 2020").is_err());
}

#[test]
fn a_window_given_before_the_zone_is_still_read() {
    let schedule = cron("0 2 * * *")
        .start_at(at("2026-01-01T01:30:00Z"))
        .unwrap()
        .end_at(at("2026-01-01T02:30:00Z"))
        .unwrap()
        .in_timezone(Tz::Pacific__Kiritimati);
    assert_eq!(schedule.next_after(DateTime::UNIX_EPOCH), None);
    assert_eq!(through(&schedule), schedule);
}

#[test]
fn times_at_the_ends_come_back() {
    for end in [
        DateTime::<Utc>::MIN_UTC,
        DateTime::<Utc>::MAX_UTC,
        at("9999-12-31T23:59:59Z"),
        at("0000-01-01T00:00:00Z"),
    ] {
        let once = Schedule::once_at(end);
        assert_eq!(through(&once), once);
        let every = Schedule::every(Duration::from_micros(i64::MAX as u64)).unwrap();
        let schedule = every.start_at(end).unwrap();
        assert_eq!(through(&schedule), schedule);
    }
}

proptest! {
    #[test]
    fn every_schedule_comes_back(
        expression in crontab(),
        interval in prop::option::of(1000_u64..),
        zone in prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
        start in prop::option::of(-70_000_000_000_000_000_i64..70_000_000_000_000_000),
        length in prop::option::of(1_i64..1_000_000_000_000_000),
        runs in prop::option::of(1_u64..),
        grace in any::<Duration>(),
    ) {
        let mut schedule = match interval {
            Some(micros) if micros < i64::MAX as u64 => Schedule::every(Duration::from_micros(micros)).unwrap(),
            _ => cron(&expression.text),
        };
        schedule = schedule.in_timezone(zone).grace(grace);
        if let Some(start) = start.and_then(DateTime::from_timestamp_micros) {
            schedule = schedule.clone().start_at(start).unwrap_or(schedule);
            if let Some(length) = length {
                let end = start + chrono::TimeDelta::microseconds(length);
                schedule = schedule.clone().end_at(end).unwrap_or(schedule);
            }
        }
        if let Some(runs) = runs {
            schedule = schedule.max_runs(runs).unwrap();
        }
        let back = through(&schedule);
        prop_assert_eq!(&back, &schedule);
        let after = at("2026-01-01T00:00:00Z");
        prop_assert_eq!(back.next_after(after), schedule.next_after(after));
        prop_assert_eq!(back.describe(), schedule.describe());
    }
}
