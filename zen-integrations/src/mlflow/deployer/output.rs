//! What a child writes: into this process's log, and its last lines for errors.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::task::JoinHandle;
use zen_core::secrets::redact;

/// How many lines are kept.
const LINES: usize = 200;
/// How many lines go into an error.
const SHOWN: usize = 20;
/// How the line begins with which MLflow's launcher says that the server it started has ended, and what stands before the server's code.
const LAUNCHER: (&str, &str) = ("Exception: Command '", "Return code = ");
/// How a stack trace of Python's begins.
const TRACE: &str = "Traceback (most recent call last)";
/// How much of a line is kept, in bytes.
const LONGEST: u64 = 16 << 10;

/// The last lines that a child wrote. Clones are the same lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Output(Arc<Mutex<VecDeque<String>>>);

impl Output {
    /// Reads what is written until nobody has it open for writing any more, and passes it on to the log, where secrets are redacted.
    pub(super) fn follow(&self, source: impl AsyncRead + Send + Unpin + 'static) -> JoinHandle<()> {
        let output = self.clone();
        tokio::spawn(async move {
            let mut source = BufReader::new(source);
            let mut line = Vec::new();
            loop {
                line.clear();
                match (&mut source).take(LONGEST).read_until(b'\n', &mut line).await {
                    Ok(0) | Err(_) => return,
                    Ok(_) => output.add(&String::from_utf8_lossy(&line)),
                }
            }
        })
    }

    fn add(&self, line: &str) {
        let line = redact(line.trim_end());
        // A log that can't be written must not stop the child.
        let _ = writeln!(std::io::stderr(), "{line}");
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(line.into());
    }

    /// The last lines, without the stack trace that MLflow's launcher adds when its server has ended: what is wrong stands before it.
    pub(super) fn last(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<&String> = lines.iter().collect();
        let launcher = all
            .iter()
            .rposition(|line| line.trim_start().starts_with(LAUNCHER.0));
        let trace = launcher.and_then(|end| all[..end].iter().rposition(|line| line.contains(TRACE)));
        let told = &all[..trace.unwrap_or(all.len())];
        told[told.len().saturating_sub(SHOWN)..]
            .iter()
            .map(|line| (*line).clone())
            .collect()
    }

    /// The code that the server ended with which MLflow's launcher started, when the launcher has said so.
    pub(super) fn code(&self) -> Option<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines
            .iter()
            .rev()
            .find(|line| line.trim_start().starts_with(LAUNCHER.0))?;
        Some(line.rsplit_once(LAUNCHER.1)?.1.trim().to_owned())
    }

    /// Whether one of the last lines has this in it, in capital letters or not.
    pub(super) fn says(&self, words: &str) -> bool {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().any(|line| line.to_ascii_lowercase().contains(words))
    }
}
