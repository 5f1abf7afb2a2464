//! How a command ends.

use std::process::ExitCode;

/// How a command ended, as scripts see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Exit {
    /// Done.
    Success = 0,
    /// The run, or what was asked to be checked, failed.
    Failed = 1,
    /// The command can't be understood, or needs an answer that nobody is there to give.
    Usage = 2,
    /// There is no such thing.
    NotFound = 3,
    /// Cancelled, or answered with no.
    Cancelled = 4,
    /// What is kept can't be used: damaged, unreadable, or of a newer zen.
    Store = 5,
    /// The project's program is missing or can't be started.
    Program = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What the help of the command says about them.
pub(crate) const HELP: &str = "\
Exit codes: 0 done; 1 the run, or what was asked to be checked, failed; 2 usage; 3 not found;
4 cancelled or answered with no; 5 the store can't be used; 6 the project's program is missing.";
