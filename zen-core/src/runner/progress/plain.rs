//! Plain lines, for logs.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::durations::{elapsed, number, took};
use super::model::Model;
use crate::metadata::Status;
use crate::printing;
use crate::printing::text::clean;
use crate::runner::events::{Observer, RunEvent};

/// When nothing was printed for that long, a line tells what runs.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// So many failures of elements of fan-outs are told; the others are counted.
const FAILED_ELEMENTS: usize = 10;

/// So many steps are named in a sign of life.
const NAMED: usize = 5;

/// Prints plain lines on standard error, without escape sequences: one for every step that starts and every step that ends; the elements of
/// a fan-out are summed up. After half a minute without a line, one tells which steps run. Made for logs and terminals alike.
///
/// One `PlainLines` is for one run at a time.
#[derive(Debug, Default)]
pub struct PlainLines {
    watched: Mutex<Option<Arc<Watched>>>,
}

/// The run, as the thread that gives signs of life sees it.
#[derive(Debug)]
struct Watched {
    pipeline: String,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug)]
struct State {
    model: Model,
    /// When something was last printed; none when the run has ended.
    printed: Option<Instant>,
    failed_elements: usize,
}

impl Watched {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) {
        self.state().printed = None;
        self.ended.notify_all();
    }

    /// Prints a sign of life whenever nothing else was printed for long, until the run's end.
    fn watch(&self) {
        let mut state = self.state();
        while let Some(printed) = state.printed {
            let left = SIGN_OF_LIFE.saturating_sub(printed.elapsed());
            if left.is_zero() {
                state.printed = Some(Instant::now());
                printing::err(&sign_of_life(&self.pipeline, &state.model));
                continue;
            }
            let waited = self.ended.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Observer for PlainLines {
    fn event(&self, event: &RunEvent) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let RunEvent::RunStarted { pipeline, steps, .. } = event {
            let run = Arc::new(Watched {
                pipeline: pipeline.clone(),
                state: Mutex::new(State {
                    model: Model::new(*steps),
                    printed: Some(Instant::now()),
                    failed_elements: 0,
                }),
                ended: Condvar::new(),
            });
            let watching = Arc::clone(&run);
            let thread = std::thread::Builder::new().name("zen-progress".into());
            // Without the thread there are no signs of life, and all else.
            let _ = thread.spawn(move || watching.watch());
            if let Some(before) = watched.replace(run) {
                before.end();
            }
        }
        let mut more = 0;
        let text = line(event);
        if let Some(run) = &*watched {
            let mut state = run.state();
            state.model.event(event);
            // Its news are for terminals.
            drop(state.model.news(Duration::ZERO));
            if is_failed_element(event) {
                state.failed_elements += 1;
                if state.failed_elements > FAILED_ELEMENTS {
                    return;
                }
            }
            more = state.failed_elements.saturating_sub(FAILED_ELEMENTS);
            if state.printed.is_some() && text.is_some() {
                state.printed = Some(Instant::now());
            }
        }
        if matches!(event, RunEvent::RunEnded { .. }) {
            if more > 0 {
                printing::err(&format!("  and {} more steps of elements failed", number(more)));
            }
            if let Some(run) = watched.take() {
                run.end();
            }
        }
        for line in text.iter().flat_map(|text| text.lines()) {
            printing::err(&clean(line, false));
        }
    }
}

impl Drop for PlainLines {
    fn drop(&mut self) {
        let watched = self.watched.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(run) = watched.take() {
            run.end();
        }
    }
}

fn is_failed_element(event: &RunEvent) -> bool {
    matches!(
        event,
        RunEvent::StepEnded {
            element: true,
            status: Status::Failed,
            ..
        }
    )
}

fn sign_of_life(pipeline: &str, model: &Model) -> String {
    let fan_outs = model.fan_outs();
    let running = model.running();
    let steps = running.iter().map(|(name, step)| match step.again {
        Some(_) => format!("{name} is to be tried again"),
        None => format!("{name} runs since {}", elapsed(step.started.elapsed())),
    });
    let fan_outs = fan_outs.iter().map(|(name, fan_out)| {
        let failed = match fan_out.failed {
            0 => String::new(),
            failed => format!(", {} failed", number(failed)),
        };
        let (done, total) = (number(fan_out.done), number(fan_out.total));
        format!(
            "{name} {done}/{total} done{failed}, {} run",
            number(fan_out.running)
        )
    });
    let mut all: Vec<_> = fan_outs.chain(steps).collect();
    if all.len() > NAMED {
        let more = all.len() - NAMED;
        all.truncate(NAMED);
        all.push(format!("and {} more", number(more)));
    }
    let (done, total) = (number(model.done), number(model.total.max(model.done)));
    let since = elapsed(model.started.elapsed());
    format!(
        "  {pipeline}: {done}/{total} steps after {since}: {}",
        all.join("; ")
    )
}

fn line(event: &RunEvent) -> Option<String> {
    Some(match event {
        RunEvent::RunStarted { pipeline, run, .. } => format!("{pipeline}: run {run} started"),
        // Elements are summed up by the step that collects them.
        RunEvent::StepStarted { element: true, .. } | RunEvent::StepRetrying { element: true, .. } => {
            return None;
        }
        RunEvent::StepStarted { step, attempt: 1, .. } => format!("  {step} runs"),
        RunEvent::StepStarted { step, attempt, .. } => format!("  {step} runs (attempt {attempt})"),
        RunEvent::StepRetrying {
            step,
            attempt,
            pause,
            error,
            ..
        } => {
            format!(
                "  {step} attempt {attempt} failed, next one in {}: {error}",
                took(*pause)
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
            took: time,
            error: None,
            ..
        } => format!("  {step} {status} in {}", took(*time)),
        RunEvent::StepEnded {
            step,
            status: Status::Failed,
            took: time,
            error: Some(error),
            ..
        } => {
            format!("  {step} failed after {}: {error}", took(*time))
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
            took: time,
            steps,
        } => {
            let counts: Vec<_> = steps
                .iter()
                .map(|(status, count)| format!("{count} {status}"))
                .collect();
            format!(
                "{pipeline}: run {run} {status} in {} ({})",
                took(*time),
                counts.join(", ")
            )
        }
        RunEvent::Warning { message } => format!("warning: {message}"),
        RunEvent::StepLogged { .. } | RunEvent::Elements { .. } => return None,
    })
}
