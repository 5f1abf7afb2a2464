//! Definitions of steps: what `#[step]` makes of a function.

use std::any::{TypeId, type_name};
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{
    CachePolicy, Hooks, InputSource, Inputs, IntoHook, Isolation, OutputSpec, OutputValue, Retry,
    StepContext, StepFailure, StepOutput,
};
use crate::artifact::Materialize;

/// The future of an asynchronous step's body.
pub(crate) type BodyFuture = Pin<Box<dyn Future<Output = Result<Vec<OutputValue>, StepFailure>> + Send>>;

type SyncBody = dyn Fn(&StepContext, &mut Inputs) -> Result<Vec<OutputValue>, StepFailure> + Send + Sync;
type AsyncBody = dyn Fn(StepContext, Inputs) -> BodyFuture + Send + Sync;

/// What a step does.
#[derive(Clone)]
pub(crate) enum StepBody {
    Sync(Arc<SyncBody>),
    Async(Arc<AsyncBody>),
    /// A definition whose body was never set; the builder refuses it.
    Missing,
}

impl fmt::Debug for StepBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sync(_) => "Sync",
            Self::Async(_) => "Async",
            Self::Missing => "Missing",
        })
    }
}

/// One argument of a step.
#[derive(Debug, Clone)]
pub(crate) struct InputSpec {
    pub(crate) name: String,
    pub(crate) type_id: TypeId,
    pub(crate) type_name: &'static str,
    /// Reads a value written as JSON; none for arguments of a generic type.
    pub(crate) from_json: Option<fn(Value) -> InputSource>,
}

/// A step as a value: its arguments, outputs, options and body. `#[step]` makes one of a function
/// (`trainer::definition()`); a program may also put one together by hand and wire it with
/// [`GraphBuilder`](super::GraphBuilder).
#[derive(Debug, Clone)]
pub struct StepDefinition {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) code: String,
    pub(crate) place: Option<(&'static str, u32)>,
    pub(crate) docs: String,
    pub(crate) generics: Vec<String>,
    pub(crate) depends: Vec<(String, String)>,
    pub(crate) version: Option<String>,
    pub(crate) cache: CachePolicy,
    pub(crate) retry: Option<Retry>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) isolation: Isolation,
    /// Why it can't run in a process of its own.
    pub(crate) stays: Option<&'static str>,
    pub(crate) panic_aborts: bool,
    pub(crate) hooks: Hooks,
    pub(crate) inputs: Vec<InputSpec>,
    pub(crate) outputs: Vec<OutputSpec>,
    pub(crate) body: StepBody,
}

impl StepDefinition {
    /// A step with this name and path (`crate::module::function`); `code` identifies what it does in the cache key.
    pub fn new(name: impl Into<String>, path: impl Into<String>, code: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            path: path.into(),
            code: code.into(),
            place: None,
            docs: String::new(),
            generics: Vec::new(),
            depends: Vec::new(),
            version: None,
            cache: CachePolicy::default(),
            retry: None,
            timeout: None,
            isolation: Isolation::default(),
            stays: None,
            panic_aborts: false,
            hooks: Hooks::default(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            body: StepBody::Missing,
        }
    }

    /// The step's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the step function stands: `crate::module::function`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The names of the arguments, in order.
    pub fn input_names(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(|input| input.name.as_str())
    }

    /// The names of the outputs, in order.
    pub fn outputs(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().map(|output| output.name.as_str())
    }

    /// Where the function stands in the source.
    #[must_use]
    pub fn place(mut self, file: &'static str, line: u32) -> Self {
        self.place = Some((file, line));
        self
    }

    /// The function's documentation.
    #[must_use]
    pub fn docs(mut self, docs: impl Into<String>) -> Self {
        self.docs = docs.into();
        self
    }

    /// The type and constant arguments of a generic function; they count in the cache key.
    #[must_use]
    pub fn generics(mut self, generics: Vec<String>) -> Self {
        self.generics = generics;
        self
    }

    /// More code that counts in the cache key: a name and what identifies it.
    #[must_use]
    pub fn depends(mut self, name: impl Into<String>, code: impl Into<String>) -> Self {
        self.depends.push((name.into(), code.into()));
        self
    }

    /// Replaces the code's identity in the cache key.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// The cache on or off, or a whole policy.
    #[must_use]
    pub fn cache(mut self, policy: impl Into<CachePolicy>) -> Self {
        self.cache = policy.into().over(&self.cache);
        self
    }

    /// Outputs older than this are not adopted.
    #[must_use]
    pub fn cache_expires(mut self, age: Duration) -> Self {
        self.cache.expires = Some(age);
        self
    }

    /// Files and folders whose content counts in the cache key.
    #[must_use]
    pub fn cache_files(mut self, files: &[&str]) -> Self {
        self.cache.files = Some(files.iter().map(PathBuf::from).collect());
        self
    }

    /// Arguments that don't count in the cache key.
    #[must_use]
    pub fn ignore(mut self, arguments: &[&str]) -> Self {
        self.cache.ignore = Some(arguments.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// The whole executable counts in the cache key.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.cache.strict = Some(true);
        self
    }

    /// Attempts after a failure.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// The longest an attempt's body may take: neither loading inputs nor storing outputs counts, except in a process of its own.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Whether it runs in a process of its own, and how that is set up.
    #[must_use]
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation.over(&self.isolation);
        self
    }

    /// The step steers the program it runs in, and so can't run in a process of its own; `reason` says so to people.
    #[must_use]
    pub fn stays_in_process(mut self, reason: &'static str) -> Self {
        self.stays = Some(reason);
        self
    }

    /// Another [hook](super::Hook), called after the step was executed and has completed. No part of the cache key.
    #[must_use]
    pub fn on_success<Kind>(mut self, hook: impl IntoHook<Kind>) -> Self {
        self.hooks = self.hooks.on_success(hook);
        self
    }

    /// Another [hook](super::Hook), called after the step has failed for good. No part of the cache key.
    #[must_use]
    pub fn on_failure<Kind>(mut self, hook: impl IntoHook<Kind>) -> Self {
        self.hooks = self.hooks.on_failure(hook);
        self
    }

    /// Whether the crate of the step was built with `panic = "abort"`, so that a panic can't be caught.
    #[must_use]
    pub fn panic_aborts(mut self, aborts: bool) -> Self {
        self.panic_aborts = aborts;
        self
    }

    /// The next argument.
    #[must_use]
    pub fn input<T: Materialize>(mut self, name: impl Into<String>) -> Self {
        let from_json: fn(Value) -> InputSource = |json| match T::from_json(json) {
            Ok(value) => InputSource::value(value),
            Err(reason) => InputSource::Broken(reason),
        };
        self.inputs.push(InputSpec {
            name: name.into(),
            type_id: TypeId::of::<T>(),
            type_name: type_name::<T>(),
            from_json: Some(from_json),
        });
        self
    }

    /// The next argument, of a type that isn't known to be storable (it depends on a type parameter): it takes handles, and
    /// no values written as JSON.
    #[must_use]
    pub fn input_any<T: Send + Sync + 'static>(mut self, name: impl Into<String>) -> Self {
        self.inputs.push(InputSpec {
            name: name.into(),
            type_id: TypeId::of::<T>(),
            type_name: type_name::<T>(),
            from_json: None,
        });
        self
    }

    /// A body that runs in a thread which it may block.
    #[must_use]
    pub fn sync<O: StepOutput>(
        mut self,
        body: impl Fn(&StepContext, &mut Inputs) -> Result<O, StepFailure> + Send + Sync + 'static,
    ) -> Self {
        self.outputs = O::specs();
        self.body = StepBody::Sync(Arc::new(move |context, inputs| {
            Ok(body(context, inputs)?.into_values())
        }));
        self
    }

    /// A body that runs on the async runtime and must not block it.
    #[must_use]
    pub fn asynchronous<O: StepOutput>(
        mut self,
        body: impl Fn(StepContext, Inputs) -> Pin<Box<dyn Future<Output = Result<O, StepFailure>> + Send>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.outputs = O::specs();
        self.body = StepBody::Async(Arc::new(move |context, inputs| {
            let future = body(context, inputs);
            Box::pin(async move { Ok(future.await?.into_values()) })
        }));
        self
    }

    /// Names the outputs, in order.
    #[must_use]
    pub fn output_names(mut self, names: &[&str]) -> Self {
        for (output, name) in self.outputs.iter_mut().zip(names) {
            output.name = (*name).to_owned();
        }
        self
    }

    pub(crate) fn dynamic(
        mut self,
        outputs: Vec<OutputSpec>,
        body: impl Fn(&mut Inputs) -> Result<Vec<OutputValue>, StepFailure> + Send + Sync + 'static,
    ) -> Self {
        self.outputs = outputs;
        self.body = StepBody::Sync(Arc::new(move |_, inputs| body(inputs)));
        self.stays_in_process("it only puts together what other steps made")
    }
}
