//! Trains again whenever data has come in, by the clock, and deploys only what is better than what is served:
//!
//! - `continuous_training`: snapshot -> importer -> normalizer -> trainer -> evaluator -> deployment_trigger -> model_deployer, where the
//!   evaluator compares the new model with the one that `served_model` finds behind the server, on the same images
//! - `served_inference`: importer, served_model -> predictor -> checker, on a schedule of its own
//!
//! Without arguments it shows in half a minute what takes weeks otherwise: a collector delivers images into a folder, some of them mislabelled, slots
//! come due every few seconds, and a client asks the server all the time. For real use give it a folder that somebody fills and a time
//! table, `--data /srv/digits --cron "0 2 * * 1-5" --timezone Europe/Berlin`: then it runs until SIGTERM or Ctrl-C.

mod batch;
mod client;
mod collector;
mod data;
mod demo;
mod evaluation;
mod observer;
mod options;
mod pipelines;
mod report;
mod schedules;
mod served;
mod summary;

use std::time::Duration;

use clap::Parser;
use zen_core::prelude::*;
use zen_core::schedule::{Scheduler, SchedulerEnd};
use zen_examples::show;
// Links the model deployer of stacks that name none.
use zen_integrations as _;

use collector::Collector;
use observer::Forward;
use options::Options;

#[zen_core::main]
async fn main() -> Result<SchedulerEnd> {
    let options = Options::parse();
    if options.stop_service {
        show(served::stop(Duration::from_secs(30))?)?;
        return Ok(SchedulerEnd::Drained);
    }
    let folder = options.folder()?;
    let collector = match options.data {
        Some(_) => None,
        None => Some(Collector::start(&folder)?),
    };
    // After a restart of the machine nothing of it runs any more, and the next slot may be days away.
    if let Some(line) = served::start_again(Duration::from_secs(60))? {
        show(line)?;
    }
    let schedules = schedules::keep(&options, &folder).await?;
    show(report::heading(&schedules, &folder))?;

    let (observer, events) = Forward::new();
    let demo = tokio::spawn(demo::follow(events, collector, options.clone()));
    let scheduler = Scheduler::new().quiet().observer(observer);
    let end = match options.bound() {
        Some(bound) => scheduler.run_until(tokio::time::sleep(bound)).await?,
        None => scheduler.run().await?,
    };
    let seen = demo.await??;
    if options.bound().is_some() {
        schedules::rest(&schedules).await?;
    }
    show(summary::of(&seen, end)?)?;
    seen.check()?;
    Ok(end)
}
