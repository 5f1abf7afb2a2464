//! What steps of scheduled runs note outside zen, so that what they did is known whatever is recorded of it.

use std::io::Write;
use std::path::Path;

use uuid::Uuid;
use zen_core::prelude::*;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// It began.
    Begin,
    /// It ended.
    End,
    /// It saw that its run is cancelled.
    Cancelled,
}

impl Did {
    const ALL: [Did; 3] = [Did::Begin, Did::End, Did::Cancelled];

    fn letter(self) -> char {
        match self {
            Did::Begin => 'B',
            Did::End => 'E',
            Did::Cancelled => 'C',
        }
    }
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What the step did.
    pub did: Did,
    /// The slot its run is for.
    pub slot: Uuid,
    /// Its run.
    pub run: Uuid,
    /// The process that executed it.
    pub pid: u32,
    /// The step's name.
    pub step: String,
}

/// Adds a line with a single write, which no kill can divide.
///
/// # Errors
/// When the file can't be written, or the run is for no slot.
pub fn note(journal: &str, did: Did, ctx: &StepContext) -> Result<()> {
    let slot = ctx.slot().ok_or("the run is for no slot")?.slot;
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(journal)?;
    let (letter, run, pid) = (did.letter(), ctx.run_id(), std::process::id());
    let line = format!("{letter} {slot} {run} {pid} {}\n", ctx.step_name());
    Ok(file.write_all(line.as_bytes())?)
}

/// The lines noted so far.
pub fn read(journal: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(journal).unwrap_or_default();
    let line = |line: &str| {
        let mut parts = line.splitn(5, ' ');
        let letter = parts.next()?.chars().next()?;
        Some(Line {
            did: Did::ALL.into_iter().find(|did| did.letter() == letter)?,
            slot: parts.next()?.parse().ok()?,
            run: parts.next()?.parse().ok()?,
            pid: parts.next()?.parse().ok()?,
            step: parts.next()?.to_owned(),
        })
    };
    text.lines().filter_map(line).collect()
}
