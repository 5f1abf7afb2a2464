//! A cron expression: its text, the values of its fields, and its times.

use std::collections::BTreeSet;
use std::str::FromStr;

use ::cron::TimeUnitSpec;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::super::ScheduleError;
use super::engine::Engine;
use super::fault::Fault;
use super::field::{Dialect, Field};
use super::split::{Word, words};
use super::{never, nickname, parse};

/// How the two day fields go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Days {
    /// A day is in both.
    Both,
    /// A day is in one of them, or in both.
    Either,
}

/// The values of all fields, in order. Weekdays are 1 (Sunday) to 7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Fields {
    pub(in super::super) seconds: Vec<u32>,
    pub(in super::super) minutes: Vec<u32>,
    pub(in super::super) hours: Vec<u32>,
    pub(in super::super) days_of_month: Vec<u32>,
    pub(in super::super) months: Vec<u32>,
    pub(in super::super) days_of_week: Vec<u32>,
    /// Empty for all years.
    pub(in super::super) years: Vec<u32>,
    pub(in super::super) days: Days,
}

/// An expression that was checked, and what finds its times.
#[derive(Debug, Clone)]
pub(in super::super) struct Expression {
    source: String,
    fields: Fields,
    engine: Engine,
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Expression {
    /// Longer ones are refused before anything looks at them. All values of all fields, one by one, are shorter.
    const LONGEST: usize = 4096;

    /// Reads an expression that has times after `since`, a local time.
    pub(in super::super) fn parse(source: &str, since: NaiveDateTime) -> Result<Self, ScheduleError> {
        if source.len() > Self::LONGEST {
            return Err(ScheduleError::TooLong {
                bytes: source.len(),
                limit: Self::LONGEST,
            });
        }
        let all = words(source);
        let nickname = all.first().is_some_and(|word| word.text.starts_with('@'));
        let (dialect, fields, engine) = if nickname {
            let five = nickname::fields(&all).map_err(|fault| fault.of(source))?;
            let fields = crontab(&words(five)).map_err(|fault| fault.of(source))?;
            (Dialect::Crontab, fields.clone(), Engine::new(&fields, source)?)
        } else if all.len() == Dialect::Crontab.fields().len() {
            let fields = crontab(&all).map_err(|fault| fault.of(source))?;
            (Dialect::Crontab, fields.clone(), Engine::new(&fields, source)?)
        } else if all.len() < Dialect::Crontab.fields().len() {
            // The crate asks for no white space between fields, so that one that is missing would make another expression of it.
            return Err(refused(&all, "there are too few fields").of(source));
        } else {
            // The crate decides; the parser here only says what is wrong, and where.
            let schedule = ::cron::Schedule::from_str(source)
                .map_err(|error| refused(&all, &error.to_string()).of(source))?;
            (Dialect::SecondsFirst, values(&schedule), Engine::of(schedule))
        };
        if engine.next_after(since).is_none() {
            let ever = engine.next_after(NaiveDateTime::MIN).is_some();
            return Err(never::fault(&fields, &all, dialect, ever).of(source));
        }
        Ok(Self {
            source: source.to_owned(),
            fields,
            engine,
        })
    }

    /// As it was given.
    pub(in super::super) fn source(&self) -> &str {
        &self.source
    }

    pub(in super::super) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The next local time strictly after one.
    pub(in super::super) fn next_after(&self, local: NaiveDateTime) -> Option<NaiveDateTime> {
        self.engine.next_after(local)
    }

    /// An instant before which no expression fires in any zone.
    pub(in super::super) const FIRST: DateTime<Utc> = midnight(1970, -2);

    /// An instant after which no expression fires in any zone.
    pub(in super::super) const LAST: DateTime<Utc> = midnight(2101, 2);
}

/// Midnight some days after the beginning of a year.
const fn midnight(year: i32, days: i64) -> DateTime<Utc> {
    match NaiveDate::from_ymd_opt(year, 1, 1) {
        Some(day) => match day
            .and_time(NaiveTime::MIN)
            .checked_add_signed(TimeDelta::days(days))
        {
            Some(time) => time.and_utc(),
            None => DateTime::<Utc>::UNIX_EPOCH,
        },
        None => DateTime::<Utc>::UNIX_EPOCH,
    }
}

/// Reads five words as a crontab does.
fn crontab(words: &[Word<'_>]) -> Result<Fields, Fault> {
    let read = |place: usize, field: Field| match words.get(place) {
        Some(word) => parse::values(field, Dialect::Crontab, *word),
        None => Ok(BTreeSet::new()),
    };
    // Cron looks at the first character alone.
    let restricted = |place: usize| {
        words
            .get(place)
            .is_some_and(|word| !word.text.starts_with(['*', '?']))
    };
    let either = restricted(2) && restricted(4);
    let listed = |values: BTreeSet<u32>| values.into_iter().collect::<Vec<_>>();
    Ok(Fields {
        seconds: vec![0],
        minutes: listed(read(0, Field::Minute)?),
        hours: listed(read(1, Field::Hour)?),
        days_of_month: listed(read(2, Field::DayOfMonth)?),
        months: listed(read(3, Field::Month)?),
        days_of_week: listed(
            read(4, Field::DayOfWeek)?
                .into_iter()
                .map(|day| day % 7 + 1)
                .collect(),
        ),
        years: Vec::new(),
        days: if either { Days::Either } else { Days::Both },
    })
}

/// What the crate has read.
fn values(schedule: &::cron::Schedule) -> Fields {
    let years = schedule.years();
    Fields {
        seconds: schedule.seconds().iter().collect(),
        minutes: schedule.minutes().iter().collect(),
        hours: schedule.hours().iter().collect(),
        days_of_month: schedule.days_of_month().iter().collect(),
        months: schedule.months().iter().collect(),
        days_of_week: schedule.days_of_week().iter().collect(),
        years: if years.is_all() {
            Vec::new()
        } else {
            years.iter().collect()
        },
        days: Days::Both,
    }
}

/// What is wrong with an expression that the crate doesn't accept.
fn refused(words: &[Word<'_>], said: &str) -> Fault {
    const NEEDED: &str =
        "it has 5 fields (minute hour day-of-month month day-of-week), or 6 or 7 (second first, year last)";
    let whole = words.first().map_or(0, |word| word.start)..words.last().map_or(0, |word| word.span().end);
    let fields = Dialect::SecondsFirst.fields();
    match words.len() {
        0 => Fault::new(whole, "the cron expression is empty".to_owned()).help(NEEDED),
        count @ ..5 => {
            Fault::new(whole, format!("a cron expression of {count} fields has too few")).help(NEEDED)
        }
        count @ 8.. => {
            let surplus = words[fields.len()].start..whole.end;
            Fault::new(
                surplus,
                format!("a cron expression of {count} fields has too many"),
            )
            .help(NEEDED)
        }
        _ => {
            let wrong = fields
                .iter()
                .zip(words)
                .find_map(|(field, word)| parse::values(*field, Dialect::SecondsFirst, *word).err());
            // The crate and the parser here refuse the same; were it otherwise, the crate's words would have to do.
            wrong.unwrap_or_else(|| Fault::new(whole, format!("the cron expression can't be read: {said}")))
        }
    }
}
