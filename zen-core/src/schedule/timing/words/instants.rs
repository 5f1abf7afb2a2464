//! Instants.

use chrono::{DateTime, Offset, Timelike, Utc};
use chrono_tz::Tz;

/// `2026-01-01 00:00 UTC`, or with the offset of another zone: `2026-01-01 01:00 +01:00`. Seconds and parts of them only when there are some.
pub(super) fn instant(time: DateTime<Utc>, zone: Tz) -> String {
    // A whole day from the ends, so that every wall clock can be read.
    let day = chrono::TimeDelta::days(1);
    let local = match time.checked_add_signed(day).and(time.checked_sub_signed(day)) {
        Some(_) => time.with_timezone(&zone),
        None => time.with_timezone(&Tz::UTC),
    };
    let clock = match (local.second(), local.nanosecond()) {
        (0, 0) => "%Y-%m-%d %H:%M",
        (_, 0) => "%Y-%m-%d %H:%M:%S",
        _ => "%Y-%m-%d %H:%M:%S%.6f",
    };
    let offset = match local.offset().fix().local_minus_utc() {
        _ if local.timezone() == Tz::UTC => "UTC",
        seconds if seconds % 60 == 0 => "%:z",
        _ => "%::z",
    };
    local.format(&format!("{clock} {offset}")).to_string()
}
