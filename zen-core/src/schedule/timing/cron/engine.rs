//! The engine: the `cron` crate, asked in local time.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::super::ScheduleError;
use super::expression::{Days, Fields};
use super::fault::Fault;

/// One or two expressions of the crate. Of two, the times of both are meant.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    one: ::cron::Schedule,
    other: Option<::cron::Schedule>,
}

impl Engine {
    /// What the crate has read already.
    pub(super) fn of(schedule: ::cron::Schedule) -> Self {
        Self {
            one: schedule,
            other: None,
        }
    }

    /// From the values of all fields. `source` is only named when the crate refuses them, which it never should.
    pub(super) fn new(fields: &Fields, source: &str) -> Result<Self, ScheduleError> {
        let schedule = |days_of_month: &[u32], days_of_week: &[u32]| {
            let expression = [
                list(&fields.seconds),
                list(&fields.minutes),
                list(&fields.hours),
                list(days_of_month),
                list(&fields.months),
                list(days_of_week),
            ]
            .join(" ");
            ::cron::Schedule::from_str(&expression).map_err(|error| {
                Fault::new(0..source.len(), format!("the engine can't read this: {error}")).of(source)
            })
        };
        let (month, week) = (&fields.days_of_month, &fields.days_of_week);
        Ok(match fields.days {
            Days::Both => Self::of(schedule(month, week)?),
            Days::Either => Self {
                one: schedule(month, &[])?,
                other: Some(schedule(&[], week)?),
            },
        })
    }

    /// The next local time, in whole seconds, strictly after one. It knows the years 1970 to 2100.
    pub(super) fn next_after(&self, local: NaiveDateTime) -> Option<NaiveDateTime> {
        // The crate takes years for unsigned numbers, and adds a second before it looks.
        let local = local.max(BEGINNING.and_time(NaiveTime::MIN) - chrono::TimeDelta::seconds(1));
        if local.date() >= END {
            return None;
        }
        let local = local.and_utc();
        let next = |schedule: &::cron::Schedule| schedule.after(&local).next();
        let one = next(&self.one);
        let other = self.other.as_ref().and_then(next);
        let earlier = match (one, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        earlier.map(|time: DateTime<Utc>| time.naive_utc())
    }
}

/// The first day the crate knows, and the first it doesn't know any more.
const BEGINNING: NaiveDate = day(1970);
const END: NaiveDate = day(2101);

const fn day(year: i32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, 1, 1) {
        Some(day) => day,
        None => NaiveDate::MIN,
    }
}

/// All when there are none.
fn list(values: &[u32]) -> String {
    match values {
        [] => "*".to_owned(),
        _ => values.iter().map(u32::to_string).collect::<Vec<_>>().join(","),
    }
}
