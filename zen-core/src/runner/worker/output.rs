//! What a worker prints: to this program's own output, to the step's log, and the last of it into an error.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::Level;

use crate::graph::StepEvents;
use crate::printing;
use crate::secrets::{is_redacting, redact, redact_string};

/// How many lines go into an error.
const LAST: usize = 12;

/// The longest line that is kept whole, in bytes.
const LONGEST: usize = 16 * 1024;

/// The longest line in an error, in characters.
const LONGEST_SHOWN: usize = 500;

/// Where a worker printed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Err,
}

/// Collects what a worker prints.
pub(super) struct Output {
    events: Arc<dyn StepEvents>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    last: VecDeque<String>,
    open: usize,
}

impl Output {
    pub(super) fn new(events: Arc<dyn StepEvents>) -> Arc<Self> {
        Arc::new(Self {
            events,
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Reads a stream in a thread of its own until its end.
    pub(super) fn read(self: &Arc<Self>, stream: Stream, from: impl Read + Send + 'static) -> io::Result<()> {
        self.state().open += 1;
        let output = Arc::clone(self);
        let reading = move || {
            // A stream that can't be read any more has ended.
            let _ = lines(from, |line| output.line(stream, line));
            output.state().open -= 1;
            output.changed.notify_all();
        };
        let started = std::thread::Builder::new()
            .name("zen-worker-output".into())
            .spawn(reading);
        if let Err(error) = started {
            self.state().open -= 1;
            return Err(error);
        }
        Ok(())
    }

    fn line(&self, stream: Stream, mut line: String) {
        redact_string(&mut line);
        let target = match stream {
            Stream::Out => "stdout",
            Stream::Err => "stderr",
        };
        match stream {
            Stream::Out => printing::out(&line),
            Stream::Err => printing::err(&line),
        }
        {
            let mut state = self.state();
            if state.last.len() == LAST {
                state.last.pop_front();
            }
            state.last.push_back(shortened(&line));
        }
        self.events.log(Level::INFO, target, line);
    }

    /// The last lines, once both streams have ended: they end with the process, unless something it started holds them open, which is
    /// waited for only that long.
    pub(super) fn last(&self, patience: Duration) -> Vec<String> {
        let end = Instant::now() + patience;
        let mut state = self.state();
        while state.open > 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.last.iter().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As much of a line as is of use in an error: one that is long must not push out those after it.
fn shortened(line: &str) -> String {
    match line.char_indices().nth(LONGEST_SHOWN) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line.to_owned(),
    }
}

/// Secrets of up to this many bytes are found where a line is cut.
const CARRIED: usize = 1024;

/// Cuts a stream into lines; one that is too long goes on in the next.
fn lines(mut from: impl Read, mut line: impl FnMut(String)) -> io::Result<()> {
    let mut rest = Vec::new();
    let mut block = [0; 8192];
    loop {
        let read = match from.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        rest.extend_from_slice(&block[..read]);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            line(text(&rest[..end]));
            rest.drain(..=end);
        }
        if rest.len() > LONGEST {
            let whole = redact(&text(&rest)).into_owned();
            // A secret at the end may not be complete yet: what is kept is looked at again with what comes.
            let kept = match is_redacting() {
                true => whole.floor_char_boundary(whole.len().saturating_sub(CARRIED)),
                false => whole.len(),
            };
            line(whole[..kept].to_owned());
            rest = whole.as_bytes()[kept..].to_vec();
        }
    }
    if !rest.is_empty() {
        line(text(&rest));
    }
    Ok(())
}

fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.strip_suffix('\r').unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_their_ends() {
        let mut found = Vec::new();
        lines(&b"one\r\n\ntwo \xff\nthree"[..], |line| found.push(line)).unwrap();
        assert_eq!(found, ["one", "", "two \u{fffd}", "three"]);
    }

    #[test]
    fn a_line_without_end_is_not_kept_whole() {
        let mut longest = 0;
        lines(io::repeat(b'x').take(1 << 20), |line| {
            longest = longest.max(line.len())
        })
        .unwrap();
        assert!(longest <= LONGEST + 8192, "{longest}");
    }
}
