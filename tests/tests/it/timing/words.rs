//! Schedules in words.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use zen_core::schedule::{Schedule, Tz};

use super::expressions::crontab;
use super::{at, cron};

#[test]
fn cron_expressions() {
    for (expression, expected) in [
        ("0 2 * * *", "at 02:00, every day"),
        ("0 2 * * 1-5", "at 02:00, Monday to Friday"),
        ("0 2 * * mon-fri", "at 02:00, Monday to Friday"),
        ("0 2 * * 0-7", "at 02:00, every day"),
        ("0 2 * * 0", "at 02:00, Sunday"),
        ("0 2 * * 6,0", "at 02:00, Saturday and Sunday"),
        ("0 2 * * 5-7", "at 02:00, Friday to Sunday"),
        ("0 2 * * 1,3,5", "at 02:00, Monday, Wednesday and Friday"),
        ("0 2 * * 0,1,2,3", "at 02:00, Monday to Wednesday and Sunday"),
        ("0 2,14 * * *", "at 02:00 and 14:00, every day"),
        (
            "15,45 9,10,17 * * *",
            "at 09:15, 09:45, 10:15, 10:45, 17:15 and 17:45, every day",
        ),
        ("0 */6 * * *", "at 00:00, 06:00, 12:00 and 18:00, every day"),
        ("0 */2 * * *", "every 2 hours from 00:00 to 22:00, every day"),
        ("30 8-17 * * *", "every hour from 08:30 to 17:30, every day"),
        ("0 * * * *", "every hour"),
        ("5 * * * *", "at minute 5 of every hour"),
        ("5,20 * * * *", "at minutes 5 and 20 of every hour"),
        ("0-10 * * * *", "at minutes 0 to 10 of every hour"),
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 minutes"),
        ("0,15,30,45 * * * *", "every 15 minutes"),
        ("0/15 * * * *", "every 15 minutes"),
        (
            "*/7 * * * *",
            "at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour",
        ),
        (
            "*/15 8-17 * * *",
            "every 15 minutes from 08:00 to 17:59, every day",
        ),
        ("*/5 8 * * *", "every 5 minutes from 08:00 to 08:59, every day"),
        (
            "* 8-17 * * 1-5",
            "every minute from 08:00 to 17:59, Monday to Friday",
        ),
        (
            "*/15 2,4,8 * * *",
            "every 15 minutes of the hours 2, 4 and 8, every day",
        ),
        (
            "5,6,9 2,4,8 * * *",
            "at minutes 5, 6 and 9 of the hours 2, 4 and 8, every day",
        ),
        (
            "0 1-5,7,9 * * *",
            "at minute 0 of the hours 1 to 5, 7 and 9, every day",
        ),
        ("0 0 1,15 * *", "at 00:00, on the 1st and the 15th of the month"),
        ("0 0 1-7 * *", "at 00:00, on the 1st to the 7th of the month"),
        (
            "0 0 2,3,22,23,31 * *",
            "at 00:00, on the 2nd, the 3rd, the 22nd, the 23rd and the 31st of the month",
        ),
        ("0 0 11-13 * *", "at 00:00, on the 11th to the 13th of the month"),
        ("0 0 13 * 5", "at 00:00, on the 13th or on a Friday"),
        (
            "0 0 13 6 1-5",
            "at 00:00, on the 13th or on Monday to Friday, in June",
        ),
        ("0 0 1-31 6 1", "at 00:00, in June"),
        (
            "0 0 */2 * 1",
            "at 00:00, on the 1st, the 3rd, the 5th, the 7th, the 9th, the 11th, the 13th, the 15th, the 17th, the 19th, the 21st, \
         the 23rd, the 25th, the 27th, the 29th and the 31st of the month that fall on a Monday",
        ),
        (
            "0 0 1-7 * */6",
            "at 00:00, on the 1st to the 7th of the month that fall on Saturday and Sunday",
        ),
        ("0 0 1 1 *", "at 00:00, on the 1st of January"),
        ("0 0 1 jan,jul *", "at 00:00, on the 1st of January and July"),
        ("0 0 * 6-8 *", "at 00:00, in June to August"),
        ("0 0 * 6-8 1", "at 00:00, Monday, in June to August"),
        ("@yearly", "at 00:00, on the 1st of January"),
        ("@weekly", "at 00:00, Sunday"),
        ("@hourly", "every hour"),
        ("* * * * * *", "every second"),
        ("*/10 * * * * *", "every 10 seconds"),
        (
            "*/10 * 8-9 * * *",
            "every 10 seconds from 08:00:00 to 09:59:59, every day",
        ),
        ("30 * * * * *", "at second 30 of every minute"),
        ("0,30 0 12 * * *", "at 12:00:00 and 12:00:30, every day"),
        (
            "*/10 0-29 * * * *",
            "every 10 seconds of the minutes 0 to 29 of every hour",
        ),
        (
            "5,6 * 2,4 * * *",
            "at seconds 5 and 6 of every minute of the hours 2 and 4, every day",
        ),
        ("0 0 12 ? * 2-6", "at 12:00, Monday to Friday"),
        (
            "0 0 12 13 * 6",
            "at 12:00, on the 13th of the month that falls on a Friday",
        ),
        ("0 0 12 * * * 2099", "at 12:00, every day, in 2099"),
        (
            "0 0 12 1 * * 2090-2093,2099",
            "at 12:00, on the 1st of the month, in 2090 to 2093 and 2099",
        ),
        ("0 */5 * * * * *", "every 5 minutes"),
    ] {
        assert_eq!(
            cron(expression).to_string(),
            format!("{expected}, UTC"),
            "{expression}"
        );
    }
    let schedule = cron("0 2 * * 1-5").in_timezone(Tz::Europe__Berlin);
    assert_eq!(schedule.describe(), "at 02:00, Monday to Friday, Europe/Berlin");
}

#[test]
fn intervals_windows_and_limits() {
    let every = |interval| Schedule::every(interval).unwrap();
    for (interval, expected) in [
        (Duration::from_secs(1), "every second"),
        (Duration::from_secs(60), "every minute"),
        (Duration::from_secs(90), "every 90 seconds"),
        (Duration::from_secs(900), "every 15 minutes"),
        (Duration::from_secs(3600), "every hour"),
        (Duration::from_secs(86_400), "every 24 hours"),
        (Duration::from_millis(1), "every millisecond"),
        (Duration::from_millis(1500), "every 1500 milliseconds"),
        (Duration::from_micros(1001), "every 1001 microseconds"),
    ] {
        assert_eq!(every(interval).to_string(), expected);
    }
    let (start, end) = (at("2026-01-01T00:00:00Z"), at("2026-07-01T12:30:05Z"));
    let window = |schedule: Schedule| schedule.start_at(start).unwrap().end_at(end).unwrap();
    let schedule = window(every(Duration::from_secs(90))).max_runs(3).unwrap();
    assert_eq!(
        schedule.to_string(),
        "every 90 seconds from 2026-01-01 00:00 UTC until 2026-07-01 12:30:05 UTC, at most 3 runs"
    );
    assert_eq!(
        schedule.in_timezone(Tz::Europe__Berlin).to_string(),
        "every 90 seconds from 2026-01-01 01:00 +01:00 until 2026-07-01 14:30:05 +02:00, at most 3 runs"
    );
    assert_eq!(
        window(cron("@daily").in_timezone(Tz::Europe__Berlin))
            .max_runs(1)
            .unwrap()
            .to_string(),
        "at 00:00, every day, Europe/Berlin, from 2026-01-01 01:00 +01:00 until 2026-07-01 14:30:05 +02:00, at most 1 run"
    );
    assert_eq!(
        Schedule::once_at(start).to_string(),
        "once at 2026-01-01 00:00 UTC"
    );
    let schedule = Schedule::once_at(at("1971-01-01T00:44:30.25Z")).in_timezone(Tz::Africa__Monrovia);
    assert_eq!(
        schedule.to_string(),
        "once at 1971-01-01 00:00:00.250000 -00:44:30"
    );
    assert_eq!(
        every(Duration::from_secs(1)).end_at(end).unwrap().to_string(),
        "every second until 2026-07-01 12:30:05 UTC"
    );
    // As any text, it can be padded.
    assert_eq!(
        format!("[{:>14}]", every(Duration::from_secs(1))),
        "[  every second]"
    );
}

/// Expressions that are near each other: many of them mean the same, and the others almost.
fn near() -> Vec<String> {
    let seconds = ["0", "*", "0,30", "1", "0-2", "*/30", "*/2", "0-58/2", "0-59"];
    let minutes = [
        "*", "0", "1", "0,30", "*/30", "30", "*/20", "0-40/20", "0,20", "0-1", "0-2", "0-59", "*/2",
        "1-59/2", "0-58/2",
    ];
    let hours = [
        "*", "0", "1", "0-1", "0-2", "0,2", "*/12", "0-23", "*/2", "0-22/2", "1-23/2", "0-20/2", "1-23",
        "0-6", "0-7", "2-22/4", "0-5,7",
    ];
    let dates = [
        "*", "1", "1,2", "1-3", "*/2", "1-31", "1-30", "31", "13", "*/30", "1,31",
    ];
    let months = ["*", "1", "1,2", "1-3", "1-12", "1-11", "*/2", "1-11/2"];
    let days = ["*", "1", "2", "1,2", "1-3", "2-6", "1-7", "7", "*/2", "0-6"];
    let years = [
        "",
        " *",
        " 2030-2100",
        " 1970-2099",
        " 2031,2032",
        " 2030-2032",
        " 2030,2031,2032",
        " 1970-2100",
    ];
    let mut near = Vec::new();
    for minute in minutes {
        for hour in hours {
            near.push(format!("{minute} {hour} * * *"));
            if ["*", "1", "0-2", "0,2", "*/2", "0-22/2"].contains(&hour) {
                near.extend(seconds.map(|second| format!("{second} {minute} {hour} * * *")));
            }
        }
    }
    for date in dates {
        for month in months {
            for day in days {
                near.push(format!("0 0 {date} {month} {day}"));
                near.push(format!("0 0 0 {date} {month} {day}"));
            }
        }
    }
    for hour in ["*", "2"] {
        near.extend(years.map(|year| format!("0 0 {hour} 1 * *{year}")));
        near.extend(years.map(|year| format!("0 0 {hour} * 1 *{year}")));
    }
    near
}

/// Slots that tell expressions apart: the next ones, and some of days all over the next years.
fn slots(schedule: &Schedule) -> Vec<DateTime<Utc>> {
    let begin = at("2026-01-01T00:00:00Z");
    let mut slots: Vec<_> = schedule.after(begin).take(200).collect();
    for day in 0..40_i64 {
        let time = begin + chrono::TimeDelta::days(day * 53) + chrono::TimeDelta::minutes(day * 97);
        slots.extend(schedule.after(time).take(2));
    }
    slots.extend(schedule.next_after(at("2099-12-31T23:59:59Z")));
    slots
}

#[test]
fn the_same_words_are_the_same_slots() {
    let mut runner = TestRunner::deterministic();
    let random = crontab();
    let random = (0..500).map(|_| random.new_tree(&mut runner).unwrap().current().text);
    let mut known: HashMap<String, (String, Vec<DateTime<Utc>>)> = HashMap::new();
    let mut met = 0;
    for expression in near().into_iter().chain(random) {
        let Ok(schedule) = Schedule::cron(&expression) else {
            continue;
        };
        let found = slots(&schedule);
        let words = schedule.describe();
        match known.get(&words) {
            Some((other, slots)) => {
                met += 1;
                assert_eq!(*slots, found, "`{expression}` and `{other}` are both {words}");
            }
            None => {
                known.insert(words, (expression, found));
            }
        }
    }
    // The test looks at something.
    assert!(met > 500, "{met} expressions had the words of another");
}
