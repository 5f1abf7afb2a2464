//! The pipelines that are scheduled.

use std::path::Path;
use std::time::Duration;

use zen_core::prelude::*;

use super::journal::{Did, note};

/// How often a step looks whether it may go on.
const LOOK: Duration = Duration::from_millis(5);

#[step(cache = false, ignore(journal))]
fn begin(ctx: &StepContext, journal: &str) -> Result<u64> {
    note(journal, Did::Begin, ctx)?;
    note(journal, Did::End, ctx)?;
    Ok(1)
}

/// Waits for a time without holding a thread.
#[step(cache = false, ignore(journal))]
async fn rest(ctx: &StepContext, journal: &str, millis: u64) -> Result<u64> {
    note(journal, Did::Begin, ctx)?;
    tokio::time::sleep(Duration::from_millis(millis)).await;
    note(journal, Did::End, ctx)?;
    Ok(millis)
}

/// Computes for a time, and looks whether it is still wanted.
#[step(cache = false, ignore(journal))]
fn labour(ctx: &StepContext, journal: &str, millis: u64) -> Result<u64> {
    note(journal, Did::Begin, ctx)?;
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_millis(millis) {
        if ctx.is_cancelled() {
            note(journal, Did::Cancelled, ctx)?;
            return Err("cancelled".into());
        }
        std::thread::sleep(LOOK);
    }
    note(journal, Did::End, ctx)?;
    Ok(millis)
}

/// Waits until a file is there, without holding a thread.
#[step(cache = false, ignore(journal))]
async fn wait(ctx: &StepContext, journal: &str, gate: &str, before: u64) -> Result<u64> {
    note(journal, Did::Begin, ctx)?;
    while !Path::new(gate).exists() {
        tokio::time::sleep(LOOK).await;
    }
    note(journal, Did::End, ctx)?;
    Ok(before)
}

/// The same in a thread that looks whether it is still wanted.
#[step(cache = false, ignore(journal))]
fn hold(ctx: &StepContext, journal: &str, gate: &str, before: u64) -> Result<u64> {
    note(journal, Did::Begin, ctx)?;
    while !Path::new(gate).exists() {
        if ctx.is_cancelled() {
            note(journal, Did::Cancelled, ctx)?;
            return Err("cancelled".into());
        }
        std::thread::sleep(LOOK);
    }
    note(journal, Did::End, ctx)?;
    Ok(before)
}

#[step(cache = false, ignore(journal))]
fn fail(ctx: &StepContext, journal: &str) -> Result<u64> {
    note(journal, Did::Begin, ctx)?;
    Err("told to fail".into())
}

/// Ends the whole program.
#[step(cache = false, ignore(journal))]
fn abort(ctx: &StepContext, journal: &str) -> Result<u64> {
    note(journal, Did::Begin, ctx)?;
    std::process::abort()
}

/// Goes on for ever, whether it is wanted or not.
#[step(cache = false, ignore(journal))]
fn ignore(ctx: &StepContext, journal: &str) -> Result<u64> {
    note(journal, Did::Begin, ctx)?;
    loop {
        std::thread::park();
    }
}

/// Done at once.
#[pipeline]
pub fn quick(journal: String) -> Artifact<u64> {
    begin(journal.as_str())
}

/// Takes a time, in an asynchronous step.
#[pipeline]
pub fn resting(journal: String, millis: u64) -> Artifact<u64> {
    rest(journal.as_str(), millis)
}

/// Takes a time, in a synchronous step.
#[pipeline]
pub fn labouring(journal: String, millis: u64) -> Artifact<u64> {
    labour(journal.as_str(), millis)
}

/// Does a step, and then waits for a file in an asynchronous one.
#[pipeline]
pub fn waiting(journal: String, gate: String) -> Artifact<u64> {
    wait(journal.as_str(), gate.as_str(), begin(journal.as_str()))
}

/// Does a step, and then waits for a file in a synchronous one.
#[pipeline]
pub fn holding(journal: String, gate: String) -> Artifact<u64> {
    hold(journal.as_str(), gate.as_str(), begin(journal.as_str()))
}

/// Fails.
#[pipeline]
pub fn failing(journal: String) -> Artifact<u64> {
    fail(journal.as_str())
}

/// Takes its process with it.
#[pipeline]
pub fn aborting(journal: String) -> Artifact<u64> {
    abort(journal.as_str())
}

/// Never ends, and doesn't look whether it is wanted.
#[pipeline]
pub fn ignoring(journal: String) -> Artifact<u64> {
    ignore(journal.as_str())
}
