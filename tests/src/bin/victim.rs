//! A program for tests to kill: a pipeline whose steps note in a journal that they ran, and one of which can be told to wait for ever.
//!
//! Arguments: the journal, then `run`, `resume`, or `other` for another pipeline. `VICTIM_BLOCK` names the step that waits.

use std::io::Write;
use std::path::{Path, PathBuf};

use zen_core::prelude::*;

fn note(journal: &str, step: &str) -> Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(journal)?;
    writeln!(file, "{step}")?;
    Ok(())
}

fn wait_if_told(step: &str) {
    if std::env::var("VICTIM_BLOCK").is_ok_and(|name| name == step) {
        println!("blocked");
        loop {
            std::thread::park();
        }
    }
}

#[step(cache = false, ignore(journal))]
fn seed(journal: &str) -> Result<Vec<u64>> {
    note(journal, "seed")?;
    Ok((0..8).collect())
}

/// Large enough to be an object.
#[step(cache = false, ignore(journal))]
fn grow(ctx: &StepContext, journal: &str, x: u64) -> Result<Vec<u64>> {
    wait_if_told(ctx.step_name());
    note(journal, ctx.step_name())?;
    ctx.log(format!("growing {x}"));
    Ok((0..4000).map(|i| i * x).collect())
}

#[step(cache = false, ignore(journal))]
fn link(ctx: &StepContext, journal: &str, parts: &[Vec<u64>], before: u64) -> Result<u64> {
    wait_if_told(ctx.step_name());
    note(journal, ctx.step_name())?;
    ctx.log_metric("before", before)?;
    Ok(parts
        .iter()
        .flatten()
        .fold(before, |sum, x| sum.wrapping_mul(31).wrapping_add(*x)))
}

#[pipeline]
fn victim(journal: String) -> Artifact<u64> {
    let parts = seed(journal.as_str()).each(|x| grow(journal.as_str(), x));
    let mut sum = link(journal.as_str(), parts, 1);
    for _ in 0..9 {
        sum = link(journal.as_str(), parts, sum);
    }
    sum
}

#[step]
fn words() -> Vec<String> {
    (0..50).map(|i| format!("word {i}")).collect()
}

#[step]
fn letters(word: &str) -> usize {
    word.len()
}

#[pipeline]
fn other() -> Artifact<Vec<usize>> {
    words().each(|word| letters(word))
}

#[zen_core::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let journal: PathBuf = arguments.next().ok_or("which journal?")?.into();
    let journal = Path::new(&journal).display().to_string();
    let launch = victim(journal).quiet();
    let run = match arguments.next().as_deref() {
        Some("other") => {
            println!("{:?}", other().run().await?.output().await?);
            return Ok(());
        }
        Some("resume") => launch.resume_last().run().await?,
        _ => launch.run().await?,
    };
    println!(
        "{} {}",
        run.output().await?,
        run.step("link_10")?.output("output")?.digest()
    );
    Ok(())
}
