//! What is said of a worker that ended without a result.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::memory::{Kills, shown};
use crate::children::told;

/// What is known of a worker's end.
#[derive(Debug)]
pub(super) struct End {
    pub(super) pid: u32,
    pub(super) status: ExitStatus,
    /// The most memory it was seen to hold, in bytes; 0 when it was never seen.
    pub(super) peak: u64,
    /// The limit it had.
    pub(super) limit: Option<u64>,
    /// The control group in which the system ended a process for lack of memory meanwhile.
    pub(super) out_of_memory: Option<Kills>,
    /// What it printed last.
    pub(super) last: Vec<String>,
    /// Whether it had said what it is.
    pub(super) said_hello: bool,
}

impl End {
    /// In words, with the last lines it printed.
    pub(super) fn describe(&self, program: &str) -> String {
        let mut text = format!("{} (process {})", told(self.status), self.pid);
        if !self.said_hello {
            text.push_str(&format!(
                ", before it said what it is: the `main` of {program} must be marked `#[zen_core::main]`, or call \
                 `zen_core::runner::run_if_worker()` first"
            ));
        }
        // The account is the whole group's.
        if let Some(kills) = self
            .out_of_memory
            .as_ref()
            .filter(|_| self.status.signal() == Some(9))
        {
            text.push_str(&format!(
                ": the system ended it for lack of memory in control group `{}`{}",
                kills.group,
                kills
                    .limit
                    .filter(|limit| *limit < 1 << 60)
                    .map(|limit| format!(", whose limit is {}", shown(limit)))
                    .unwrap_or_default()
            ));
        }
        match (self.peak, self.limit) {
            (0, None) => {}
            (0, Some(limit)) => text.push_str(&format!("; its memory was limited to {}", shown(limit))),
            (peak, None) => text.push_str(&format!("; it held up to {} of memory", shown(peak))),
            (peak, Some(limit)) => text.push_str(&format!(
                "; it held up to {} of memory and could allocate {}",
                shown(peak),
                shown(limit)
            )),
        }
        match self.last.is_empty() {
            true => text.push_str("; it printed nothing"),
            false => {
                text.push_str("; it printed last:");
                for line in &self.last {
                    text.push_str("\n    ");
                    text.push_str(line);
                }
            }
        }
        text
    }
}
