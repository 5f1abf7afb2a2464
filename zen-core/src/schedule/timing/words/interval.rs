//! Intervals.

use std::time::Duration;

/// `every 15 minutes`, `every 90 seconds`, `every hour`: in the largest unit that needs no fraction. Days are left to calendars.
pub(super) fn every(interval: Duration) -> String {
    const UNITS: [(&str, u128); 4] = [
        ("hour", 3_600_000_000),
        ("minute", 60_000_000),
        ("second", 1_000_000),
        ("millisecond", 1_000),
    ];
    let micros = interval.as_micros();
    let (unit, size) = UNITS
        .into_iter()
        .find(|(_, size)| micros.is_multiple_of(*size))
        .unwrap_or(("microsecond", 1));
    match micros / size {
        1 => format!("every {unit}"),
        count => format!("every {count} {unit}s"),
    }
}
