//! Cancelling a run from wherever one is.

use uuid::Uuid;

use super::blocking::blocking;
use super::{Client, ClientError, RunView};
use crate::metadata::{Change, Status, cut};

/// What became of the wish to cancel a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CancelOutcome {
    /// It is recorded: whoever executes the run sees it within a second or two, and cancels the run as Ctrl-C does.
    Requested,
    /// The process that executed the run is dead: the run is now recorded as failed.
    Died,
    /// The run had ended before, with this status.
    Ended(Status),
}

impl RunView {
    /// Asks for the run to be cancelled, wherever it is executed: nothing more of it starts, what runs is stopped, and its status becomes
    /// cancelled with an error that says by whom. Returns when that is recorded, not when the run has ended.
    ///
    /// The run of a schedule's slot is not tried again, and its scheduler goes on. When the process that executed the run is dead, as far as can be
    /// seen from this machine, there is nothing to cancel, and the run is recorded to have died.
    ///
    /// ```
    /// use zen_core::client::CancelOutcome;
    /// use zen_core::prelude::*;
    ///
    /// #[step]
    /// fn one() -> u8 { 1 }
    /// #[pipeline]
    /// fn small() -> Artifact<u8> { one() }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let stack = Stack::in_memory()?;
    /// let run = small().on(&stack).quiet().run().await?;
    /// // Too late.
    /// assert_eq!(run.cancel("me").await?, CancelOutcome::Ended(Status::Completed));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the metadata store fails, or the run has been removed.
    pub async fn cancel(&self, by: impl Into<String>) -> Result<CancelOutcome, ClientError> {
        let (stack, run, by) = (self.stack.clone(), self.id(), cut(by.into()));
        blocking(move || {
            let metadata = stack.metadata();
            let status = || match metadata.run(run)? {
                Some(record) => Ok(record.status),
                None => Err(ClientError::NoRun(run)),
            };
            let before = status()?;
            if before.is_final() {
                return Ok(CancelOutcome::Ended(before));
            }
            // Before the dead are looked for: who finds the run dead must not begin it again.
            metadata.apply(&[Change::CancelRequested {
                run,
                by,
                at: stack.clock().now(),
            }])?;
            stack.settle_dead_runs()?;
            let died = metadata.run(run)?.is_some_and(|record| record.died);
            Ok(match status()? {
                _ if died => CancelOutcome::Died,
                after if after.is_final() && metadata.cancel_requested(run)?.is_none() => {
                    CancelOutcome::Ended(after)
                }
                _ => CancelOutcome::Requested,
            })
        })
        .await
    }
}

impl Client {
    /// Asks for a run to be cancelled: see [`RunView::cancel`].
    ///
    /// # Errors
    /// When there is no such run, or the metadata store fails.
    pub async fn cancel_run(&self, run: Uuid, by: impl Into<String>) -> Result<CancelOutcome, ClientError> {
        self.run(run)?.cancel(by).await
    }
}
