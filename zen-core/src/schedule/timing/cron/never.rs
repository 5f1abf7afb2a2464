//! Expressions that are well formed and can never fire.

use super::expression::Fields;
use super::fault::Fault;
use super::field::{Dialect, Field};
use super::split::Word;

const MONTHS: [(&str, u32); 12] = [
    ("January", 31),
    ("February", 29),
    ("March", 31),
    ("April", 30),
    ("May", 31),
    ("June", 30),
    ("July", 31),
    ("August", 31),
    ("September", 30),
    ("October", 31),
    ("November", 30),
    ("December", 31),
];

/// Why an expression never fires, which is known. `ever` says whether it has fired in the past.
pub(super) fn fault(fields: &Fields, words: &[Word<'_>], dialect: Dialect, ever: bool) -> Fault {
    let place = |field: Field| {
        let place = dialect.fields().iter().position(|known| *known == field)?;
        Some(words.get(place)?.span())
    };
    let whole = words.first().map_or(0, |word| word.start)..words.last().map_or(0, |word| word.span().end);
    let between = |from: Field, to: Field| match (place(from), place(to)) {
        (Some(from), Some(to)) => from.start..to.end,
        _ => whole.clone(),
    };
    if ever {
        let reason = "this never fires again: all its times are past".to_owned();
        let help = "give a year to come, or leave the years out";
        return Fault::new(place(Field::Year).unwrap_or(whole.clone()), reason).help(help);
    }
    let longest = fields
        .months
        .iter()
        .filter_map(|month| MONTHS.get(*month as usize - 1))
        .map(|(_, days)| *days)
        .max();
    if fields.days_of_month.iter().all(|day| Some(*day) > longest) {
        let months: Vec<&str> = fields
            .months
            .iter()
            .filter_map(|month| MONTHS.get(*month as usize - 1))
            .map(|(name, _)| *name)
            .collect();
        let days: Vec<String> = fields.days_of_month.iter().map(u32::to_string).collect();
        let reason = format!(
            "this never fires: there is no day {} in {}",
            days.join(" or "),
            months.join(" or ")
        );
        return Fault::new(between(Field::DayOfMonth, Field::Month), reason);
    }
    let reason = "this never fires: no day is on all of these dates and weekdays".to_owned();
    Fault::new(between(Field::DayOfMonth, Field::Year), reason)
}
