//! What happens in a run, as it happens.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use uuid::Uuid;

use crate::metadata::Status;

/// Something that happened in a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RunEvent {
    /// The run begins.
    RunStarted {
        /// The pipeline.
        pipeline: String,
        /// The run's id.
        run: Uuid,
        /// The run's name.
        name: String,
    },
    /// An attempt of a step begins.
    StepStarted {
        /// The step's name in the run.
        step: String,
        /// 1 for the first attempt.
        attempt: u32,
        /// Whether it is a step of an element of `each`, of which there may be very many.
        element: bool,
    },
    /// An attempt failed, and another one follows.
    StepRetrying {
        /// The step's name in the run.
        step: String,
        /// The attempt that failed.
        attempt: u32,
        /// After which pause it is tried again.
        pause: Duration,
        /// Why it failed.
        error: String,
    },
    /// A step ended.
    StepEnded {
        /// The step's name in the run.
        step: String,
        /// How.
        status: Status,
        /// How long the last attempt took.
        took: Duration,
        /// Why it failed or was skipped.
        error: Option<String>,
        /// Whether it is a step of an element of `each`.
        element: bool,
    },
    /// The run ended.
    RunEnded {
        /// The pipeline.
        pipeline: String,
        /// The run's id.
        run: Uuid,
        /// How.
        status: Status,
        /// How long it took.
        took: Duration,
        /// How many steps ended in each status.
        steps: Vec<(Status, usize)>,
    },
    /// Something the user should know.
    Warning {
        /// What.
        message: String,
    },
}

/// Is told what happens in a run. Called from the runner's threads, one event at a time: it must not block for long.
pub trait Observer: Send + Sync + fmt::Debug {
    /// Something happened.
    fn event(&self, event: &RunEvent);
}

/// Prints a plain line on standard error for every step that starts and every step that ends; the elements of a fan-out are summed up:
/// made for logs and terminals alike.
#[derive(Debug, Default, Clone, Copy)]
pub struct PlainLines;

impl Observer for PlainLines {
    fn event(&self, event: &RunEvent) {
        if let Some(line) = line(event) {
            // Nobody is there to be told when standard error is closed.
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
    }
}

fn line(event: &RunEvent) -> Option<String> {
    Some(match event {
        RunEvent::RunStarted { pipeline, run, .. } => format!("{pipeline}: run {run} started"),
        // Elements are summed up by the step that collects them.
        RunEvent::StepStarted { element: true, .. } => return None,
        RunEvent::StepStarted { step, attempt: 1, .. } => format!("  {step} runs"),
        RunEvent::StepStarted { step, attempt, .. } => format!("  {step} runs (attempt {attempt})"),
        RunEvent::StepRetrying {
            step,
            attempt,
            pause,
            error,
        } => {
            format!(
                "  {step} attempt {attempt} failed, next one in {}: {error}",
                shown(*pause)
            )
        }
        RunEvent::StepEnded {
            element: true,
            status,
            ..
        } if *status != Status::Failed => return None,
        RunEvent::StepEnded {
            step,
            status: Status::Cached,
            ..
        } => format!("  {step} taken from the cache"),
        RunEvent::StepEnded {
            step,
            status,
            took,
            error: None,
            ..
        } => format!("  {step} {status} in {}", shown(*took)),
        RunEvent::StepEnded {
            step,
            status: Status::Failed,
            took,
            error: Some(error),
            ..
        } => {
            format!("  {step} failed after {}: {error}", shown(*took))
        }
        RunEvent::StepEnded {
            step,
            status,
            error: Some(error),
            ..
        } => format!("  {step} {status}: {error}"),
        RunEvent::RunEnded {
            pipeline,
            run,
            status,
            took,
            steps,
        } => {
            let counts: Vec<_> = steps
                .iter()
                .map(|(status, count)| format!("{count} {status}"))
                .collect();
            format!(
                "{pipeline}: run {run} {status} in {} ({})",
                shown(*took),
                counts.join(", ")
            )
        }
        RunEvent::Warning { message } => format!("warning: {message}"),
    })
}

/// A duration for people: 0.3 ms, 12 ms, 3.4 s, 2 min 5 s.
fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        s if s < 0.001 => format!("{:.1} ms", s * 1e3),
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 60.0 => format!("{s:.1} s"),
        s => format!("{} min {} s", s as u64 / 60, s as u64 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let shown: Vec<_> = [0.0003, 0.012, 3.44, 125.0]
            .map(|s| shown(Duration::from_secs_f64(s)))
            .into();
        assert_eq!(shown, ["0.3 ms", "12 ms", "3.4 s", "2 min 5 s"]);
    }
}
