//! The table at the end.

use std::time::Duration;

use crate::large;
use crate::rows::Row;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The framework.
    Zen,
    /// By hand.
    Floor,
}

/// Measures every row, zen and its floor in turn, and prints medians. The ratio is the median of the pairs' ratios.
pub(crate) fn print(rows: &[Row], samples: Option<usize>) {
    println!(
        "{:<52} {:>10} {:>10} {:>7}  {:<12} spread of zen",
        "", "zen", "floor", "ratio", "bar"
    );
    for row in rows {
        // One to warm up.
        row.sample().both();
        let pairs: Vec<_> = (0..samples.unwrap_or(row.samples))
            .map(|_| row.sample().both())
            .collect();
        let zen: Vec<f64> = pairs.iter().map(|(zen, _)| seconds(*zen, row.per)).collect();
        let floor: Vec<f64> = pairs
            .iter()
            .filter_map(|(_, floor)| Some(seconds((*floor)?, row.per)))
            .collect();
        let ratios: Vec<f64> = zen.iter().zip(&floor).map(|(zen, floor)| zen / floor).collect();
        let (floor, ratio) = match floor.is_empty() {
            true => (String::new(), String::new()),
            false => (shown(median(floor)), format!("{:.2}x", median(ratios))),
        };
        let mut sorted = zen.clone();
        sorted.sort_by(f64::total_cmp);
        let spread = match (sorted.first(), sorted.last()) {
            (Some(first), Some(last)) => format!("{} .. {}", shown(*first), shown(*last)),
            _ => String::new(),
        };
        let (name, zen, bar) = (row.name, shown(median(zen)), row.bar);
        println!("{name:<52} {zen:>10} {floor:>10} {ratio:>7}  {bar:<12} {spread}");
    }
    println!("chains and graphs: per step; the others: as a whole");
    if let (Some(zen), Some(floor)) = (large::largest_peak(Side::Zen), large::largest_peak(Side::Floor)) {
        let arrays = |peak: u64| peak as f64 / large::BYTES as f64;
        println!(
            "peak memory of the process with the large array: zen {:.2} arrays, floor {:.2}; bar: under 3",
            arrays(zen),
            arrays(floor)
        );
    }
}

fn seconds(time: Duration, per: usize) -> f64 {
    time.as_secs_f64() / per as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn shown(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.1} us", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}
