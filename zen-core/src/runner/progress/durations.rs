//! Durations for people.

use std::time::Duration;

/// How long something took: 0.3 ms, 12 ms, 3.4 s, 2 min 5 s, 1 h 12 min.
pub(super) fn took(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        s if s < 0.001 => format!("{:.1} ms", s * 1e3),
        s if s < 0.9995 => format!("{:.0} ms", s * 1e3),
        s if s < 59.95 => format!("{s:.1} s"),
        _ => elapsed(duration),
    }
}

/// How long something already takes, in whole seconds.
pub(super) fn elapsed(duration: Duration) -> String {
    match duration.as_secs() {
        s if s < 60 => format!("{s} s"),
        s if s < 3600 => format!("{} min {} s", s / 60, s % 60),
        s => format!("{} h {} min", s / 3600, s / 60 % 60),
    }
}

/// A number with its thousands set apart.
pub(super) fn number(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_numbers_read_well() {
        let shown = [0.0003, 0.012, 0.9996, 3.44, 125.0, 4350.0].map(|s| took(Duration::from_secs_f64(s)));
        assert_eq!(
            shown,
            ["0.3 ms", "12 ms", "1.0 s", "3.4 s", "2 min 5 s", "1 h 12 min"]
        );
        assert_eq!([7, 1000, 1234567].map(number), ["7", "1,000", "1,234,567"]);
    }
}
