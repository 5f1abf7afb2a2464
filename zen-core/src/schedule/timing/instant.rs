//! Instants as schedules keep them: UTC, at microseconds.

use chrono::{DateTime, TimeZone, Utc};

/// The instant in UTC, cut to whole microseconds (towards the past). What is within a leap second counts into the second after it.
pub(super) fn micros<Z: TimeZone>(time: &DateTime<Z>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
