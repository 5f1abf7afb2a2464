//! A schedule as it is stored. What was written once must be readable for ever.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::{CatchUp, Interrupted, Overlap, Schedule, ScheduleError, duration, window};

/// The fields of a stored schedule. Just one of `cron`, `every` and `once` is there. Fields that a later version adds are ignored.
#[derive(Serialize, Deserialize)]
pub(super) struct Form {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cron: Option<String>,
    /// As `900s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    every: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    anchor: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    once: Option<DateTime<Utc>>,
    #[serde(default = "utc")]
    timezone: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_runs: Option<u64>,
    #[serde(default)]
    catch_up: CatchUp,
    #[serde(default)]
    overlap: Overlap,
    /// As `60s`.
    #[serde(default = "grace")]
    grace: String,
    #[serde(default)]
    if_interrupted: Interrupted,
}

fn utc() -> String {
    super::Tz::UTC.name().to_owned()
}

fn grace() -> String {
    duration::text(Schedule::DEFAULT_GRACE)
}

impl From<Schedule> for Form {
    fn from(schedule: Schedule) -> Self {
        let (mut cron, mut every, mut anchor, mut once) = (None, None, None, None);
        match schedule.kind {
            Kind::Cron(expression) => cron = Some(expression.source().to_owned()),
            Kind::Every(interval) => {
                every = Some(duration::text(interval.duration()));
                anchor = interval.anchor;
            }
            Kind::Once(time) => once = Some(time),
        }
        Self {
            cron,
            every,
            anchor,
            once,
            timezone: schedule.zone.name().to_owned(),
            start: schedule.start,
            end: schedule.end,
            max_runs: schedule.max_runs,
            catch_up: schedule.catch_up,
            overlap: schedule.overlap,
            grace: duration::text(schedule.grace),
            if_interrupted: schedule.if_interrupted,
        }
    }
}

impl TryFrom<Form> for Schedule {
    type Error = ScheduleError;

    fn try_from(form: Form) -> Result<Self, ScheduleError> {
        let mut schedule = match (&form.cron, &form.every, form.once) {
            (Some(expression), None, None) => Self::cron_since_1970(expression)?,
            (None, Some(every), None) => Self::every(length("every", every)?)?,
            (None, None, Some(time)) => Self::once_at(time),
            _ => {
                let reason = "it needs just one of `cron`, `every` and `once`".to_owned();
                return Err(ScheduleError::Stored { reason });
            }
        };
        schedule.zone = form
            .timezone
            .parse()
            .map_err(|_| ScheduleError::UnknownZone { name: form.timezone })?;
        if let Some(runs) = form.max_runs {
            schedule = schedule.max_runs(runs)?;
        }
        if let Some(anchor) = form.anchor {
            schedule = schedule.anchored(anchor);
        }
        schedule.start = form.start.as_ref().map(super::instant::micros);
        schedule.end = form.end.as_ref().map(super::instant::micros);
        window::check_in_any_zone(&schedule)?;
        Ok(schedule
            .catch_up(form.catch_up)
            .overlap(form.overlap)
            .grace(length("grace", &form.grace)?)
            .if_interrupted(form.if_interrupted))
    }
}

fn length(field: &str, text: &str) -> Result<Duration, ScheduleError> {
    duration::parse(text).ok_or_else(|| ScheduleError::Stored {
        reason: format!("`{field}` must be in seconds, as `900s` or `0.25s`, and is `{text}`"),
    })
}
