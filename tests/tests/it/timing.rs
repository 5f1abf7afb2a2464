//! Schedules: which instants are due, in which zone, and what they say of themselves.

mod crontab;
mod crontab_croner;
mod expressions;
mod extremes;
mod faults;
mod oracle;
mod seconds_first;
mod stored;
mod transitions;
mod windows;
mod words;
mod zones;

use chrono::{DateTime, Utc};
use zen_core::schedule::{Schedule, Tz};

/// An instant of a text such as `2026-03-29T01:00:00Z`.
fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A schedule of an expression that must be right.
fn cron(expression: &str) -> Schedule {
    Schedule::cron(expression).unwrap_or_else(|error| panic!("{error}"))
}

/// The first slots after an instant, as the wall clock of the zone shows them.
fn local(expression: &str, zone: Tz, after: &str, count: usize) -> Vec<String> {
    cron(expression)
        .in_timezone(zone)
        .after(at(after))
        .take(count)
        .map(|slot| slot.with_timezone(&zone).format("%m-%d %H:%M %Z").to_string())
        .collect()
}
