//! Slots as programs see them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::SchedulingError;
use crate::client::{Client, ClientError, RunView};
use crate::metadata::{SlotRecord, SlotState};
use crate::stack::Stack;

/// A slot of a schedule, or several in a row that were missed or skipped together, as recorded when this view was made.
#[derive(Debug, Clone)]
pub struct SlotView {
    stack: Stack,
    record: SlotRecord,
}

impl SlotView {
    pub(super) fn new(stack: Stack, record: SlotRecord) -> Self {
        Self { stack, record }
    }

    /// All that is recorded of it.
    pub fn record(&self) -> &SlotRecord {
        &self.record
    }

    /// Its id.
    pub fn id(&self) -> Uuid {
        self.record.id
    }

    /// When it was due; of several, the first.
    pub fn due(&self) -> DateTime<Utc> {
        self.record.due
    }

    /// Where it stands.
    pub fn state(&self) -> SlotState {
        self.record.state
    }

    /// Why it was skipped or missed, or what went wrong.
    pub fn reason(&self) -> Option<&str> {
        self.record.reason.as_deref()
    }

    /// The run it led to; of several attempts, the newest. None when there was none, or when it was pruned.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn run(&self) -> Result<Option<RunView>, ClientError> {
        let Some(run) = self.record.run else {
            return Ok(None);
        };
        match Client::of(self.stack.clone()).run(run) {
            Ok(run) => Ok(Some(run)),
            Err(ClientError::NoRun(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The slot as it stands now.
    ///
    /// # Errors
    /// When its schedule was deleted, or it was pruned.
    pub fn refresh(&self) -> Result<Self, SchedulingError> {
        match self.stack.metadata().slot(self.record.id)? {
            Some(record) => Ok(Self {
                stack: self.stack.clone(),
                record,
            }),
            None => Err(SchedulingError::NoSlot(self.record.id)),
        }
    }
}
