//! Lines of the table.

use std::fmt;

/// What the numbers of a line are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    /// Seconds.
    Time,
    /// A number a second.
    Rate,
    /// Bytes.
    Memory,
}

/// A line: zen's numbers, and those that the floor had in the same rounds.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) zen: Vec<f64>,
    pub(crate) floor: Vec<f64>,
    pub(crate) bar: &'static str,
}

/// What the columns are.
pub(crate) fn print_header() {
    println!(
        "{:<46} {:>10} {:>10} {:>7}  {:<14} spread of zen",
        "", "zen", "floor", "ratio", "bar"
    );
}

impl Line {
    /// Prints medians. The ratio is the median of the rounds' ratios.
    pub(crate) fn print(&self) {
        let Self {
            name,
            unit,
            zen,
            floor,
            bar,
        } = self;
        if zen.is_empty() {
            return;
        }
        let ratios: Vec<f64> = zen.iter().zip(floor).map(|(zen, floor)| zen / floor).collect();
        let (beside, ratio) = match floor.is_empty() {
            true => (String::new(), String::new()),
            false => (
                Shown(median(floor), *unit).to_string(),
                format!("{:.2}x", median(&ratios)),
            ),
        };
        let least = zen.iter().copied().fold(f64::INFINITY, f64::min);
        let most = zen.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (least, most, zen) = (
            Shown(least, *unit),
            Shown(most, *unit),
            Shown(median(zen), *unit).to_string(),
        );
        println!("{name:<46} {zen:>10} {beside:>10} {ratio:>7}  {bar:<14} {least} .. {most}");
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

struct Shown(f64, Unit);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.1, self.0) {
            (Unit::Rate, rate) => write!(f, "{rate:.0}/s"),
            (Unit::Memory, bytes) => write!(f, "{:.1} MB", bytes / 1e6),
            (Unit::Time, s) if s < 1e-3 => write!(f, "{:.1} us", s * 1e6),
            (Unit::Time, s) if s < 1.0 => write!(f, "{:.1} ms", s * 1e3),
            (Unit::Time, s) => write!(f, "{s:.2} s"),
        }
    }
}
