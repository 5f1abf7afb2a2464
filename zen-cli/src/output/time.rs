//! Times and time spans as people read them.

use std::time::Duration;

use chrono::{DateTime, Local, TimeDelta, Utc};

/// A date and a time where this program runs.
pub(crate) fn exact(time: DateTime<Utc>) -> String {
    time.with_timezone(&Local)
        .format("%Y-%m-%d %H:%M:%S %:z")
        .to_string()
}

/// How long ago, or how far ahead.
pub(crate) fn relative(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let (span, past) = match now - time {
        span if span < TimeDelta::zero() => (-span, false),
        span => (span, true),
    };
    let seconds = span.num_seconds();
    let units = [
        (365 * 86_400, "year"),
        (30 * 86_400, "month"),
        (86_400, "day"),
        (3600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let Some((length, unit)) = units.into_iter().find(|(length, _)| seconds >= *length) else {
        return if past { "just now".into() } else { "now".into() };
    };
    let count = seconds / length;
    let plural = if count == 1 { "" } else { "s" };
    match past {
        true => format!("{count} {unit}{plural} ago"),
        false => format!("in {count} {unit}{plural}"),
    }
}

/// `340ms`, `1.2s`, `3m 12s`, `1h 02m`, `2d 03h`.
pub(crate) fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{}ms", time.as_millis()),
        1..60 => format!("{:.1}s", (time.as_millis() / 100) as f64 / 10.0),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// From one time to another; none when it would be negative.
pub(crate) fn between(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Option<Duration> {
    (to? - from?).to_std().ok()
}

/// `12 B`, `3.4 KiB`, `1.0 GiB`.
pub(crate) fn bytes(count: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut size = count as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1023.95 && unit + 1 < units.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_sizes_are_short() {
        let spans = [
            (340, "340ms"),
            (1_290, "1.2s"),
            (59_999, "59.9s"),
            (192_000, "3m 12s"),
            (3_720_000, "1h 02m"),
        ];
        for (millis, shown) in spans {
            assert_eq!(span(Duration::from_millis(millis)), shown);
        }
        let sizes = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_575, "1.0 MiB"),
            (1 << 30, "1.0 GiB"),
        ];
        for (count, shown) in sizes {
            assert_eq!(bytes(count), shown);
        }
    }

    #[test]
    fn times_are_told_from_now() {
        let now = Utc::now();
        let at = |seconds| relative(now - TimeDelta::seconds(seconds), now);
        assert_eq!(at(0), "just now");
        assert_eq!(at(1), "1 second ago");
        assert_eq!(at(7200), "2 hours ago");
        assert_eq!(at(-90), "in 1 minute");
    }
}
