//! What steps say: their log lines, metrics and facts, on the way to the recorder.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write};
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, Event, Level, Subscriber, dispatcher};
use tracing_subscriber::layer::{Context as LayerContext, Layer, SubscriberExt};
use uuid::Uuid;

use super::core::RunCore;
use super::events::RunEvent;
use super::recorder::Recorder;
use crate::graph::failure::chain;
use crate::graph::{Scratch, StepEvents};
use crate::metadata::{Change, LogRecord, MetricRecord, cut};
use crate::stack::Clock;

/// The most lines kept of one step; what follows is counted and left out, so that a step that logs in a tight loop can't fill the disk.
const MOST_LINES: u64 = 100_000;

/// What one step of a run has said so far, over all its attempts.
#[derive(Debug, Default)]
pub(crate) struct Said {
    lines: AtomicU64,
    positions: Mutex<HashMap<String, u64>>,
    pub(crate) metadata: Mutex<BTreeMap<String, Value>>,
}

/// Takes what one attempt says.
#[derive(Debug)]
pub(crate) struct AttemptEvents {
    pub(crate) step: Uuid,
    pub(crate) said: Arc<Said>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The attempt was given up; what it says from then on is dropped.
    pub(crate) given_up: Arc<AtomicBool>,
    pub(crate) run_cancelled: Arc<AtomicBool>,
    pub(crate) scratch_parent: PathBuf,
    pub(crate) scratch: Mutex<Option<Scratch>>,
    /// Who is told of the lines, if somebody wants them.
    pub(crate) listener: Option<Listener>,
}

/// Tells a run's observer of a step's lines.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) run: Weak<RunCore>,
    pub(crate) step: String,
    pub(crate) element: bool,
}

impl Listener {
    fn tell(&self, level: Level, message: &str) {
        thread_local! {
            static TELLING: Cell<bool> = const { Cell::new(false) };
        }
        // What an observer itself logs while it is told of a line in a step's thread is not told to it.
        if let Some(run) = self.run.upgrade()
            && !TELLING.replace(true)
        {
            run.tell(|| RunEvent::StepLogged {
                step: self.step.clone(),
                level,
                message: message.to_owned(),
                element: self.element,
            });
            TELLING.set(false);
        }
    }
}

impl AttemptEvents {
    fn push(&self, level: Level, target: &str, mut message: String) {
        if self.given_up.load(Ordering::Relaxed) {
            return;
        }
        let line = self.said.lines.fetch_add(1, Ordering::Relaxed);
        if line > MOST_LINES {
            return;
        }
        if line == MOST_LINES {
            message = format!("(more than {MOST_LINES} lines: the rest is left out)");
        } else {
            message = cut(message);
        }
        if let Some(listener) = &self.listener {
            listener.tell(level, &message);
        }
        let level = match level {
            Level::ERROR => "error",
            Level::WARN => "warn",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            _ => "trace",
        };
        let record = LogRecord {
            step: self.step,
            line,
            time: self.clock.now(),
            level: level.to_owned(),
            target: target.to_owned(),
            message,
        };
        self.recorder.said(self.step, Change::Log(record));
    }
}

impl StepEvents for AttemptEvents {
    fn log(&self, level: Level, target: &str, message: String) {
        self.push(level, target, message);
    }

    fn metric(&self, name: &str, value: f64, position: Option<u64>, higher_is_better: Option<bool>) {
        let position = {
            let mut positions = self.said.positions.lock().unwrap_or_else(PoisonError::into_inner);
            let next = positions.entry(name.to_owned()).or_insert(0);
            let position = position.unwrap_or(*next);
            *next = position.saturating_add(1);
            position
        };
        let record = MetricRecord {
            step: self.step,
            name: name.to_owned(),
            value,
            position,
            higher_is_better,
            time: self.clock.now(),
        };
        self.recorder.said(self.step, Change::Metric(record));
    }

    fn metadata(&self, key: &str, value: Value) {
        self.said
            .metadata
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.to_owned(), value);
    }

    fn flush(&self) -> Result<(), String> {
        self.recorder.flush().map_err(|error| chain(&*error))
    }

    fn is_cancelled(&self) -> bool {
        self.given_up.load(Ordering::Relaxed) || self.run_cancelled.load(Ordering::Relaxed)
    }

    fn scratch(&self) -> std::io::Result<PathBuf> {
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        if scratch.is_none() {
            *scratch = Some(Scratch::new(&self.scratch_parent)?);
        }
        Ok(scratch
            .as_ref()
            .map(|scratch| scratch.path().to_owned())
            .unwrap_or_default())
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<dyn StepEvents>>> = const { RefCell::new(None) };
}

/// Runs `body` so that the `tracing` events of this thread go to the step's log.
pub(crate) fn captured<R>(events: &Arc<dyn StepEvents>, body: impl FnOnce() -> R) -> R {
    struct Restore(Option<Arc<dyn StepEvents>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let before = self.0.take();
            CURRENT.with_borrow_mut(|current| *current = before);
        }
    }
    let before = CURRENT.with_borrow_mut(|current| current.replace(Arc::clone(events)));
    let _restore = Restore(before);
    if !dispatcher::get_default(|current| current.is::<NoSubscriber>()) {
        return body();
    }
    // The program has no subscriber, so there is none that our layer could be part of.
    static OURS: OnceLock<Dispatch> = OnceLock::new();
    let ours = OURS.get_or_init(|| Dispatch::new(tracing_subscriber::registry().with(LogLayer)));
    dispatcher::with_default(ours, body)
}

/// A future whose polls are [`captured`].
pub(crate) struct Captured<F> {
    pub(crate) events: Arc<dyn StepEvents>,
    pub(crate) inner: Pin<Box<F>>,
}

impl<F: Future> Future for Captured<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let events = Arc::clone(&self.events);
        captured(&events, || self.inner.as_mut().poll(context))
    }
}

/// A `tracing` layer that copies events of a step's thread to the step's log.
///
/// Needed only in a program that sets a global `tracing` subscriber of its own: add it to that subscriber, as in
/// `tracing_subscriber::registry().with(zen_core::log_layer()).init()`. Programs that use `#[zen_core::main]`, or set none, have
/// it already. Events of threads that a step starts itself don't belong to the step.
pub fn log_layer() -> LogLayer {
    LogLayer
}

/// See [`log_layer`].
#[derive(Debug, Clone, Copy)]
pub struct LogLayer;

impl<S: Subscriber> Layer<S> for LogLayer {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        let Some(events) = CURRENT.with_borrow(Clone::clone) else {
            return;
        };
        let mut text = Text::default();
        event.record(&mut text);
        let metadata = event.metadata();
        events.log(
            *metadata.level(),
            metadata.target(),
            format!("{}{}", text.message, text.fields),
        );
    }
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string can't fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
