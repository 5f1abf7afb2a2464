//! What the commands that are typed most take to start: whole processes on a project with many runs, beside the floor, the same program's `version`,
//! which opens nothing.
//!
//! `cargo bench -p zen-tests --bench cli` measures with criterion, and then prints a table whose ratios are to the floor; the commands take turns, so
//! that whatever else the machine does falls on all. `.. -- table` leaves criterion out; `ZEN_BENCH_PROGRAM` names another build of the command.

#[path = "../scale/fill.rs"]
#[allow(dead_code)] // what the other bench asks for
mod fill;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};

/// How many runs the project has.
const RUNS: usize = 10_000;

/// Without `--bench`, as in `cargo test --benches`, it is only tried whether everything runs.
const TRIAL: usize = 20;

/// How many measurements of a command make a row of the table.
const SAMPLES: usize = 51;

/// The floor comes first.
const COMMANDS: [&[&str]; 6] = [
    &["version"],
    &["stack", "list"],
    &["status"],
    &["pipeline", "list"],
    &["run", "list"],
    &["run", "show", "pipeline 3"],
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let measures = has("--bench");
    let filled = fill::Filled::new(if measures { RUNS } else { TRIAL });
    let home = filled.home();
    // Nobody else has the database open, as when somebody types a command.
    let fill::Filled {
        client,
        folder: _folder,
        ..
    } = filled;
    drop(client);
    if !has("table") {
        let mut criterion = Criterion::default()
            .sample_size(20)
            .warm_up_time(Duration::from_millis(200))
            .measurement_time(Duration::from_secs(1))
            .configure_from_args();
        let mut group = criterion.benchmark_group("a whole process");
        for command in COMMANDS {
            group.bench_function(BenchmarkId::from_parameter(command.join(" ")), |bencher| {
                bencher.iter(|| zen(&home, command));
            });
        }
        group.finish();
        criterion.final_summary();
    }
    table(&home, if measures { SAMPLES } else { 1 });
    ExitCode::SUCCESS
}

fn zen(home: &Path, arguments: &[&str]) {
    let program = std::env::var_os("ZEN_BENCH_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_outer").into());
    let status = Command::new(program)
        .args(arguments)
        .env("ZEN_HOME", home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("a process");
    assert!(status.success(), "{arguments:?} failed");
}

fn table(home: &Path, samples: usize) {
    let mut times = COMMANDS.map(|_| Vec::new());
    for _ in 0..samples {
        for (times, command) in times.iter_mut().zip(COMMANDS) {
            let begun = Instant::now();
            zen(home, command);
            times.push(begun.elapsed().as_secs_f64());
        }
    }
    let medians = times.map(median);
    for (command, time) in COMMANDS.iter().zip(medians) {
        println!(
            "{:<24}{:>10.2} ms{:>8.2}x",
            command.join(" "),
            time * 1e3,
            time / medians[0]
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
