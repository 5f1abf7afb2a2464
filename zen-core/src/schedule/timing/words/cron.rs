//! Cron expressions, from the values of their fields.

use super::super::cron::Fields;
use super::{days, times};

/// `at 02:00, Monday to Friday`.
pub(super) fn expression(fields: &Fields) -> String {
    let mut parts = vec![times::times(fields)];
    parts.extend(days::days(fields));
    // A time of day goes with a day.
    if parts.len() == 1 && fields.hours.len() < 24 {
        parts.push("every day".to_owned());
    }
    parts.extend(days::years(fields));
    parts.join(", ")
}
