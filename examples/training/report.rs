//! What the program says at the end.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use zen_core::prelude::*;

use crate::evaluation::Confusion;
use crate::pipeline::Verdict;

/// The result of a run, for people and as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The run's id.
    run: String,
    /// The share of right answers.
    accuracy: Accuracy,
    /// The mean of the F1 of all digits.
    macro_f1: F1,
    /// The accuracy that was asked for.
    min_accuracy: f64,
    /// Whether it was reached.
    pub(crate) deploy: bool,
    /// What was taken for what.
    confusion: Confusion,
    /// The steps in their order.
    steps: Vec<StepLine>,
    /// Where everything is kept.
    home: Option<PathBuf>,
}

/// What became of a step.
#[derive(Debug, Serialize)]
struct StepLine {
    name: String,
    status: Status,
    milliseconds: Option<f64>,
    /// Why it ran, or which run its outputs come from.
    why: String,
}

impl Report {
    /// Collects what there is to say about a run.
    pub(crate) async fn of(run: &Run<Verdict>, stack: &Stack, min_accuracy: f64) -> Result<Self> {
        let (accuracy, macro_f1, confusion, deploy) = run.output().await?;
        let steps = run
            .steps()?
            .iter()
            .map(|step| StepLine::of(run, step))
            .collect::<Result<_>>()?;
        Ok(Self {
            run: run.id().to_string(),
            accuracy: *accuracy,
            macro_f1: *macro_f1,
            min_accuracy,
            deploy: *deploy,
            confusion: Confusion::clone(&confusion),
            steps,
            home: stack.home().map(PathBuf::from),
        })
    }
}

impl StepLine {
    fn of(run: &RunView, step: &StepView) -> Result<Self> {
        let milliseconds = match step.status() {
            Status::Cached => None,
            _ => step.took().map(|took| took.as_secs_f64() * 1e3),
        };
        let explanation = run.explain(step.name())?;
        let changed: Vec<&str> = explanation
            .changed
            .iter()
            .map(|change| change.field.as_str())
            .collect();
        let why = match (explanation.adopted_from, explanation.note, changed.is_empty()) {
            (Some(run), _, _) => format!("made by run {run}"),
            (None, Some(note), _) => note,
            (None, None, false) => format!("changed: {}", changed.join(", ")),
            (None, None, true) => "nothing to take from the cache".into(),
        };
        Ok(Self {
            name: step.name().to_owned(),
            status: step.status(),
            milliseconds,
            why,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.deploy {
            "good enough to deploy"
        } else {
            "not good enough to deploy"
        };
        writeln!(
            f,
            "\naccuracy {:.4}, macro F1 {:.4}: {verdict} (at least {})\n",
            self.accuracy, self.macro_f1, self.min_accuracy
        )?;
        writeln!(f, "{}", self.confusion)?;
        for step in &self.steps {
            let took = step
                .milliseconds
                .map_or(String::new(), |milliseconds| format!("{milliseconds:.1} ms"));
            writeln!(
                f,
                "  {:<18} {:<10} {took:>10}  {}",
                step.name, step.status, step.why
            )?;
        }
        writeln!(f, "\nrun {}", self.run)?;
        if let Some(home) = &self.home {
            writeln!(f, "kept in {}", home.display())?;
        }
        writeln!(f, "look closer: cargo run --example inspect")
    }
}
