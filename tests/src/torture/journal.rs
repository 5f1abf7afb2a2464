//! What steps note when they begin and when they end, seen from outside whatever becomes of the program.

use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whether the step ended; else it began.
    pub end: bool,
    /// When, in microseconds since 1970.
    pub micros: u64,
    /// The step's name in its run.
    pub step: String,
}

/// Now, in microseconds since 1970.
pub fn micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Adds a line with a single write, which no kill can divide.
///
/// # Errors
/// When the file can't be written.
pub fn note(journal: &str, end: bool, step: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(journal)?;
    let line = format!("{} {} {step}\n", if end { 'E' } else { 'S' }, micros());
    file.write_all(line.as_bytes())
}

/// The lines noted so far.
pub fn read(journal: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(journal).unwrap_or_default();
    let line = |line: &str| {
        let mut parts = line.splitn(3, ' ');
        Some(Line {
            end: parts.next()? == "E",
            micros: parts.next()?.parse().ok()?,
            step: parts.next()?.to_owned(),
        })
    };
    text.lines().filter_map(line).collect()
}

/// How many lines there are.
pub fn count(journal: &Path) -> usize {
    let bytes = std::fs::read(journal).unwrap_or_default();
    bytes.iter().filter(|byte| **byte == b'\n').count()
}
