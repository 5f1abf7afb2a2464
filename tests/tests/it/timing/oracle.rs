//! An answer found the slow way: a clock that is looked at twice a minute, and fires what it has come to for the first time.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Timelike, Utc};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use zen_core::schedule::{Schedule, Tz};

use super::expressions::{Crontab, crontab};
use super::transitions::ALL;

const LOOK: TimeDelta = TimeDelta::seconds(30);

/// The slots after `from`, up to `to`. Both are whole minutes of UTC.
fn slots(expression: &Crontab, zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let reads = |time: DateTime<Utc>| time.with_timezone(&zone).naive_local();
    // The most the clock has shown up to now.
    let mut most = (0..26 * 4)
        .map(|quarter| reads(from - TimeDelta::minutes(15 * quarter)))
        .max()
        .expect("many times");
    let mut slots = Vec::new();
    let mut time = from + LOOK;
    while time <= to {
        let local = reads(time);
        if local > most {
            if minutes(most, local).any(|minute| expression.matches(minute)) {
                slots.push(time);
            }
            most = local;
        }
        time += LOOK;
    }
    slots
}

/// The whole minutes after one time, up to another.
fn minutes(after: NaiveDateTime, to: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> {
    let begin = after.with_second(0).expect("a whole minute") + TimeDelta::minutes(1);
    std::iter::successors(Some(begin), |minute| Some(*minute + TimeDelta::minutes(1)))
        .take_while(move |minute| *minute <= to)
}

#[test]
fn slots_around_every_change_of_every_clock() {
    let mut runner = TestRunner::deterministic();
    let expressions = crontab();
    for change in ALL.iter() {
        let expression = expressions
            .new_tree(&mut runner)
            .expect("nothing is filtered")
            .current();
        let schedule = Schedule::cron(&expression.text)
            .unwrap_or_else(|error| panic!("{error}"))
            .in_timezone(change.zone);
        let around = TimeDelta::hours(2) + TimeDelta::seconds(change.gap().abs());
        let (from, to) = (change.at - around, change.at + around);
        let (from, to) = (
            from.with_second(0).expect("a minute"),
            to.with_second(0).expect("a minute"),
        );
        let found: Vec<_> = schedule.after(from).take_while(|slot| *slot <= to).collect();
        assert_eq!(
            found,
            slots(&expression, change.zone, from, to),
            "{} {change:?}",
            expression.text
        );
        // From any instant, the answer is the one that the row of them gives.
        let inside = change.at + TimeDelta::seconds(change.gap().abs() / 2);
        let next = found.iter().find(|slot| **slot > inside).copied();
        if next.is_some() {
            assert_eq!(
                schedule.next_after(inside),
                next,
                "{} {change:?}",
                expression.text
            );
        }
    }
}

#[test]
fn slots_over_whole_months() {
    let mut runner = TestRunner::deterministic();
    let expressions = crontab();
    let zones = [
        Tz::UTC,
        Tz::America__Sao_Paulo,
        Tz::Australia__Lord_Howe,
        Tz::Asia__Beirut,
    ];
    for month in 0..24 {
        let expression = expressions
            .new_tree(&mut runner)
            .expect("nothing is filtered")
            .current();
        let zone = zones[month % zones.len()];
        let from = super::at("2016-02-01T00:00:00Z") + TimeDelta::days(37 * month as i64);
        let to = from + TimeDelta::days(31);
        let schedule = super::cron(&expression.text).in_timezone(zone);
        let found: Vec<_> = schedule.after(from).take_while(|slot| *slot <= to).collect();
        assert_eq!(
            found,
            slots(&expression, zone, from, to),
            "{} {zone} {from}",
            expression.text
        );
    }
}
