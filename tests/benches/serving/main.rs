//! What zen's prediction server costs, beside a bare axum handler that does the same arithmetic.
//!
//! `cargo bench -p zen-tests --bench serving` measures one connection with criterion, and then prints a table in which zen and its floor
//! take turns, so that whatever else the machine does falls on both. `.. -- V2` keeps to the rows whose name contains `V2`, and
//! `.. -- table V2` leaves criterion out. Compare ratios: the times of two machines, or of two days, say little.
//!
//! Both servers are processes of their own with a runtime of the same kind, started from this program: zen's are daemons that its
//! deployer starts, as a user's would be. The client is a single thread with a task a connection, as cheap as can be: on two cores it
//! takes one, and the server has the other and what the client leaves. Each connection asks, waits for the answer, and asks again.

mod client;
mod floor;
mod life;
mod load;
mod models;
mod payload;
mod process;
mod table;
mod target;

use std::process::ExitCode;

use criterion::{Criterion, SamplingMode};

use self::client::Client;
use self::payload::PROTOCOLS;
use self::target::{Target, Targets};

fn main() -> ExitCode {
    // Daemons and floors are this program once more.
    if let Some(code) = zen_core::service::run_if_daemon() {
        return code;
    }
    if let Some(code) = floor::child() {
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
    // Without `--bench`, as in `cargo test --benches`, criterion only tries whether everything runs, and so does this.
    let effort = match arguments.iter().any(|argument| argument == "--bench") {
        true => load::Effort::FULL,
        false => load::Effort::TRIAL,
    };
    let targets = Targets::start();
    if !only_table {
        criterion_groups(&targets);
    }
    load::print(&targets, wanted, effort);
    life::print(&targets, wanted, effort);
    ExitCode::SUCCESS
}

/// One group a protocol, over a single connection.
fn criterion_groups(targets: &Targets) {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    for protocol in PROTOCOLS {
        let mut group = criterion.benchmark_group(format!("{}, 1 connection", protocol.name()));
        group.sampling_mode(SamplingMode::Flat);
        for (name, address) in [
            ("zen INLINE", targets.inline.address()),
            ("zen isolated", targets.isolated.address()),
            ("floor", targets.floor.address()),
        ] {
            group.bench_function(name, |bencher| {
                let mut client = Client::connect(address, protocol);
                bencher.iter_custom(|count| client.ask(count));
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
