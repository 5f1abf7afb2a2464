//! The values of one field.

use std::collections::BTreeSet;

use super::fault::Fault;
use super::field::{Dialect, Field};
use super::split::Word;
use super::value::{Value, accepted, value};

/// Which values a field names: those that may be written, so that Sunday can be 0 and 7.
pub(super) fn values(field: Field, dialect: Dialect, word: Word<'_>) -> Result<BTreeSet<u32>, Fault> {
    let mut values = BTreeSet::new();
    for item in word.split(',') {
        values.extend(self::item(field, dialect, item)?);
    }
    Ok(values)
}

/// One item of a list: `*`, `a`, `a-b`, each with or without `/n`.
fn item(field: Field, dialect: Dialect, item: Word<'_>) -> Result<Vec<u32>, Fault> {
    let (base, step) = match item.split_once('/') {
        Some((base, step)) => (base, Some(step)),
        None => (item, None),
    };
    let (low, high) = field.bounds(dialect);
    let (from, to) = match base.split_once('-') {
        _ if is_star(field, base) => (low, high),
        Some((from, to)) => range(field, dialect, base, from, to)?,
        None => {
            let Value { number, named } = value(field, dialect, base)?;
            match (step, dialect) {
                (None, _) => (number, number),
                (Some(_), Dialect::SecondsFirst) if named => {
                    let reason = format!("{} `{}`: a step can't follow a name", field.name(), item.shown());
                    let help = format!("write the range, as `{}-{}/2`", base.shown(), last_name(field));
                    return Err(Fault::new(item.span(), reason).help(help));
                }
                // Without an end, to the last one. 7 would be the Sunday of the next week.
                (Some(_), Dialect::Crontab) if field == Field::DayOfWeek => (number, number.max(6)),
                (Some(_), _) => (number, high),
            }
        }
    };
    let step = match step {
        Some(word) => self::step(field, dialect, item, word)?,
        None => 1,
    };
    Ok((from..=to).step_by(step).collect())
}

/// Whether this is `*`, or `?` where that means the same.
fn is_star(field: Field, word: Word<'_>) -> bool {
    word.text == "*" || (word.text == "?" && field.question_mark())
}

fn range(
    field: Field,
    dialect: Dialect,
    whole: Word<'_>,
    from: Word<'_>,
    to: Word<'_>,
) -> Result<(u32, u32), Fault> {
    let (name, text) = (field.name(), whole.shown());
    let fault = |reason: String| Fault::new(whole.span(), reason);
    if is_star(field, from) || is_star(field, to) {
        return Err(
            fault(format!("{name} `{text}`: `*` can't be the end of a range")).help(accepted(field, dialect))
        );
    }
    if to.text.contains('-') && !from.text.is_empty() && !to.text.starts_with('-') {
        return Err(fault(format!("{name} `{text}`: a range has two ends")).help(accepted(field, dialect)));
    }
    let (first, mut last) = (value(field, dialect, from)?, value(field, dialect, to)?);
    if dialect == Dialect::SecondsFirst && first.named != last.named {
        return Err(fault(format!(
            "{name} `{text}`: both ends of a range are names, or both are numbers"
        )));
    }
    // A week that is written to its Sunday ends with it.
    if dialect == Dialect::Crontab && field == Field::DayOfWeek && last.named && last.number < first.number {
        last.number = if last.number == 0 { 7 } else { last.number };
    }
    if last.number < first.number {
        let fault = fault(format!("{name} `{text}`: the range ends before it begins"));
        return Err(fault.help(match wraps(field, dialect, first, last) {
            Some(instead) => format!("write `{instead}`"),
            None => format!("write `{}-{}`", to.shown(), from.shown()),
        }));
    }
    Ok((first.number, last.number))
}

/// How to write a range that goes over the end of its field. The other way round may be meant in fields that don't go round.
fn wraps(field: Field, dialect: Dialect, first: Value, last: Value) -> Option<String> {
    let (low, high) = field.bounds(dialect);
    let part = |from: u32, to: u32| match from == to {
        true => from.to_string(),
        false => format!("{from}-{to}"),
    };
    match (field, dialect) {
        (Field::Year, _) => None,
        // Sunday is 7 as well as 0.
        (Field::DayOfWeek, Dialect::Crontab) => Some(match last.number {
            0 => part(first.number, 7),
            last => format!("{},{}", part(first.number, 7), part(1, last)),
        }),
        _ => Some(format!("{},{}", part(first.number, high), part(low, last.number))),
    }
}

/// The number after `/`.
fn step(field: Field, dialect: Dialect, item: Word<'_>, word: Word<'_>) -> Result<usize, Fault> {
    let (name, largest) = (field.name(), field.bounds(dialect).1);
    let span = match word.text.is_empty() {
        true => item.span(),
        false => word.span(),
    };
    let fault = |reason: String| Fault::new(span.clone(), reason);
    if word.text.is_empty() || !word.text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(fault(format!(
            "{name} `{}`: a step is a number, as in `*/5`",
            item.shown()
        )));
    }
    match word.text.parse::<u32>() {
        Ok(0) => Err(
            fault(format!("{name} `{}`: a step of 0 goes nowhere", item.shown()))
                .help(format!("accepted: 1-{largest}")),
        ),
        Ok(step) if step <= largest => Ok(step as usize),
        _ => Err(fault(format!(
            "{name} `{}`: the step is longer than the field",
            item.shown()
        ))
        .help(format!(
            "accepted: 1-{largest}; for longer distances of elapsed time there is `Schedule::every`"
        ))),
    }
}

/// The short name of the last value.
fn last_name(field: Field) -> &'static str {
    field
        .names()
        .last()
        .and_then(|names| names.first())
        .copied()
        .unwrap_or_default()
}
