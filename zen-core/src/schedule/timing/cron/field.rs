//! The fields of a cron expression: what each is called, and what may stand in it.

use super::names::{MONTHS, WEEKDAYS};

/// One of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Second,
    Minute,
    Hour,
    DayOfMonth,
    Month,
    DayOfWeek,
    Year,
}

/// Which of the two languages an expression is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Five fields, as in a crontab.
    Crontab,
    /// Six or seven, as the `cron` crate reads them.
    SecondsFirst,
}

impl Dialect {
    /// The fields, in order.
    pub(super) const fn fields(self) -> &'static [Field] {
        use Field::{DayOfMonth, DayOfWeek, Hour, Minute, Month, Second, Year};
        match self {
            Self::Crontab => &[Minute, Hour, DayOfMonth, Month, DayOfWeek],
            Self::SecondsFirst => &[Second, Minute, Hour, DayOfMonth, Month, DayOfWeek, Year],
        }
    }
}

impl Field {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day-of-month",
            Self::Month => "month",
            Self::DayOfWeek => "day-of-week",
            Self::Year => "year",
        }
    }

    /// The smallest and the largest number that may be written.
    pub(super) const fn bounds(self, dialect: Dialect) -> (u32, u32) {
        match (self, dialect) {
            (Self::Second | Self::Minute, _) => (0, 59),
            (Self::Hour, _) => (0, 23),
            (Self::DayOfMonth, _) => (1, 31),
            (Self::Month, _) => (1, 12),
            (Self::DayOfWeek, Dialect::Crontab) => (0, 7),
            (Self::DayOfWeek, Dialect::SecondsFirst) => (1, 7),
            (Self::Year, _) => (1970, 2100),
        }
    }

    /// The names that may be written instead of numbers, from the smallest number on.
    pub(super) const fn names(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Month => MONTHS,
            Self::DayOfWeek => WEEKDAYS,
            _ => &[],
        }
    }

    /// The number of a name, in any case.
    pub(super) fn number(self, name: &str, dialect: Dialect) -> Option<u32> {
        let place = self
            .names()
            .iter()
            .position(|names| names.iter().any(|known| known.eq_ignore_ascii_case(name)))?;
        Some(u32::try_from(place).ok()? + self.bounds(dialect).0)
    }

    /// Whether `?` may be written for `*`.
    pub(super) const fn question_mark(self) -> bool {
        matches!(self, Self::DayOfMonth | Self::DayOfWeek)
    }
}
