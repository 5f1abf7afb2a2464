//! MLflow's server beside zen's native one: the same ONNX model, the same requests in MLflow's protocol, in one run.
//!
//! `ZEN_TEST_MLFLOW=<mlflow's executable> cargo bench -p zen-tests --bench mlflow` prints a table in which three servers take turns, so that whatever
//! else the machine does falls on all: the native server (the model run by tract), `mlflow models serve` by itself (by onnxruntime), and the same behind
//! zen's front, as the deployer `mlflow` starts it. Compare ratios: the times of two machines, or of two days, say little. Criterion measures one connection before;
//! `.. -- table` leaves it out. Without an MLflow it says so and ends.

#[path = "../serving/client.rs"]
mod client;
mod payload;
mod servers;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use criterion::{Criterion, SamplingMode};

use self::client::{Client, load};
use self::payload::Protocol;
use self::servers::Servers;
use self::table::{Row, print_header};

/// How often the servers take turns, and how long each turn is.
#[derive(Clone, Copy)]
struct Effort {
    rounds: usize,
    turn: Duration,
}

const FULL: Effort = Effort {
    rounds: 7,
    turn: Duration::from_secs(1),
};
const TRIAL: Effort = Effort {
    rounds: 1,
    turn: Duration::from_millis(50),
};

fn main() -> ExitCode {
    // Daemons are this program once more.
    if let Some(code) = zen_core::service::run_if_daemon() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(mlflow) = zen_tests::mlflow::executable() else {
        return ExitCode::SUCCESS;
    };
    // Without `--bench`, as in `cargo test --benches`, criterion only tries whether everything runs, and so does this.
    let effort = match arguments.iter().any(|argument| argument == "--bench") {
        true => FULL,
        false => TRIAL,
    };
    let servers = Servers::start(&mlflow);
    if !arguments.iter().any(|argument| argument == "table") {
        criterion_groups(&servers);
    }
    print_header();
    for protocol in [Protocol { rows: 1 }, Protocol { rows: 100 }] {
        for connections in [1, 8] {
            measure(&servers, protocol, connections, effort);
        }
    }
    ExitCode::SUCCESS
}

/// A single connection that asks about a single row.
fn criterion_groups(servers: &Servers) {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let mut group = criterion.benchmark_group("one row, 1 connection");
    group.sampling_mode(SamplingMode::Flat);
    for (name, address) in servers.all() {
        group.bench_function(name, |bencher| {
            let mut client = Client::connect(address, Protocol { rows: 1 });
            bencher.iter_custom(|count| client.ask(count));
        });
    }
    group.finish();
    criterion.final_summary();
}

fn measure(servers: &Servers, protocol: Protocol, connections: usize, effort: Effort) {
    let mut rows = ["p50", "p99", "answers"].map(|what| Row::new(protocol, connections, what));
    // The first round warms up.
    for round in 0..=effort.rounds {
        let asked = servers
            .all()
            .map(|(_, address)| load(address, protocol, connections, effort.turn, || ()));
        if round > 0 {
            rows[0].add(asked.each_ref().map(|asked| asked.quantile(0.5)));
            rows[1].add(asked.each_ref().map(|asked| asked.quantile(0.99)));
            rows[2].add(asked.each_ref().map(|asked| asked.rate()));
        }
    }
    rows.iter().for_each(Row::print);
}
