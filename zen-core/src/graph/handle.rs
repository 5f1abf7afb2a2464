//! Handles: what a step's call returns in a pipeline body.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::{CachePolicy, IntoHook, Isolation, Place, Retry, ambient};
use crate::artifact::{Codec, Materialize, codec_with};

/// The promise of a value of type `T`, which a step will have made when the pipeline runs.
///
/// Holds no data and is `Copy`: pass it to as many steps as you like. It means something only in the pipeline body that
/// made it.
pub struct Artifact<T> {
    pub(crate) reference: OutputRef,
    _type: PhantomData<fn() -> T>,
}

impl<T> Clone for Artifact<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Artifact<T> {}

impl<T> fmt::Debug for Artifact<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Artifact<{}>({}.{})",
            std::any::type_name::<T>(),
            self.reference.node.node,
            self.reference.output
        )
    }
}

impl<T> Artifact<T> {
    pub(crate) fn new(node: NodeHandle, output: u16) -> Self {
        Self {
            reference: OutputRef { node, output },
            _type: PhantomData,
        }
    }

    /// Which output of which node this is.
    pub fn reference(&self) -> OutputRef {
        self.reference
    }

    /// The handle without its type, for graphs made from configuration.
    pub fn untyped(&self) -> OutputRef {
        self.reference
    }

    /// Publishes the output under an artifact name of its own, by which [`latest`](super::latest()),
    /// [`version`](super::version()) and other programs find it. Without, the name is `pipeline.step`, or
    /// `pipeline.step.output` for a step with several outputs.
    #[track_caller]
    #[must_use = "the handle is still needed to pass the value on; ignore it with `let _ =`"]
    pub fn published(self, name: impl Into<String>) -> Self {
        ambient::publish(self.reference, name.into(), Place::caller());
        self
    }

    /// Puts the output into the stack's experiment tracker, with the run's parameters and metrics; nothing happens on a stack that has none. A
    /// tracker may know what a model is, and keep it in a form that others can serve.
    ///
    /// ```
    /// use zen_core::prelude::*;
    ///
    /// #[step]
    /// fn trainer(rate: f64) -> Vec<f64> { vec![rate] }
    ///
    /// #[pipeline]
    /// fn training(rate: f64) -> Artifact<Vec<f64>> {
    ///     trainer(rate).logged()
    /// }
    /// # training(0.1).graph().unwrap();
    /// ```
    #[track_caller]
    #[must_use = "the handle is still needed to pass the value on; ignore it with `let _ =`"]
    pub fn logged(self) -> Self {
        ambient::log_output(self.reference, Place::caller());
        self
    }
}

impl<T: Materialize> Artifact<T> {
    /// Stores this output with the codec `C` instead of its type's default one.
    #[track_caller]
    pub fn materializer<C: Codec<T> + Default>(self) -> Self {
        ambient::set_codec(
            self.reference,
            codec_with::<T>(Arc::new(C::default())),
            Place::caller(),
        );
        self
    }
}

/// A node of the graph that is being built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeHandle {
    /// Which graph; every graph built in a process has a number of its own.
    pub(crate) graph: u32,
    pub(crate) node: u32,
}

impl NodeHandle {
    /// A typed handle of the n-th output. Macros and codecs' authors vouch for the type.
    #[doc(hidden)]
    pub fn output<T>(self, output: u16) -> Artifact<T> {
        Artifact::new(self, output)
    }
}

/// One output of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OutputRef {
    pub(crate) node: NodeHandle,
    pub(crate) output: u16,
}

/// What every handle, tuple of handles and handle struct can do: options of the step call that returned it.
///
/// ```
/// use zen_core::prelude::*;
///
/// #[step]
/// fn fetch() -> String { "text".into() }
/// #[step]
/// fn count(text: &str) -> usize { text.len() }
///
/// #[pipeline]
/// fn counting() -> Artifact<usize> {
///     let text = fetch().cache(false).retry(3).timeout(std::time::Duration::from_secs(60));
///     count(text).named("length").tag("demo")
/// }
/// ```
pub trait Handle: Sized {
    /// The node that made the handle: for a tuple or a handle struct, its first one's.
    fn node(&self) -> NodeHandle;

    /// The step's name in the run, instead of its function's name (and `_2`, `_3`.. for the next calls). Must be unique
    /// in the pipeline.
    #[track_caller]
    fn named(self, name: impl Into<String>) -> Self {
        ambient::rename(self.node(), name.into(), Place::caller());
        self
    }

    /// Turns the cache on or off for this call, or gives it a whole [`CachePolicy`].
    #[track_caller]
    fn cache(self, policy: impl Into<CachePolicy>) -> Self {
        let policy = policy.into();
        ambient::configure(self.node(), Place::caller(), |node| {
            node.cache = policy.over(&node.cache)
        });
        self
    }

    /// Tries again after a failure: a number of retries, or a [`Retry`] with delay and backoff.
    #[track_caller]
    fn retry(self, retry: impl Into<Retry>) -> Self {
        let retry = retry.into();
        ambient::configure(self.node(), Place::caller(), |node| node.retry = Some(retry));
        self
    }

    /// Fails an attempt whose body takes longer. Loading inputs from a slow store and storing outputs don't count, except for a step in a
    /// process of its own, which does both there.
    #[track_caller]
    fn timeout(self, timeout: Duration) -> Self {
        ambient::configure(self.node(), Place::caller(), |node| node.timeout = Some(timeout));
        self
    }

    /// Runs it in a process of its own, or not: see [`Isolation`].
    #[track_caller]
    fn isolation(self, isolation: Isolation) -> Self {
        ambient::configure(self.node(), Place::caller(), |node| {
            node.isolation = isolation.over(&node.isolation)
        });
        self
    }

    /// Calls this [hook](super::Hook) when the step was executed and has completed, after those that `#[step(on_success = ..)]` names. It isn't
    /// called when the step's outputs were taken from the cache or from the run being resumed, nor when the step was skipped. Steps that
    /// depend on this one don't wait for it, the end of the run does.
    #[track_caller]
    fn on_success<Kind>(self, hook: impl IntoHook<Kind>) -> Self {
        let hook = hook.into_hook();
        ambient::configure(self.node(), Place::caller(), |node| {
            node.hooks = std::mem::take(&mut node.hooks).on_success(hook)
        });
        self
    }

    /// Calls this [hook](super::Hook) when the step has failed for good, after its last attempt, and after those that
    /// `#[step(on_failure = ..)]` names. It isn't called when the step was skipped or cancelled.
    #[track_caller]
    fn on_failure<Kind>(self, hook: impl IntoHook<Kind>) -> Self {
        let hook = hook.into_hook();
        ambient::configure(self.node(), Place::caller(), |node| {
            node.hooks = std::mem::take(&mut node.hooks).on_failure(hook)
        });
        self
    }

    /// Waits for another step without taking a value from it. A branch that wasn't taken counts as done; a step
    /// that failed doesn't, unless the run's policy is
    /// [`FailurePolicy::Continue`](crate::runner::FailurePolicy::Continue).
    #[track_caller]
    fn after(self, other: &impl Handle) -> Self {
        ambient::after(self.node(), other.node(), Place::caller());
        self
    }

    /// Adds a label to the step's outputs.
    #[track_caller]
    fn tag(self, tag: impl Into<String>) -> Self {
        let tag = tag.into();
        ambient::configure(self.node(), Place::caller(), |node| node.tags.push(tag));
        self
    }
}

impl<T> Handle for Artifact<T> {
    fn node(&self) -> NodeHandle {
        self.reference.node
    }
}

impl Handle for NodeHandle {
    fn node(&self) -> NodeHandle {
        *self
    }
}

macro_rules! tuple_handle {
    ($first:ident $(, $rest:ident)*) => {
        impl<$first, $($rest),*> Handle for (Artifact<$first>, $(Artifact<$rest>,)*) {
            fn node(&self) -> NodeHandle {
                self.0.reference.node
            }
        }
    };
}

tuple_handle!(A);
tuple_handle!(A, B);
tuple_handle!(A, B, C);
tuple_handle!(A, B, C, D);
tuple_handle!(A, B, C, D, E);
tuple_handle!(A, B, C, D, E, F);
tuple_handle!(A, B, C, D, E, F, G);
tuple_handle!(A, B, C, D, E, F, G, H);
