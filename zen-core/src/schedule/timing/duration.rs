//! Durations as text: decimal seconds such as `90s` and `0.25s`, exact to the microsecond.

use std::time::Duration;

/// `90s`, `0.25s`.
pub(super) fn text(duration: Duration) -> String {
    let (seconds, micros) = (duration.as_secs(), duration.subsec_micros());
    match micros {
        0 => format!("{seconds}s"),
        _ => format!("{}s", format!("{seconds}.{micros:06}").trim_end_matches('0')),
    }
}

/// What [`text`] wrote.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.strip_suffix('s')?;
    let (seconds, fraction) = match number.split_once('.') {
        Some((seconds, fraction)) if digits(fraction) && fraction.len() <= 6 => (seconds, fraction),
        Some(_) => return None,
        None => (number, "0"),
    };
    if !digits(seconds) {
        return None;
    }
    let micros: u32 = format!("{fraction:0<6}").parse().ok()?;
    Some(Duration::new(seconds.parse().ok()?, micros * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_they_were_written() {
        for (duration, expected) in [
            (Duration::from_secs(90), "90s"),
            (Duration::from_millis(250), "0.25s"),
            (Duration::from_micros(1_000_001), "1.000001s"),
            (Duration::ZERO, "0s"),
            (Duration::from_secs(u64::MAX), "18446744073709551615s"),
        ] {
            assert_eq!(text(duration), expected);
            assert_eq!(parse(expected), Some(duration));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for wrong in [
            "",
            "s",
            "1",
            "-1s",
            "+1s",
            "1.s",
            ".5s",
            "1.0000001s",
            "1e3s",
            "18446744073709551616s",
            "1m",
            "1.5.5s",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
