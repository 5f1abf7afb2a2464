//! Durations and sizes as people write them: a whole number and a unit, as in the attributes of `#[step]`.

use std::time::Duration;

/// What a duration looks like, for messages.
pub(crate) const DURATIONS: &str =
    "a whole number and a unit (ms, s, m, h or d): \"250ms\", \"1s\", \"10m\", \"2h\", \"1d\"";

/// What a size looks like, for messages.
pub(crate) const SIZES: &str =
    "a whole number and a unit (kB, MB, GB, TB, KiB, MiB, GiB or TiB): \"512MiB\", \"2GiB\"";

/// `10m`. Also `us` and `ns`, which [`duration_text`] writes.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let seconds = |factor: u64| Some(Duration::from_secs(number.checked_mul(factor)?));
    match unit {
        "ns" => Some(Duration::from_nanos(number)),
        "us" => Some(Duration::from_micros(number)),
        "ms" => Some(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3600),
        "d" => seconds(86_400),
        _ => None,
    }
}

/// The duration in the largest unit that it is a whole number of; what is longer than five hundred years loses its fraction of a second.
pub(crate) fn duration_text(duration: Duration) -> String {
    if duration.subsec_nanos() == 0 {
        return format!("{}s", duration.as_secs());
    }
    let nanos = duration.as_nanos();
    match (u64::try_from(nanos), nanos % 1_000_000, nanos % 1000) {
        (Err(_), ..) => format!("{}s", duration.as_secs()),
        (Ok(nanos), 0, _) => format!("{}ms", nanos / 1_000_000),
        (Ok(nanos), _, 0) => format!("{}us", nanos / 1000),
        (Ok(nanos), ..) => format!("{nanos}ns"),
    }
}

/// `2GiB`, in bytes.
pub(crate) fn size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor: u64 = match unit {
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    number.checked_mul(factor)
}

fn split(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    Some((text[..unit].parse().ok()?, text[unit..].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_come_back_as_they_were_written() {
        assert_eq!(duration("10m"), Some(Duration::from_secs(600)));
        assert_eq!(duration("1 d"), Some(Duration::from_secs(86_400)));
        for known in [
            Duration::ZERO,
            Duration::from_secs(90),
            Duration::from_millis(1500),
            Duration::from_micros(3),
            Duration::from_nanos(1),
            Duration::from_secs(u64::MAX),
        ] {
            assert_eq!(duration(&duration_text(known)), Some(known));
        }
        for wrong in [
            "",
            "10",
            "m",
            "1.5s",
            "-1s",
            "1 minute",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("2GiB"), Some(2 << 30));
        assert_eq!(size("512 MB"), Some(512_000_000));
        for wrong in ["", "2", "GiB", "1.5GiB", "-1GB", "99999999999TiB"] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }
}
