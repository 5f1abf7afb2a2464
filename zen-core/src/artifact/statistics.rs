//! What is recorded about the content of an artifact: rows, columns, and what stands in them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Columns that are listed; further ones are counted.
const MOST_COLUMNS: usize = 100;

/// Longest text, in characters, with the ellipsis.
const LONGEST_TEXT: usize = 80;

/// Statistics of a value that has rows or columns, recorded with the artifact and shown without reading it.
///
/// A table has its columns, an array one column without a name, a collection of tensors one column for each. Only what the
/// format tells cheaply is there; what is `None` is not known.
///
/// Their size is limited: 100 columns are listed, and texts are cut after 80 characters, with `…` at the end.
///
/// ```
/// use zen_core::artifact::{ColumnStatistics, Statistics};
///
/// let mut statistics = Statistics::of_rows(3);
/// let age = ColumnStatistics::new("age", "u8").nulls(1).range(18.into(), 64.into());
/// statistics.push(age);
/// assert_eq!(statistics.columns[0].to_string(), "age u8, 18 to 64, 1 null");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Statistics {
    /// How many rows there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// The first columns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnStatistics>,
    /// How many columns there are beside those.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_columns: u64,
}

/// One column of a table, one tensor of several, or an array.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ColumnStatistics {
    /// The column's name; empty for an array.
    pub name: String,
    /// The type of its values, as the format names it; empty when it is not known.
    pub data_type: String,
    /// For a tensor: the lengths of its axes, outermost first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shape: Option<Vec<u64>>,
    /// How many values are missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nulls: Option<u64>,
    /// How many values are NaN. They are neither missing nor the smallest or the largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nans: Option<u64>,
    /// The smallest value: a number or a boolean as itself, anything else as text. The infinite numbers, which JSON has not, are the
    /// texts `inf` and `-inf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Value>,
    /// The largest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Value>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Statistics {
    /// Statistics of a table of so many rows, as yet without columns.
    pub fn of_rows(rows: u64) -> Self {
        Self {
            rows: Some(rows),
            ..Self::default()
        }
    }

    /// Adds a column, which is only counted when a hundred are listed.
    pub fn push(&mut self, column: ColumnStatistics) {
        if self.columns.len() < MOST_COLUMNS {
            self.columns.push(column.cut());
        } else {
            self.more_columns += 1;
        }
    }

    /// Whether further columns will only be counted, so that nothing need be found out about them.
    pub fn is_full(&self) -> bool {
        self.columns.len() >= MOST_COLUMNS
    }

    /// The same within the limits, which a codec that fills the fields itself may have passed.
    pub(crate) fn limited(self) -> Self {
        let mut limited = Self {
            rows: self.rows,
            columns: Vec::new(),
            more_columns: self.more_columns,
        };
        self.columns.into_iter().for_each(|column| limited.push(column));
        limited
    }
}

impl ColumnStatistics {
    /// A column of which nothing more is known.
    pub fn new(name: impl Into<String>, data_type: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            data_type: data_type.into(),
            ..Self::default()
        }
    }

    /// With the lengths of a tensor's axes.
    pub fn shape(mut self, shape: impl IntoIterator<Item = u64>) -> Self {
        self.shape = Some(shape.into_iter().collect());
        self
    }

    /// With the number of missing values.
    pub fn nulls(mut self, nulls: u64) -> Self {
        self.nulls = Some(nulls);
        self
    }

    /// With the number of values that are NaN.
    pub fn nans(mut self, nans: u64) -> Self {
        self.nans = Some(nans);
        self
    }

    /// With the smallest and the largest value; [`float`](Self::float) makes them of floating-point numbers.
    pub fn range(mut self, min: Value, max: Value) -> Self {
        (self.min, self.max) = (Some(min), Some(max));
        self
    }

    /// A floating-point number as statistics hold it: its shortest decimal form, so that an `f32` of 0.1 is shown as that; the texts
    /// `inf`, `-inf` and `NaN` for what JSON has no numbers for.
    pub fn float(number: impl fmt::LowerExp) -> Value {
        let text = format!("{number:e}");
        let number = text.parse().ok().and_then(serde_json::Number::from_f64);
        number.map_or(Value::String(text), Value::Number)
    }

    fn cut(mut self) -> Self {
        let texts = [&mut self.name, &mut self.data_type].into_iter();
        let values = [&mut self.min, &mut self.max].into_iter();
        for text in texts.chain(values.filter_map(|value| match value {
            Some(Value::String(text)) => Some(text),
            _ => None,
        })) {
            crate::secrets::redact_string(text);
            if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT - 1)
                && text[end..].chars().nth(1).is_some()
            {
                text.truncate(end);
                text.push('…');
            }
        }
        // More axes than any array library has, and values that are no numbers or texts, could be of any size.
        if let Some(shape) = &mut self.shape {
            shape.truncate(64);
        }
        for value in [&mut self.min, &mut self.max] {
            value.take_if(|value| value.is_array() || value.is_object());
        }
        self
    }
}

impl fmt::Display for ColumnStatistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = match self.name.is_empty() || self.data_type.is_empty() {
            true => "",
            false => " ",
        };
        write!(f, "{}{between}{}", self.name, self.data_type)?;
        if let Some(shape) = &self.shape {
            write!(f, " {shape:?}")?;
        }
        if let (Some(min), Some(max)) = (&self.min, &self.max) {
            write!(f, ", {min} to {max}")?;
        }
        match self.nulls {
            None | Some(0) => {}
            Some(1) => write!(f, ", 1 null")?,
            Some(nulls) => write!(f, ", {nulls} nulls")?,
        }
        match self.nans {
            None | Some(0) => Ok(()),
            Some(nans) => write!(f, ", {nans} NaN"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_numbers_and_what_json_lacks_is_text() {
        assert_eq!(ColumnStatistics::float(0.1f32).to_string(), "0.1");
        assert_eq!(
            ColumnStatistics::float(f64::MIN_POSITIVE),
            json!(f64::MIN_POSITIVE)
        );
        assert_eq!(ColumnStatistics::float(f64::INFINITY), json!("inf"));
        assert_eq!(ColumnStatistics::float(f32::NEG_INFINITY), json!("-inf"));
        assert_eq!(ColumnStatistics::float(f64::NAN), json!("NaN"));
    }

    #[test]
    fn their_size_is_limited() {
        let long = "é".repeat(1000);
        let mut statistics = Statistics::default();
        for _ in 0..250 {
            let column = ColumnStatistics::new(&long, &long)
                .shape([1; 1000])
                .range(long.clone().into(), json!([long]));
            statistics.push(column);
        }
        assert_eq!((statistics.columns.len(), statistics.more_columns), (100, 150));
        let cut = format!("{}…", "é".repeat(79));
        let first = &statistics.columns[0];
        assert_eq!((&first.name, &first.data_type), (&cut, &cut));
        assert_eq!((&first.min, &first.max), (&Some(json!(cut)), &None));
        let exact = ColumnStatistics::new("é".repeat(80), "").cut();
        assert_eq!(exact.name, "é".repeat(80));

        let filled = Statistics {
            columns: vec![ColumnStatistics::new(long, ""); 300],
            ..Statistics::of_rows(1)
        };
        let limited = filled.limited();
        assert_eq!(
            (limited.rows, limited.columns.len(), limited.more_columns),
            (Some(1), 100, 200)
        );
        assert_eq!(limited.columns[0].name, cut);
    }

    #[test]
    fn they_come_back_from_json() {
        let mut statistics = Statistics::of_rows(u64::MAX);
        statistics.push(
            ColumnStatistics::new("a", "f64")
                .nulls(1)
                .nans(2)
                .shape([3])
                .range(u64::MAX.into(), json!("inf")),
        );
        let text = serde_json::to_string(&statistics).unwrap();
        assert_eq!(serde_json::from_str::<Statistics>(&text).unwrap(), statistics);
        assert_eq!(serde_json::to_string(&Statistics::default()).unwrap(), "{}");
        assert_eq!(
            serde_json::from_str::<Statistics>("{}").unwrap(),
            Statistics::default()
        );
    }
}
