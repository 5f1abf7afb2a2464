//! A program for tests of experiment trackers: a run that says something and then waits, until it is killed or told to stop.

use zen_core::prelude::*;
use zen_integrations as _;

#[step(cache = false)]
fn waits(ctx: &StepContext) -> Result<u64> {
    ctx.log_metric("progress", 0.5)?;
    ctx.flush()?;
    println!("waiting");
    while !ctx.is_cancelled() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    Ok(1)
}

#[step(cache = false)]
fn ends() -> u64 {
    1
}

#[pipeline]
fn waiting() -> Artifact<u64> {
    waits()
}

#[pipeline]
fn ending() -> Artifact<u64> {
    ends()
}

#[zen_core::main]
async fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("wait") => drop(waiting().quiet().run().await?),
        _ => drop(ending().quiet().run().await?),
    }
    Ok(())
}
