//! The table at the end.

use std::time::Instant;

use crate::fill::Filled;
use crate::rows::Row;

/// How many measurements of a row are made on each database.
const SAMPLES: usize = 21;

/// Measures every row on all databases in turn, and prints medians with their ratios to the first.
pub(crate) fn print(rows: &[&Row], filled: &[Filled], measures: bool) {
    let samples = if measures { SAMPLES } else { 1 };
    print!("{:<36}", "");
    for filled in filled {
        print!("{:>22}", format!("{} runs", filled.runs));
    }
    println!();
    for row in rows {
        let mut times = vec![Vec::new(); filled.len()];
        for _ in 0..samples {
            for (times, filled) in times.iter_mut().zip(filled) {
                let begun = Instant::now();
                (0..row.times).for_each(|_| (row.act)(filled));
                times.push(begun.elapsed().as_secs_f64() / f64::from(row.times));
            }
        }
        let medians: Vec<f64> = times.into_iter().map(median).collect();
        print!("{:<36}", row.name);
        for time in &medians {
            let ratio = time / medians.first().copied().unwrap_or(f64::NAN);
            print!("{:>22}", format!("{:.1} us {ratio:>6.2}x", time * 1e6));
        }
        println!();
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
