//! How a scheduler ended.

use std::process::ExitCode;

use crate::runner::MainOutput;

/// How a scheduler ended. `main` may return it: the program's exit code then says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchedulerEnd {
    /// Every run under way has ended by itself. Exit code 0.
    Drained,
    /// Runs were still under way when their time had passed, and were cancelled. Exit code 4.
    #[non_exhaustive]
    Cancelled {
        /// How many.
        runs: usize,
    },
}

impl SchedulerEnd {
    /// The code for a program that ends so: 0, or 4 when runs were cancelled.
    pub fn code(self) -> u8 {
        match self {
            Self::Drained => 0,
            Self::Cancelled { .. } => 4,
        }
    }
}

impl From<SchedulerEnd> for ExitCode {
    fn from(end: SchedulerEnd) -> Self {
        end.code().into()
    }
}

impl MainOutput for SchedulerEnd {
    fn exit_code(self) -> ExitCode {
        self.into()
    }
}
