//! Days, months and years.

use super::super::cron::{Days, Fields};
use super::list::{list, runs};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Monday first, which is how weeks are read aloud.
const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Which days of the year; nothing for all.
pub(super) fn days(fields: &Fields) -> Vec<String> {
    let (all_dates, all_weekdays) = (fields.days_of_month.len() == 31, fields.days_of_week.len() == 7);
    let all_months = fields.months.len() == 12;
    let either = fields.days == Days::Either;
    let mut parts = Vec::new();
    // The dates can have the months with them, as in `the 1st of July`.
    let mut named_months = false;
    if either && (all_dates || all_weekdays) {
        // One of them matches every day.
    } else if either {
        parts.push(format!("on {} or {}", dates(fields), on_weekdays(fields)));
    } else if !all_dates {
        let months = if all_months {
            "the month".to_owned()
        } else {
            months(fields)
        };
        named_months = true;
        let weekdays = match all_weekdays {
            true => String::new(),
            false if fields.days_of_month.len() == 1 => format!(" that falls {}", on_weekdays(fields)),
            false => format!(" that fall {}", on_weekdays(fields)),
        };
        parts.push(format!("on {} of {months}{weekdays}", dates(fields)));
    } else if !all_weekdays {
        parts.push(weekdays(fields));
    }
    if !all_months && !named_months {
        parts.push(format!("in {}", months(fields)));
    }
    parts
}

/// Which years; nothing for all.
pub(super) fn years(fields: &Fields) -> Option<String> {
    match fields.years.as_slice() {
        [] => None,
        years => Some(format!("in {}", list(years, |year| year.to_string()))),
    }
}

/// `the 1st and the 15th`.
fn dates(fields: &Fields) -> String {
    list(&fields.days_of_month, |day| format!("the {}", ordinal(day)))
}

fn months(fields: &Fields) -> String {
    list(&fields.months, |month| name(&MONTHS, month))
}

/// `on a Friday`, `on Monday to Friday`.
fn on_weekdays(fields: &Fields) -> String {
    match runs(&monday_first(fields)).as_slice() {
        [(day, last)] if day == last => format!("on a {}", name(&WEEKDAYS, *day)),
        _ => format!("on {}", weekdays(fields)),
    }
}

/// `Monday to Friday`.
fn weekdays(fields: &Fields) -> String {
    list(&monday_first(fields), |day| name(&WEEKDAYS, day))
}

/// Weekdays as 1 (Monday) to 7 (Sunday), from 1 (Sunday) to 7 (Saturday).
fn monday_first(fields: &Fields) -> Vec<u32> {
    let mut days: Vec<u32> = fields.days_of_week.iter().map(|day| (day + 5) % 7 + 1).collect();
    days.sort_unstable();
    days
}

fn name(names: &[&str], number: u32) -> String {
    names
        .get(number as usize - 1)
        .map_or_else(|| number.to_string(), |name| (*name).to_owned())
}

fn ordinal(day: u32) -> String {
    let ending = match (day % 10, day % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{day}{ending}")
}
