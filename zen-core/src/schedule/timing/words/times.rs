//! Times of the day.

use super::super::cron::Fields;
use super::list::{cycle, distance, joined, list};

/// More times than this are described instead of listed.
const LISTED: usize = 6;

/// Which seconds of the day.
pub(super) fn times(fields: &Fields) -> String {
    let (seconds, minutes, hours) = (&fields.seconds, &fields.minutes, &fields.hours);
    if seconds.len() * minutes.len() * hours.len() <= LISTED {
        return format!("at {}", joined(&listed(fields)));
    }
    match seconds.as_slice() {
        [0] => to_the_minute(minutes, hours),
        _ => to_the_second(seconds, minutes, hours),
    }
}

/// `02:00` of all times; with seconds when there are any.
fn listed(fields: &Fields) -> Vec<String> {
    let mut times = Vec::new();
    for hour in &fields.hours {
        for minute in &fields.minutes {
            for second in &fields.seconds {
                times.push(match fields.seconds.as_slice() {
                    [0] => format!("{hour:02}:{minute:02}"),
                    _ => format!("{hour:02}:{minute:02}:{second:02}"),
                });
            }
        }
    }
    times
}

fn to_the_minute(minutes: &[u32], hours: &[u32]) -> String {
    if let ([minute], Some(step)) = (minutes, distance(hours)) {
        if hours.len() == 24 && *minute == 0 {
            return "every hour".to_owned();
        }
        if hours.len() < 24 {
            let (first, last) = (hours[0], hours[hours.len() - 1]);
            return format!(
                "{} from {first:02}:{minute:02} to {last:02}:{minute:02}",
                every(step, "hour")
            );
        }
    }
    match cycle(minutes, 60) {
        Some(step) => match window(hours) {
            Window::All => every(step, "minute"),
            Window::Whole(first, last) => {
                format!("{} from {first:02}:00 to {last:02}:59", every(step, "minute"))
            }
            Window::Other => format!("{} of {}", every(step, "minute"), of(hours, 24, "hour")),
        },
        None => format!("at {} of {}", some(minutes, "minute"), of(hours, 24, "hour")),
    }
}

fn to_the_second(seconds: &[u32], minutes: &[u32], hours: &[u32]) -> String {
    let (text, repeated) = match cycle(seconds, 60) {
        Some(step) => (every(step, "second"), true),
        None => (format!("at {}", some(seconds, "second")), false),
    };
    let all_minutes = minutes.len() == 60;
    match window(hours) {
        Window::All if all_minutes && repeated => text,
        Window::Whole(first, last) if all_minutes && repeated => {
            format!("{text} from {first:02}:00:00 to {last:02}:59:59")
        }
        Window::All if all_minutes => format!("{text} of every minute"),
        _ => format!(
            "{text} of {} of {}",
            of(minutes, 60, "minute"),
            of(hours, 24, "hour")
        ),
    }
}

/// How hours lie in the day.
enum Window {
    All,
    /// One after the other, from the first to the last.
    Whole(u32, u32),
    Other,
}

fn window(hours: &[u32]) -> Window {
    match (hours, distance(hours)) {
        _ if hours.len() == 24 => Window::All,
        ([hour], _) => Window::Whole(*hour, *hour),
        ([first, .., last], Some(1)) => Window::Whole(*first, *last),
        _ => Window::Other,
    }
}

/// `every minute`, `every 5 minutes`.
fn every(count: u32, unit: &str) -> String {
    match count {
        1 => format!("every {unit}"),
        _ => format!("every {count} {unit}s"),
    }
}

/// `minute 5`, `minutes 5 and 20`.
fn some(values: &[u32], unit: &str) -> String {
    let plural = if values.len() == 1 { "" } else { "s" };
    format!("{unit}{plural} {}", list(values, |value| value.to_string()))
}

/// `every hour`, `the hours 2 and 5`.
fn of(values: &[u32], size: usize, unit: &str) -> String {
    match values.len() == size {
        true => format!("every {unit}"),
        false => format!("the {}", some(values, unit)),
    }
}
