//! What zen costs, beside what the same rows, bytes and files cost when they are written by hand.
//!
//! `cargo bench -p zen-tests --bench bars` measures with criterion, and then prints a table in which zen and its floor take turns, so
//! that whatever else the machine does falls on both. `.. -- cached` keeps to the rows whose name contains `cached`, and
//! `.. -- table cached` leaves criterion out. Compare ratios: the times of two machines, or of two days, say little.

mod blobs;
mod floor;
mod hello;
mod home;
mod large;
mod pipelines;
mod process;
mod rows;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use criterion::{Criterion, SamplingMode};

fn main() -> ExitCode {
    // Isolated steps, and the benchmark of a whole process, are this program once more.
    if let Some(code) = zen_core::runner::run_if_worker() {
        return code;
    }
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
    let rows: Vec<_> = rows::all()
        .into_iter()
        .filter(|row| row.name.contains(wanted))
        .collect();
    if !only_table {
        criterion_groups(&rows);
    }
    // Without `--bench`, as in `cargo test --benches`, criterion only tries whether everything runs, and so does this.
    let samples = if arguments.iter().any(|argument| argument == "--bench") {
        None
    } else {
        Some(1)
    };
    table::print(&rows, samples);
    ExitCode::SUCCESS
}

/// One group a row with zen and the floor in it. The long chains are left to the table: criterion takes ten samples at least. It
/// plans by the time that is measured, which is a small part of what a sample takes with the stack that is made for it.
fn criterion_groups(rows: &[rows::Row]) {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(1))
        .measurement_time(Duration::from_millis(100))
        .configure_from_args();
    for row in rows.iter().filter(|row| row.short) {
        let mut group = criterion.benchmark_group(row.name);
        group.sampling_mode(SamplingMode::Flat);
        for (side, name) in [(table::Side::Zen, "zen"), (table::Side::Floor, "floor")] {
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|count| (0..count).map(|_| row.sample().on(side)).sum());
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
