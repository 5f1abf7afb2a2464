//! Lines of the table.

use crate::payload::Protocol;

/// A line: what the native server, MLflow alone and MLflow behind zen's front had in each round.
#[derive(Debug)]
pub(crate) struct Row {
    name: String,
    is_rate: bool,
    rounds: Vec<[f64; 3]>,
}

/// What the columns are. Both ratios are MLflow's alone by the others': how often as long it takes, or as many it answers.
pub(crate) fn print_header() {
    println!(
        "{:<44} {:>11} {:>11} {:>11}  {:>14}  {:>13}",
        "", "native", "mlflow", "front", "mlflow/native", "front/mlflow"
    );
}

impl Row {
    pub(crate) fn new(protocol: Protocol, connections: usize, what: &str) -> Self {
        let plural = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            count => format!("{count} {what}s"),
        };
        let rows = plural(protocol.rows, "row");
        Self {
            name: format!("{rows}, {}: {what}", plural(connections, "connection")),
            is_rate: what == "answers",
            rounds: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, round: [f64; 3]) {
        self.rounds.push(round);
    }

    /// Prints medians. A ratio is the median of the rounds' ratios.
    pub(crate) fn print(&self) {
        let of = |column: usize| self.shown(median(self.rounds.iter().map(|round| round[column])));
        let ratio =
            |above: usize, below: usize| median(self.rounds.iter().map(|round| round[above] / round[below]));
        println!(
            "{:<44} {:>11} {:>11} {:>11}  {:>13.2}x  {:>12.2}x",
            self.name,
            of(0),
            of(1),
            of(2),
            ratio(1, 0),
            ratio(2, 1)
        );
    }

    fn shown(&self, value: f64) -> String {
        match (self.is_rate, value) {
            (true, rate) => format!("{rate:.0}/s"),
            (false, s) if s < 1e-3 => format!("{:.1} us", s * 1e6),
            (false, s) => format!("{:.2} ms", s * 1e3),
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
