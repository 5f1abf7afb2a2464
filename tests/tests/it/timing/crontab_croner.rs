//! The same expressions in another crate, croner, around the changes of all clocks. Where the two differ by design, the difference has a test
//! of its own here; everywhere else they agree.

use std::str::FromStr;

use chrono::{DateTime, MappedLocalTime, TimeDelta, TimeZone, Utc};
use croner::Cron;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use zen_core::schedule::{Schedule, Tz};

use super::expressions::{Crontab, crontab};
use super::transitions::{ALL, Transition};
use super::{at, cron, local};

/// What croner finds, as its wall clock shows it.
fn theirs(expression: &str, zone: Tz, after: &str, count: usize) -> Vec<String> {
    Cron::from_str(expression)
        .unwrap()
        .iter_after(at(after).with_timezone(&zone))
        .take(count)
        .map(|slot| slot.format("%m-%d %H:%M %Z").to_string())
        .collect()
}

/// Whether the wall clock has shown this before.
fn second_time(zone: Tz, time: DateTime<Utc>) -> bool {
    match zone.from_local_datetime(&time.with_timezone(&zone).naive_local()) {
        MappedLocalTime::Ambiguous(one, other) => time == one.max(other),
        _ => false,
    }
}

/// Both agree from a good day before a change to a good day after it, but for what this module's other tests name.
fn agree(expression: &Crontab, change: &Transition) {
    let zone = change.zone;
    let (from, to) = (change.at - TimeDelta::hours(30), change.at + TimeDelta::hours(30));
    let schedule = cron(&expression.text).in_timezone(zone);
    let ours = schedule.after(from).take_while(|slot| *slot <= to);
    let theirs = Cron::from_str(&expression.text)
        .unwrap()
        .iter_after(from.with_timezone(&zone))
        .map(|slot| slot.to_utc())
        .take_while(|slot| *slot <= to);
    // A job at one time of the day is moved over a gap and runs once by croner too. Its gaps have at most two hours, and a moved job must
    // still be on a right day.
    let fixed = expression.plain_time() && !change.over_midnight();
    let (ours, theirs): (Vec<_>, Vec<_>) = match fixed {
        true => (ours.collect(), theirs.collect()),
        false => (
            ours.filter(|slot| expression.matches(slot.with_timezone(&zone).naive_local()))
                .collect(),
            theirs
                .filter(|slot| expression.matches(slot.with_timezone(&zone).naive_local()))
                .filter(|slot| !second_time(zone, *slot))
                .collect(),
        ),
    };
    assert_eq!(ours, theirs, "{} {change:?}", expression.text);
}

#[test]
fn around_changes_of_every_clock() {
    let mut runner = TestRunner::deterministic();
    let expressions = crontab();
    // croner goes through a gap second by second, which takes long: every third change, and changes that leave out whole days in a test
    // of their own.
    let changes = ALL.iter().step_by(3);
    for change in changes.filter(|change| change.gap() <= 7200) {
        let expression = expressions.new_tree(&mut runner).unwrap().current();
        if !expression.stepped_days {
            agree(&expression, change);
        }
    }
}

#[test]
fn difference_wildcard_jobs_repeat_in_a_fold() {
    let zone = Tz::Europe__Berlin;
    let after = "2026-10-24T23:50:00Z";
    assert_eq!(
        local("*/30 2 * * *", zone, after, 3),
        ["10-25 02:00 CEST", "10-25 02:30 CEST", "10-26 02:00 CET"]
    );
    assert_eq!(
        theirs("*/30 2 * * *", zone, after, 4),
        [
            "10-25 02:00 CEST",
            "10-25 02:30 CEST",
            "10-25 02:00 CET",
            "10-25 02:30 CET"
        ]
    );
}

#[test]
fn difference_wildcard_jobs_are_dropped_in_a_gap() {
    let zone = Tz::Europe__Berlin;
    let after = "2026-03-29T00:00:00Z";
    assert_eq!(
        local("*/30 2 * * *", zone, after, 2),
        ["03-29 03:00 CEST", "03-30 02:00 CEST"]
    );
    assert_eq!(
        theirs("*/30 2 * * *", zone, after, 2),
        ["03-30 02:00 CEST", "03-30 02:30 CEST"]
    );
}

#[test]
fn difference_a_stepped_star_is_a_restriction() {
    let after = "2026-01-01T12:00:00Z";
    // Thursday the 1st. As in a crontab: odd days that are Mondays.
    assert_eq!(
        local("0 0 */2 * 1", Tz::UTC, after, 2),
        ["01-05 00:00 UTC", "01-19 00:00 UTC"]
    );
    // Odd days, and Mondays.
    assert_eq!(
        theirs("0 0 */2 * 1", Tz::UTC, after, 2),
        ["01-03 00:00 UTC", "01-05 00:00 UTC"]
    );
}

#[test]
fn difference_a_whole_day_that_is_left_out() {
    let (zone, after) = (Tz::Pacific__Apia, "2011-12-30T00:00:00Z");
    // The 30th never was.
    assert_eq!(
        local("0 12 * * *", zone, after, 2),
        ["12-31 00:00 +14", "12-31 12:00 +14"]
    );
    // croner gives up after two hours.
    assert_eq!(theirs("0 12 * * *", zone, after, 2), Vec::<String>::new());
}

#[test]
fn difference_a_gap_that_leads_into_another_day() {
    // In Nuuk, summer time begins at 23:00, and it is midnight.
    let (zone, after) = (Tz::America__Nuuk, "2024-03-30T12:00:00Z");
    assert_eq!(
        local("30 23 30 3 *", zone, after, 2),
        ["03-31 00:00 -01", "03-30 23:30 -01"]
    );
    // It isn't the 30th any more, and croner waits for a year.
    assert_eq!(theirs("30 23 30 3 *", zone, after, 1), ["03-30 23:30 -01"]);
    // Where the date doesn't matter, both fire.
    for found in [
        local("30 23 * * *", zone, after, 2),
        theirs("30 23 * * *", zone, after, 2),
    ] {
        assert_eq!(found, ["03-31 00:00 -01", "03-31 23:30 -01"]);
    }
}

#[test]
fn difference_one_time_of_the_day_that_is_written_with_a_step() {
    // The same as `0 2 * * *`, and treated so. To croner, a step makes a job that may be dropped.
    let (zone, after) = (Tz::Europe__Berlin, "2026-03-29T00:00:00Z");
    assert_eq!(
        local("0 2-9/8 * * *", zone, after, 2),
        ["03-29 03:00 CEST", "03-30 02:00 CEST"]
    );
    assert_eq!(theirs("0 2-9/8 * * *", zone, after, 1), ["03-30 02:00 CEST"]);
    assert_eq!(theirs("0 2 * * *", zone, after, 1), ["03-29 03:00 CEST"]);
}

#[test]
fn difference_texts_that_only_one_takes() {
    let ours = |text: &str| Schedule::cron(text).is_ok();
    let theirs = |text: &str| Cron::from_str(text).is_ok();
    // A beginning without an end, and full names.
    for text in [
        "5/10 * * * *",
        "0 0 * january *",
        "0 0 * * monday",
        "@midnight",
        "0 0 * * sun-sun/2",
    ] {
        assert!(ours(text), "{text}");
    }
    for text in ["5/10 * * * *", "0 0 * january *", "0 0 * * monday", "@midnight"] {
        assert!(!theirs(text), "{text}");
    }
    // Holes in lists, steps beyond the field, and what has no meaning in a crontab.
    for text in [
        "1,,2 * * * *",
        "1, * * * *",
        "*/90 * * * *",
        "0 0 L * *",
        "0 0 15W * *",
        "0 0 * * 1#2",
        "0 0 31 2 *",
    ] {
        assert!(!ours(text) && theirs(text), "{text}");
    }
}

#[test]
fn difference_sundays_by_name() {
    // `sun-sun` is a Sunday; croner takes it for a whole week.
    let after = "2026-01-01T12:00:00Z";
    assert_eq!(
        local("0 0 * * sun-sun", Tz::UTC, after, 2),
        ["01-04 00:00 UTC", "01-11 00:00 UTC"]
    );
    assert_eq!(
        theirs("0 0 * * sun-sun", Tz::UTC, after, 2),
        ["01-02 00:00 UTC", "01-03 00:00 UTC"]
    );
}
