//! Random expressions of five fields, with what they mean: written by hand, apart from what is tested.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDateTime, Timelike};
use proptest::prelude::*;
use proptest::sample::select;

/// An expression, and the values of its fields.
#[derive(Debug, Clone)]
pub struct Crontab {
    pub text: String,
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    dates: BTreeSet<u32>,
    months: BTreeSet<u32>,
    /// 0 is Sunday.
    weekdays: BTreeSet<u32>,
    either: bool,
    /// Whether a day field begins with `*` and says more, as `*/2`.
    pub stepped_days: bool,
}

impl Crontab {
    /// Whether a local time is one of its times.
    pub fn matches(&self, time: NaiveDateTime) -> bool {
        let date = self.dates.contains(&time.day());
        let weekday = self.weekdays.contains(&time.weekday().num_days_from_sunday());
        let day = if self.either {
            date || weekday
        } else {
            date && weekday
        };
        time.second() == 0
            && self.minutes.contains(&time.minute())
            && self.hours.contains(&time.hour())
            && self.months.contains(&time.month())
            && day
    }

    /// Whether it has one time a day, written without a step.
    pub fn plain_time(&self) -> bool {
        let mut time = self.text.split(' ').take(2);
        self.minutes.len() == 1 && self.hours.len() == 1 && !time.any(|field| field.contains('/'))
    }
}

type Part = (String, BTreeSet<u32>);

/// An item of a list.
fn item(low: u32, high: u32) -> impl Strategy<Value = Part> {
    let value = (low..=high).prop_map(|value| (value.to_string(), BTreeSet::from([value])));
    let range = (low..=high, low..=high, 1..=high).prop_map(|(one, other, step)| {
        let (from, to) = (one.min(other), one.max(other));
        let values = (from..=to).step_by(step as usize).collect();
        match step {
            1 => (format!("{from}-{to}"), values),
            _ => (format!("{from}-{to}/{step}"), values),
        }
    });
    prop_oneof![3 => value, 2 => range]
}

/// A field: everything, every n-th, or a list.
fn field(low: u32, high: u32) -> impl Strategy<Value = Part> {
    let all = Just(("*".to_owned(), (low..=high).collect()));
    let stepped = (2..=high.min(30))
        .prop_map(move |step| (format!("*/{step}"), (low..=high).step_by(step as usize).collect()));
    let list = proptest::collection::vec(item(low, high), 1..4).prop_map(|items| {
        let text: Vec<String> = items.iter().map(|(text, _)| text.clone()).collect();
        (
            text.join(","),
            items.into_iter().flat_map(|(_, values)| values).collect(),
        )
    });
    prop_oneof![3 => all, 2 => stepped, 4 => list]
}

/// Expressions with few or many times a day.
pub fn crontab() -> impl Strategy<Value = Crontab> {
    let minutes = prop_oneof![
        2 => select(vec![0_u32, 15, 30, 45]).prop_map(|value| (value.to_string(), BTreeSet::from([value]))),
        3 => field(0, 59),
    ];
    // The hours in which clocks are changed come often.
    let hours = prop_oneof![
        2 => (0_u32..4).prop_map(|value| (value.to_string(), BTreeSet::from([value]))),
        3 => field(0, 23),
    ];
    let months = prop_oneof![
        3 => Just(("*".to_owned(), (1..=12).collect::<BTreeSet<u32>>())),
        1 => field(1, 12),
    ];
    let days = prop_oneof![
        2 => Just(("*".to_owned(), (1..=31).collect::<BTreeSet<u32>>())),
        // Not the 30th and the 31st alone: those may never come.
        2 => field(1, 29),
    ];
    // The 30th and 31st belong to `*` and `*/n` too.
    let days = days.prop_map(|(text, values)| match text.strip_prefix("*/") {
        Some(step) => {
            let step: usize = step.parse().expect("written above");
            let values = (1..=31).step_by(step).collect();
            (text, values)
        }
        None if text == "*" => (text, (1..=31).collect()),
        None => (text, values),
    });
    (minutes, hours, days, months, field(0, 7)).prop_map(|(minutes, hours, dates, months, weekdays)| {
        let text = [&minutes.0, &hours.0, &dates.0, &months.0, &weekdays.0]
            .map(String::as_str)
            .join(" ");
        let star = |part: &Part| part.0.starts_with('*');
        let stepped = |part: &Part| star(part) && part.0 != "*";
        Crontab {
            text,
            either: !star(&dates) && !star(&weekdays),
            stepped_days: stepped(&dates) || stepped(&weekdays),
            minutes: minutes.1,
            hours: hours.1,
            dates: dates.1,
            months: months.1,
            weekdays: weekdays.1.into_iter().map(|day| day % 7).collect(),
        }
    })
}
