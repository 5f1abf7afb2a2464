//! A hook as a value.

use std::any::{TypeId, type_name};
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::{HookEvent, registry};
use crate::graph::StepFailure;

/// What a hook does, once it is called.
pub(crate) type HookFuture = Pin<Box<dyn Future<Output = Result<(), StepFailure>> + Send>>;

type Body = dyn Fn(HookEvent) -> HookFuture + Send + Sync;

/// An asynchronous function that is called after a step or a run, as a value.
///
/// Wherever a hook is wanted, the function itself can be given: `.on_failure(notify)`. What a hook does, and whether it succeeds, changes
/// nothing but what [`RunView::hooks`](crate::client::RunView::hooks) tells.
///
/// - It runs in a thread of its own, on the runtime of the run: even one that blocks keeps no step from running. Work that blocks for long
///   belongs in `tokio::task::spawn_blocking` all the same: a thread can't be stopped from outside.
/// - Several hooks of one event are called one after the other, in the order in which they were given: those of the attribute first. One that
///   fails keeps none from being called.
/// - It is given up when it takes longer than [`Launch::hook_timeout`](crate::runner::Launch::hook_timeout). That it panicked, returned an error
///   or was given up is recorded, and said as a warning.
/// - It is called **at most once** for an event: not at all when the program is killed before. Once a run has been cancelled no hook is
///   called any more, and those under way are given up after 5 seconds, or [`Launch::grace`](crate::runner::Launch::grace) when that is shorter.
/// - It is no part of a step's cache key nor of the graph's hash: with other hooks everything stays cached.
///
/// ```
/// use zen_core::prelude::*;
///
/// async fn notify(event: HookEvent) -> Result<()> {
///     println!("{event}"); // `step `train` failed: no data`, for one
///     Ok(())
/// }
///
/// #[step(on_failure = notify)]
/// fn train() -> Result<f64> { Ok(0.9) }
///
/// #[pipeline(on_success = notify)]
/// fn training() -> Artifact<f64> { train() }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let stack = Stack::in_memory()?;
/// let run = training().on_failure(notify).on(&stack).quiet().run().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Hook {
    name: &'static str,
    /// The function's own type, which no other function has.
    function: TypeId,
    body: Arc<Body>,
}

impl Hook {
    /// The function as a value.
    pub fn new<Kind>(function: impl IntoHook<Kind>) -> Self {
        function.into_hook()
    }

    /// The function's name: `crate::module::function`.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The name by which any process of this program finds the same function with [`find_hook`](super::find_hook); none when the function isn't
    /// marked [`#[zen_core::hook]`](macro@crate::hook). Type parameters make another function of it: such a one has none.
    pub fn registered_name(&self) -> Option<&str> {
        registry::name_of(self)
    }

    pub(super) fn renamed(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Whether both are the same function.
    pub(super) fn is(&self, other: &Hook) -> bool {
        self.function == other.function
    }

    /// Makes the future of one call; a panic of the function comes out of it or of this.
    pub(crate) fn begin(&self, event: HookEvent) -> HookFuture {
        (self.body)(event)
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hook({})", self.name)
    }
}

/// What can be a hook: any function or closure `Fn(HookEvent) -> impl Future<Output = Result<(), E>> + Send` whose error turns into
/// [any error](crate::prelude::BoxError), and a [`Hook`]. `Kind` only tells the two apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a hook",
    label = "this is no `async fn(HookEvent) -> Result<()>`",
    note = "a hook is an `async` function with one argument, a `zen_core::graph::HookEvent`, that returns a `Result<(), E>`, of which the error \
            turns into a boxed one; what it holds across an `.await` is `Send`"
)]
pub trait IntoHook<Kind> {
    /// As a hook.
    fn into_hook(self) -> Hook;
}

/// [`IntoHook`] of functions.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByFunction;

/// [`IntoHook`] of hooks. Of anything as far as rustc knows at first: with two candidates it reports what is wrong in the trait's own words,
/// and with one it would report what that candidate lacks.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByValue;

impl<F, Fut, E> IntoHook<ByFunction> for F
where
    F: Fn(HookEvent) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    fn into_hook(self) -> Hook {
        let body = move |event| -> HookFuture {
            let future = self(event);
            Box::pin(async move { future.await.map_err(StepFailure::from_error) })
        };
        Hook {
            name: type_name::<F>(),
            function: TypeId::of::<F>(),
            body: Arc::new(body),
        }
    }
}

impl<H: Into<Hook>> IntoHook<ByValue> for H {
    fn into_hook(self) -> Hook {
        self.into()
    }
}
