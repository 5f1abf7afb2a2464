//! Single rows over connections that stay open.

use std::time::Duration;

use crate::client::{Asked, load};
use crate::payload::{PROTOCOLS, Protocol};
use crate::process;
use crate::table::{Line, Unit, print_header};
use crate::target::{Target, Targets};

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// How often zen and its floor take turns.
    pub(crate) rounds: usize,
    /// How long each turn is.
    pub(crate) turn: Duration,
}

impl Effort {
    /// For numbers.
    pub(crate) const FULL: Self = Self {
        rounds: 9,
        turn: Duration::from_millis(300),
    };
    /// To see that it works.
    pub(crate) const TRIAL: Self = Self {
        rounds: 1,
        turn: Duration::from_millis(20),
    };
}

const CONNECTIONS: [usize; 3] = [1, 8, 32];

/// One turn.
struct Turn {
    asked: Asked,
    /// The time that the server's threads took of the processors, for each answer.
    work: Option<f64>,
}

fn turn(target: &impl Target, protocol: Protocol, connections: usize, time: Duration) -> Turn {
    let pid = target.pid();
    let mut work = Vec::with_capacity(2);
    let asked = load(target.address(), protocol, connections, time, || {
        work.push(process::on_processor(pid));
    });
    let work = match work[..] {
        [Some(before), Some(after)] => Some(after.saturating_sub(before).as_secs_f64()),
        _ => None,
    };
    Turn {
        work: work.map(|work| work / asked.latencies.len() as f64),
        asked,
    }
}

/// Measures every protocol with every number of connections, zen and its floor in turn, and prints it.
pub(crate) fn print(targets: &Targets, wanted: &str, effort: Effort) {
    print_header();
    for protocol in PROTOCOLS {
        for connections in CONNECTIONS {
            let name = |kind| match connections {
                1 => format!("{}, 1 connection, {kind}", protocol.name()),
                _ => format!("{}, {connections} connections, {kind}", protocol.name()),
            };
            let (inline, isolated) = (name("INLINE"), name("isolated"));
            let is_wanted = |name: &str| name.contains(wanted);
            let mut turns: [Vec<(Turn, Turn)>; 2] = [Vec::new(), Vec::new()];
            // The first round warms up.
            for round in 0..=effort.rounds {
                let floor = || turn(&targets.floor, protocol, connections, effort.turn);
                let mut pairs = [None, None];
                if is_wanted(&inline) {
                    let zen = turn(&targets.inline, protocol, connections, effort.turn);
                    pairs[0] = Some((zen, floor()));
                }
                if is_wanted(&isolated) {
                    let zen = turn(&targets.isolated, protocol, connections, effort.turn);
                    pairs[1] = Some((zen, floor()));
                }
                if round > 0 {
                    for (turns, pair) in turns.iter_mut().zip(pairs) {
                        turns.extend(pair);
                    }
                }
            }
            let throughput = ["at least 0.8x", "at least 0.6x"];
            for ((name, turns), throughput) in [inline, isolated].iter().zip(&turns).zip(throughput) {
                print_turns(name, turns, connections, throughput);
            }
        }
    }
}

fn print_turns(name: &str, turns: &[(Turn, Turn)], connections: usize, throughput: &'static str) {
    let line = |what: &str, unit: Unit, bar: &'static str, number: &dyn Fn(&Turn) -> Option<f64>| {
        let both = turns
            .iter()
            .filter_map(|(zen, floor)| Some((number(zen)?, number(floor)?)));
        let (zen, floor) = both.unzip();
        Line {
            name: format!("{name}: {what}"),
            unit,
            zen,
            floor,
            bar,
        }
        .print();
    };
    let latency = if connections == 1 { "at most 1.25x" } else { "" };
    let rate = if connections == 8 { throughput } else { "" };
    line("p50", Unit::Time, latency, &|turn| Some(turn.asked.quantile(0.5)));
    line("p99", Unit::Time, "", &|turn| Some(turn.asked.quantile(0.99)));
    line("answers", Unit::Rate, rate, &|turn| Some(turn.asked.rate()));
    line("server's work", Unit::Time, "", &|turn| turn.work);
}
