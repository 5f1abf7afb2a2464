//! Days on which the wall clock jumps.

use chrono::{DateTime, TimeDelta, Utc};
use zen_core::schedule::Tz;

use super::{at, cron, local};

#[test]
fn a_time_that_is_left_out_fires_at_the_first_instant_after_it() {
    let (zone, after) = (Tz::Europe__Berlin, "2026-03-28T12:00:00Z");
    assert_eq!(
        local("30 2 * * *", zone, after, 2),
        ["03-29 03:00 CEST", "03-30 02:30 CEST"]
    );
    // Several in the gap, and the one just after it, are one.
    assert_eq!(
        local("*/20 2,3 * * *", zone, after, 4),
        [
            "03-29 03:00 CEST",
            "03-29 03:20 CEST",
            "03-29 03:40 CEST",
            "03-30 02:00 CEST"
        ]
    );
    assert_eq!(
        local("0 * 29 3 *", zone, "2026-03-28T23:00:00Z", 3),
        ["03-29 01:00 CET", "03-29 03:00 CEST", "03-29 04:00 CEST"]
    );
}

#[test]
fn a_time_that_is_repeated_fires_the_first_time() {
    let (zone, after) = (Tz::Europe__Berlin, "2026-10-24T12:00:00Z");
    assert_eq!(
        local("30 2 * * *", zone, after, 2),
        ["10-25 02:30 CEST", "10-26 02:30 CET"]
    );
    assert_eq!(
        local("*/30 * * * *", zone, "2026-10-25T00:00:00Z", 4),
        [
            "10-25 02:30 CEST",
            "10-25 03:00 CET",
            "10-25 03:30 CET",
            "10-25 04:00 CET"
        ]
    );
    // From within the second time, nothing comes until the hour is over.
    assert_eq!(
        local("*/30 * * * *", zone, "2026-10-25T01:10:00Z", 1),
        ["10-25 03:00 CET"]
    );
}

#[test]
fn half_an_hour() {
    let zone = Tz::Australia__Lord_Howe;
    assert_eq!(
        local("15 2 * * *", zone, "2026-10-03T00:00:00Z", 2),
        ["10-04 02:30 +11", "10-05 02:15 +11"]
    );
    assert_eq!(
        local("*/15 1 * * *", zone, "2026-04-04T14:00:00Z", 5),
        [
            "04-05 01:15 +11",
            "04-05 01:30 +11",
            "04-05 01:45 +11",
            "04-06 01:00 +1030",
            "04-06 01:15 +1030"
        ]
    );
}

#[test]
fn a_midnight_that_is_left_out() {
    let zone = Tz::America__Sao_Paulo;
    assert_eq!(
        local("0 0 * * *", zone, "2018-11-03T12:00:00Z", 2),
        ["11-04 01:00 -02", "11-05 00:00 -02"]
    );
    let zone = Tz::Asia__Beirut;
    assert_eq!(
        local("0 0 * * *", zone, "2022-03-26T12:00:00Z", 2),
        ["03-27 01:00 EEST", "03-28 00:00 EEST"]
    );
}

#[test]
fn a_day_that_is_left_out() {
    let zone = Tz::Pacific__Apia;
    assert_eq!(
        local("0 */8 * * *", zone, "2011-12-30T09:00:00Z", 4),
        [
            "12-31 00:00 +14",
            "12-31 08:00 +14",
            "12-31 16:00 +14",
            "01-01 00:00 +14"
        ]
    );
    let zone = Tz::Pacific__Kwajalein;
    let slots = local("0 12 * * *", zone, "1993-08-20T00:00:00Z", 4);
    assert_eq!(
        slots,
        [
            "08-20 12:00 -12",
            "08-22 00:00 +12",
            "08-22 12:00 +12",
            "08-23 12:00 +12"
        ]
    );
}

#[test]
fn offsets_with_seconds() {
    // 44 minutes and 30 seconds behind, until 1972.
    let slots: Vec<DateTime<Utc>> = cron("0 12 * * *")
        .in_timezone(Tz::Africa__Monrovia)
        .after(at("1972-01-06T00:00:00Z"))
        .take(2)
        .collect();
    assert_eq!(slots, [at("1972-01-06T12:44:30Z"), at("1972-01-07T12:00:00Z")]);
}

#[test]
fn seconds_across_a_day_that_is_repeated() {
    // Kwajalein's clock was set back by 23 hours: every second of them is fired once.
    let schedule = cron("* * * * * *").in_timezone(Tz::Pacific__Kwajalein);
    let set_back = at("1969-09-30T13:00:00Z");
    assert_eq!(
        schedule.next_after(set_back + TimeDelta::seconds(5)),
        Some(at("1970-01-01T12:00:00Z"))
    );
    // Manila's by an hour, in 1978.
    let schedule = cron("* * * * * *").in_timezone(Tz::Asia__Manila);
    let set_back = at("1978-09-20T16:00:00Z");
    let changes = schedule.next_after(set_back - TimeDelta::milliseconds(1500));
    assert_eq!(changes, Some(set_back - TimeDelta::seconds(1)));
}

#[test]
fn intervals_take_no_notice() {
    let start = at("2026-03-29T00:00:00Z");
    let schedule = zen_core::schedule::Schedule::every(std::time::Duration::from_secs(1800))
        .and_then(|schedule| schedule.start_at(start))
        .map(|schedule| schedule.in_timezone(Tz::Europe__Berlin))
        .unwrap();
    let slots: Vec<_> = schedule.after(start).take(4).collect();
    let expected: Vec<_> = (1..5).map(|half| start + TimeDelta::minutes(30 * half)).collect();
    assert_eq!(slots, expected);
}
