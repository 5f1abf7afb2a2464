//! One call of a hook.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::panics::Caught;
use super::pool;
use crate::graph::{Hook, HookEvent, StepFailure};
use crate::stack::Stack;

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HookOutcome {
    /// Why it failed: it returned an error, panicked, or took too long.
    pub(crate) error: Option<String>,
    pub(crate) started: DateTime<Utc>,
    pub(crate) ended: DateTime<Utc>,
}

impl Hook {
    /// Calls it and waits for its end, but no longer than `timeout`: then its future is dropped, or, when it blocks its thread, left alone with
    /// it. So it is when this future is dropped. Never fails nor panics itself; times are those of the event's stack.
    pub(crate) async fn call(&self, event: HookEvent, timeout: Duration) -> HookOutcome {
        let stack = event.component::<Stack>();
        let now = || stack.as_ref().map_or_else(Utc::now, |stack| stack.clock().now());
        let started = now();
        let result = self.bounded(event, timeout).await;
        HookOutcome {
            error: result.err(),
            started,
            ended: now(),
        }
    }

    async fn bounded(&self, event: HookEvent, timeout: Duration) -> Result<(), String> {
        let runtime = Handle::try_current().map_err(|error| error.to_string())?;
        let (mut done, result) = oneshot::channel();
        let hook = self.clone();
        // A thread of the pool and not a task: a function that sends a mail or asks a server with a client that blocks would keep steps
        // from running, and on a runtime of one thread the clock that bounds it from going on.
        let call = move || {
            // Made inside, so that a panic in making it is caught too.
            let called = Caught(Box::pin(async move { hook.begin(event).await }));
            let ended = runtime.block_on(async {
                tokio::select! {
                    biased;
                    ended = called => Some(ended),
                    () = done.closed() => None,
                }
            });
            if let Some(ended) = ended {
                // Nobody listens any more when the call was given up at this very moment.
                let _ = done.send(ended);
            }
        };
        pool::spawn(call).map_err(|error| format!("no thread could be started for it: {error}"))?;
        match tokio::time::timeout(timeout, result).await {
            Ok(Ok(ended)) => ended.map_err(|failure: StepFailure| failure.to_string()),
            Ok(Err(_)) => Err("the asynchronous runtime ended before it did".into()),
            Err(_) => Err(format!("it took longer than {timeout:?} and was given up")),
        }
    }
}
