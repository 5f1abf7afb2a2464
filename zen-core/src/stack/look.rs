//! A project that is only looked at.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::open::{Access, parts};
use super::stack::Inner;
use super::{Liveness, Settings, Stack, StackChoice, StackError, host};
use crate::metadata::{MetadataError, RunFilter, RunRecord, Status};

impl StackChoice {
    /// Opens the stack to look at it: nothing is made, upgraded or settled, and a folder that this process can't write to will do. Whatever would
    /// write fails.
    ///
    /// A run whose process died is still shown as it was left; [`has_died`](Stack::has_died) tells, and [`open`](Self::open) settles it.
    ///
    /// # Errors
    /// When there is no such folder, or its content can't be read or used by this version of zen; when settings are wrong.
    pub fn look(&self) -> Result<Stack, StackError> {
        let folder = self.folder()?;
        let plan = Settings::at(&folder)?.plan(self)?;
        let home = folder
            .canonicalize()
            .map_err(|source| StackError::Home { path: folder, source })?;
        // A builder without a home makes no folder, and settles nothing.
        let stack = parts(&home, &plan, None, Access::Look)?.build()?;
        Ok(stack.looking_at(home))
    }
}

impl Stack {
    /// The active stack of the project that keeps its files in `home`, to look at it; see [`StackChoice::look`].
    ///
    /// # Errors
    /// As [`StackChoice::look`].
    pub fn look(home: &Path) -> Result<Self, StackError> {
        Self::choose().home(home).look()
    }

    fn looking_at(&self, home: PathBuf) -> Self {
        let inner = &self.inner;
        Self {
            inner: Arc::new(Inner {
                name: inner.name.clone(),
                home: Some(home),
                artifacts: inner.artifacts.clone(),
                metadata: Arc::clone(&inner.metadata),
                clock: Arc::clone(&inner.clock),
                components: Arc::clone(&inner.components),
                liveness: Arc::clone(&inner.liveness),
                program: inner.program.clone(),
                plan: inner.plan.clone(),
                secrets: inner.secrets.clone(),
            }),
        }
    }

    /// Whether the process that executed a run is known to be dead, although the run has no end yet: nobody has noticed before.
    pub fn has_died(&self, run: &RunRecord) -> bool {
        let (Some(folder), Some(process)) = (self.live(), run.process) else {
            return false;
        };
        // What another machine's process does can't be seen from here; when in doubt it is alive.
        !run.status.is_final() && run.host == host() && !Liveness::is_alive(&folder, process).unwrap_or(true)
    }

    /// Whether there are runs that [`settle_dead_runs`](Self::settle_dead_runs) would settle.
    ///
    /// # Errors
    /// When the metadata store can't be read.
    pub fn has_dead_runs(&self) -> Result<bool, MetadataError> {
        for status in [Status::Running, Status::Queued] {
            let filter = RunFilter {
                status: Some(status),
                ..RunFilter::default()
            };
            if self
                .metadata()
                .runs(&filter)?
                .iter()
                .any(|run| self.has_died(run))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
