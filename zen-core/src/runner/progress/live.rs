//! Live lines on a terminal.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::lines::Lines;
use super::model::{Model, News};
use super::style::Style;
use crate::printing::screen::{self, Frame, Painted, Picture};
use crate::printing::text::clean;
use crate::runner::events::{Observer, RunEvent};

/// A run is shown live when it has taken that long: a shorter one would only flicker.
const SHOWN_AFTER: Duration = Duration::from_millis(200);

/// How long steps from the cache are waited for, to be summed up.
const PATIENCE: Duration = Duration::from_millis(500);

/// Shows a run on the terminal that standard error is: a line for every step that runs, with how long it already takes and what it last
/// logged, one line for a whole fan-out, one for the run; and above them, for good, a line for every step that has ended. Steps from the
/// cache, and the many of a long run of short ones, are summed up.
///
/// It is what a run has unless something else is asked for; see [`Launch::quiet`](super::super::Launch::quiet). One `LiveProgress` is for one
/// run at a time. The lines are drawn at most ten times a second, and those of several runs of a program below each other. They fit
/// a terminal of any size, also when it changes. Colours are left out where `NO_COLOR` is set, and marks are ASCII where the locale's
/// character set is not UTF-8.
///
/// What zen prints itself meanwhile (`tracing` events, what steps in processes of their own print) appears above the lines. What a step
/// in this process prints with `println!` or `eprintln!` does too, and stays; but of several lines that are printed at once, some may end with
/// the rest of a live line: [`StepContext::log`](crate::graph::StepContext::log) is the better way.
///
/// ```
/// use std::sync::Arc;
/// use zen_core::prelude::*;
/// use zen_core::runner::LiveProgress;
///
/// #[step]
/// fn one() -> u8 { 1 }
/// #[pipeline]
/// fn small() -> Artifact<u8> { one() }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let stack = Stack::in_memory()?;
/// small().on(&stack).observer(Arc::new(LiveProgress::default())).run().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct LiveProgress {
    shown: Mutex<Option<(u64, Arc<Shown>)>>,
}

#[derive(Debug)]
struct Shown {
    pipeline: String,
    style: Style,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    model: Model,
    /// The run has ended like this.
    end: Option<RunEvent>,
}

impl Observer for LiveProgress {
    fn event(&self, event: &RunEvent) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            RunEvent::RunStarted { pipeline, steps, .. } => {
                let style = Style::of_environment();
                let picture = Arc::new(Shown {
                    pipeline: clean(pipeline, style.ascii),
                    style,
                    state: Mutex::new(State {
                        model: Model::new(*steps),
                        end: None,
                    }),
                });
                let id = screen::show(Arc::clone(&picture) as Arc<dyn Picture>);
                if let Some((before, _)) = shown.replace((id, picture)) {
                    screen::finish(before);
                }
            }
            RunEvent::RunEnded { .. } => {
                if let Some((id, picture)) = shown.take() {
                    picture.state().end = Some(event.clone());
                    screen::finish(id);
                }
            }
            event => {
                if let Some((_, picture)) = &*shown {
                    picture.state().model.event(event);
                }
            }
        }
    }

    fn wants_logs(&self) -> bool {
        true
    }
}

impl Drop for LiveProgress {
    fn drop(&mut self) {
        let shown = self.shown.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some((id, _)) = shown.take() {
            screen::finish(id);
        }
    }
}

impl Shown {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Picture for Shown {
    fn paint(&self, frame: Frame) -> Painted {
        let mut state = self.state();
        let lines = Lines {
            style: self.style,
            columns: frame.columns,
        };
        let of = match frame.alone {
            true => String::new(),
            false => format!("{}: ", self.pipeline),
        };
        let news = |news: Vec<News>| news.into_iter().flat_map(|news| lines.news(news, &of)).collect();
        let end = state.end.take();
        if let Some(RunEvent::RunEnded {
            run,
            status,
            took,
            steps,
            ..
        }) = end
        {
            let mut permanent: Vec<String> = news(state.model.rest());
            permanent.extend(lines.summary(&self.pipeline, &run.to_string(), status, took, &steps));
            return Painted {
                permanent,
                live: Vec::new(),
            };
        }
        let mut painted = Painted::default();
        if state.model.started.elapsed() >= SHOWN_AFTER {
            painted.permanent = news(state.model.news(PATIENCE));
            painted.live = lines.live(&state.model, &self.pipeline, frame.rows, frame.tick);
        }
        painted
    }
}
