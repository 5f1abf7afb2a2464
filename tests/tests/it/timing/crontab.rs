//! Expressions of five fields mean what a crontab makes of them.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Timelike, Utc};
use zen_core::schedule::Schedule;

use super::{at, cron};

/// What part of the slots of a year there is.
fn seen(expression: &str, part: impl Fn(&DateTime<Utc>) -> u32) -> Vec<u32> {
    let schedule = cron(expression);
    let slots = schedule.after(at("2025-12-31T23:59:59Z"));
    let year = slots.take_while(|slot| slot.year() == 2026);
    year.map(|slot| part(&slot))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

#[test]
fn minutes_and_hours() {
    for (field, expected) in [
        ("5", vec![5]),
        ("05", vec![5]),
        ("0,30", vec![0, 30]),
        ("30,0,30", vec![0, 30]),
        ("10-13", vec![10, 11, 12, 13]),
        ("*/20", vec![0, 20, 40]),
        ("10-30/10", vec![10, 20, 30]),
        ("10-35/10", vec![10, 20, 30]),
        ("50/4", vec![50, 54, 58]),
        ("*/59", vec![0, 59]),
        ("7-7", vec![7]),
        ("1,10-12,*/30", vec![0, 1, 10, 11, 12, 30]),
    ] {
        assert_eq!(
            seen(&format!("{field} 4 1 1 *"), Timelike::minute),
            expected,
            "{field}"
        );
    }
    assert_eq!(seen("0 */5 1 1 *", Timelike::hour), [0, 5, 10, 15, 20]);
    assert_eq!(seen("0 22/1 1 1 *", Timelike::hour), [22, 23]);
}

#[test]
fn months() {
    for (field, expected) in [
        ("jan", vec![1]),
        ("JAN,Dec", vec![1, 12]),
        ("feb-apr", vec![2, 3, 4]),
        ("2-apr", vec![2, 3, 4]),
        ("january-march", vec![1, 2, 3]),
        ("*/4", vec![1, 5, 9]),
        ("2-12/5", vec![2, 7, 12]),
        ("sep/2", vec![9, 11]),
    ] {
        assert_eq!(
            seen(&format!("0 0 1 {field} *"), Datelike::month),
            expected,
            "{field}"
        );
    }
}

#[test]
fn days_of_the_week() {
    for (field, expected) in [
        ("0", vec![0]),
        ("7", vec![0]),
        ("0,7", vec![0]),
        ("sun", vec![0]),
        ("SUNDAY", vec![0]),
        ("1-5", vec![1, 2, 3, 4, 5]),
        ("mon-fri", vec![1, 2, 3, 4, 5]),
        ("Mon-5", vec![1, 2, 3, 4, 5]),
        ("5-7", vec![0, 5, 6]),
        ("fri-sun", vec![0, 5, 6]),
        ("sun-tue", vec![0, 1, 2]),
        ("sun-sun", vec![0]),
        ("0-7", vec![0, 1, 2, 3, 4, 5, 6]),
        ("*/2", vec![0, 2, 4, 6]),
        ("*/3", vec![0, 3, 6]),
        ("*/7", vec![0]),
        ("1-7/3", vec![0, 1, 4]),
        ("1/2", vec![1, 3, 5]),
        ("mon/2", vec![1, 3, 5]),
        ("7/2", vec![0]),
        ("tues,thurs", vec![2, 4]),
        ("?", vec![0, 1, 2, 3, 4, 5, 6]),
    ] {
        let weekday = |slot: &DateTime<Utc>| slot.weekday().num_days_from_sunday();
        assert_eq!(seen(&format!("0 0 * * {field}"), weekday), expected, "{field}");
    }
}

#[test]
fn either_day_field_when_both_are_restricted() {
    let days = |expression: &str| {
        let schedule = cron(expression);
        let slots = schedule.after(at("2026-01-31T23:59:59Z"));
        slots
            .take_while(|slot| (slot.year(), slot.month()) == (2026, 2))
            .map(|slot| slot.day())
            .collect::<Vec<_>>()
    };
    // The first of February 2026 is a Sunday.
    assert_eq!(days("0 0 13 * 5"), [6, 13, 20, 27]);
    assert_eq!(days("0 0 1,2 * 5"), [1, 2, 6, 13, 20, 27]);
    assert_eq!(days("0 0 1-31 * 5").len(), 28);
    assert_eq!(days("0 0 13 * 0-6").len(), 28);
    // One begins with a star: both must match.
    assert_eq!(days("0 0 13 * *"), [13]);
    assert_eq!(days("0 0 * * 5"), [6, 13, 20, 27]);
    assert_eq!(days("0 0 */2 * 5"), [13, 27]);
    assert_eq!(days("0 0 1-7 * */5"), [1, 6]);
    assert_eq!(days("0 0 *,5 * 5"), [6, 13, 20, 27]);
    assert_eq!(days("0 0 ? * 5"), [6, 13, 20, 27]);
    assert_eq!(days("0 0 5,*/9 * 5"), [1, 5, 6, 10, 13, 19, 20, 27, 28]);
    // A date that never comes, and a weekday that does.
    assert_eq!(days("0 0 31 2 1"), [2, 9, 16, 23]);
}

#[test]
fn nicknames() {
    for (nickname, fields) in [
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
        (" @Daily\t", "0 0 * * *"),
    ] {
        let after = at("2026-05-05T05:05:05Z");
        let slots = |schedule: &Schedule| schedule.after(after).take(100).collect::<Vec<_>>();
        assert_eq!(slots(&cron(nickname)), slots(&cron(fields)), "{nickname}");
    }
}

#[test]
fn white_space_is_spaces_tabs_and_line_ends() {
    assert_eq!(seen(" \t5  4\t1 1 * \r\n", Timelike::minute), [5]);
    assert!(Schedule::cron("5\u{a0}4 1 1 * *").is_err());
}

#[test]
fn refused() {
    for expression in [
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 0 *",
        "* * * 13 *",
        "* * * * 8",
        "-1 * * * *",
        "+1 * * * *",
        "1.5 * * * *",
        "*/0 * * * *",
        "*/-1 * * * *",
        "*/ * * * *",
        "/5 * * * *",
        "5-1 * * * *",
        "1-2-3 * * * *",
        "1-*/2 * * * *",
        "1, * * * *",
        ",1 * * * *",
        "1,,2 * * * *",
        "1-5/2/2 * * * *",
        "** * * * *",
        "*5 * * * *",
        "? * * * *",
        "0~30 * * * *",
        "H * * * *",
        "jan * * * *",
        "0 0 L * *",
        "0 0 15W * *",
        "0 0 * * 5#2",
        "0 0 * * fri-mon",
        "0 0 * * 5-0",
        "99999999999 * * * *",
        "٣ * * * *",
        "",
        "   ",
        "*",
        "* * * *",
        "* * * * * * * *",
        "@reboot",
        "@every 5m",
        "@",
    ] {
        assert!(Schedule::cron(expression).is_err(), "{expression}");
    }
}
