//! A single value in a field: a number or a name.

use super::fault::Fault;
use super::field::{Dialect, Field};
use super::split::Word;
use crate::near::nearest;

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) number: u32,
    /// Whether it was written as a name.
    pub(super) named: bool,
}

/// Reads a value and checks that it is in the field's range.
pub(super) fn value(field: Field, dialect: Dialect, word: Word<'_>) -> Result<Value, Fault> {
    let fault = |reason: String| Fault::new(word.span(), reason);
    let (name, text) = (field.name(), word.shown());
    if word.text.is_empty() {
        let before = word.start.saturating_sub(1)..word.start;
        return Err(
            Fault::new(before, format!("a value of {name} is missing here")).help(accepted(field, dialect))
        );
    }
    if word.text.bytes().all(|byte| byte.is_ascii_digit()) {
        let (low, high) = field.bounds(dialect);
        let number = word
            .text
            .parse()
            .ok()
            .filter(|number| (low..=high).contains(number));
        return match number {
            Some(number) => Ok(Value { number, named: false }),
            None => Err(out_of_range(
                field,
                dialect,
                fault(format!("{name} `{text}` is out of range {low}-{high}")),
            )),
        };
    }
    if word.text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        if let Some(number) = field.number(word.text, dialect) {
            return Ok(Value { number, named: true });
        }
        let known: Vec<&str> = field
            .names()
            .iter()
            .flat_map(|names| names.iter().copied())
            .collect();
        if let Some(near) = nearest(&word.text.to_ascii_lowercase(), known.iter().copied()) {
            return Err(fault(format!("{name} `{text}` isn't known")).help(format!("did you mean `{near}`?")));
        }
    }
    Err(fault(reason(field, dialect, word)).help(accepted(field, dialect)))
}

/// The two languages count weekdays differently, which is easily forgotten.
fn out_of_range(field: Field, dialect: Dialect, fault: Fault) -> Fault {
    match (field, dialect) {
        (Field::DayOfWeek, Dialect::SecondsFirst) => {
            fault.help("in 6 or 7 fields, 1 is Sunday and 7 is Saturday; names mean the same everywhere")
        }
        _ => fault,
    }
}

/// What is wrong with something that is no value at all.
fn reason(field: Field, dialect: Dialect, word: Word<'_>) -> String {
    let (name, text) = (field.name(), word.shown());
    let days = field.question_mark();
    if word.text.contains('?') && !days {
        return format!("{name} `{text}`: `?` stands for `*` in the two day fields only");
    }
    if word.text.contains('~') && dialect == Dialect::Crontab {
        return format!("{name} `{text}`: random times (`~`) aren't supported");
    }
    if days && word.text.contains(['L', 'W', '#', 'l', 'w']) && word.text.len() <= 4 {
        return format!("{name} `{text}`: `L`, `W` and `#` aren't supported");
    }
    if word.text.contains('*') {
        return format!("{name} `{text}`: `*` stands alone or before a step, as in `*/5`");
    }
    format!(
        "{name} `{text}` is neither a number{}",
        match field.names() {
            [] => " nor `*`",
            _ => " nor a name",
        }
    )
}

/// What may stand in a field.
pub(super) fn accepted(field: Field, dialect: Dialect) -> String {
    let (low, high) = field.bounds(dialect);
    let names = match (field, dialect) {
        (Field::Month, _) => ", jan-dec",
        (Field::DayOfWeek, Dialect::Crontab) => " (0 and 7 are Sunday), sun-sat",
        (Field::DayOfWeek, Dialect::SecondsFirst) => " (1 is Sunday), sun-sat",
        _ => "",
    };
    format!("accepted: {low}-{high}{names}, lists `a,b`, ranges `a-b`, steps `*/n` and `a-b/n`")
}
