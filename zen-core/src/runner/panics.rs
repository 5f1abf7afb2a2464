//! Panics of step bodies, caught with their message and place.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Once;
use std::task::{Context, Poll};

use crate::graph::{FailureKind, StepFailure};

thread_local! {
    /// Whether a step's body runs in this thread.
    static IN_STEP: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic of a step in this thread was.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The place of a panic is known only to the hook. Panics of steps are reported as the step's error, so they aren't printed
/// too; all others go to the hook that was there before.
fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        crate::printing::redact_panics();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if IN_STEP.get() {
                let place = info
                    .location()
                    .map(|place| format!("{}:{}:{}", place.file(), place.line(), place.column()));
                PLACE.with_borrow_mut(|known| *known = place);
            } else {
                // The message must not be printed into lines that change.
                crate::printing::screen::leave();
                before(info);
            }
        }));
    });
}

/// Runs a step's body; a panic becomes its failure.
pub(crate) fn catch<R>(body: impl FnOnce() -> Result<R, StepFailure>) -> Result<R, StepFailure> {
    install_hook();
    let outer = IN_STEP.replace(true);
    let result = catch_unwind(AssertUnwindSafe(body));
    IN_STEP.set(outer);
    result.unwrap_or_else(|panic| Err(failure(&*panic)))
}

fn failure(panic: &(dyn Any + Send)) -> StepFailure {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "(no message)".into());
    let place = PLACE.take().unwrap_or_else(|| "an unknown place".into());
    StepFailure::new(FailureKind::Panic, format!("panicked at {place}: {text}"))
}

/// A future whose panics become failures.
pub(crate) struct Caught<F>(pub(crate) Pin<Box<F>>);

impl<F, R> Future for Caught<F>
where
    F: Future<Output = Result<R, StepFailure>>,
{
    type Output = Result<R, StepFailure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let inner = self.0.as_mut();
        match catch(|| Ok(inner.poll(context))) {
            Ok(poll) => poll,
            Err(failure) => Poll::Ready(Err(failure)),
        }
    }
}
