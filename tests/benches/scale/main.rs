//! What a hundred thousand recorded runs slow down.
//!
//! `cargo bench -p zen-tests --bench scale` fills databases with 100, 10 000 and 100 000 runs, measures with criterion, and then prints a table
//! whose ratios are to the smallest database; the databases take turns, so that whatever else the machine does falls on all. `.. -- page`
//! keeps to the rows whose name contains `page`, and `.. -- table page` leaves criterion out. Filling takes a few minutes.

mod fill;
mod process;
mod rows;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};

/// How many runs the databases have.
const SIZES: [usize; 3] = [100, 10_000, 100_000];

/// Without `--bench`, as in `cargo test --benches`, it is only tried whether everything runs.
const TRIAL: [usize; 3] = [10, 20, 30];

fn main() -> ExitCode {
    // The benchmark of a fresh process is this program once more.
    if let Some(code) = process::child() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut words = arguments
        .iter()
        .map(String::as_str)
        .filter(|argument| !argument.starts_with('-'))
        .peekable();
    let only_table = words.next_if_eq(&"table").is_some();
    let wanted = words.next().unwrap_or_default();
    let measures = arguments.iter().any(|argument| argument == "--bench");
    let sizes = if measures { SIZES } else { TRIAL };
    let filled = sizes.map(fill::Filled::new);
    let rows: Vec<_> = rows::ROWS
        .iter()
        .filter(|row| row.name.contains(wanted))
        .collect();
    if !only_table {
        criterion_groups(&rows, &filled);
    }
    table::print(&rows, &filled, measures);
    ExitCode::SUCCESS
}

fn criterion_groups(rows: &[&rows::Row], filled: &[fill::Filled]) {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500))
        .configure_from_args();
    for row in rows {
        let mut group = criterion.benchmark_group(row.name);
        for filled in filled {
            group.bench_function(BenchmarkId::from_parameter(filled.runs), |bencher| {
                bencher.iter(|| (row.act)(filled));
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
