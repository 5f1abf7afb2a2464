//! Trains a classifier of handwritten digits: reader -> importer -> normalizer -> trainer -> evaluator -> deployment_trigger.
//!
//! Run it twice: the second run takes everything but the reading of the file from the cache. Change a parameter
//! (`--trees 80`) or a label in the file, and only what depends on it runs again. It ends with exit code 3 when the model
//! isn't accurate enough.

mod data;
mod evaluation;
mod matrix;
mod model;
mod options;
mod pipeline;
mod report;
mod scaling;

use std::process::ExitCode;

use clap::Parser;
use zen_core::prelude::*;

use options::Options;
use report::Report;

/// What the program ends with when it ran well but the model isn't good enough: 1 stands for errors, 2 for a wrong command line.
const NOT_GOOD_ENOUGH: u8 = 3;

#[zen_core::main]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    // The run's record holds the path, and is read from other folders too.
    let data = std::path::absolute(&options.data)?;
    let stack = Stack::active()?;
    let training = pipeline::training(data, options.split, options.trainer, options.min_accuracy);
    let mut launch = training.on(&stack);
    if options.fresh {
        launch = launch.cache(false);
    }
    let run = launch.run().await?;

    let report = Report::of(&run, &stack, options.min_accuracy).await?;
    match options.json {
        true => println!("{}", serde_json::to_string_pretty(&report)?),
        false => print!("{report}"),
    }
    Ok(match report.deploy {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(NOT_GOOD_ENOUGH),
    })
}
