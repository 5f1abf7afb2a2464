//! Trains a classifier of handwritten digits, serves it, and asks the server, with two pipelines:
//!
//! - `continuous_deployment`: importer -> normalizer -> trainer -> evaluator -> deployment_trigger -> model_deployer
//! - `inference`: dynamic_importer, prediction_service_loader -> predictor
//!
//! Run it twice: the second time the steps come from the cache, and the same server answers at the same URL. Train a better
//! model (`--epochs 60`), and the server gets it without failing a request. The server goes on when this program has ended;
//! `--stop-service` stops it.

mod drawing;
mod evaluation;
mod inference;
mod options;
mod pipelines;
mod report;
mod table;

use std::time::Duration;

use clap::Parser;
use zen_core::prelude::*;
use zen_core::service::load_last_service_from_step;
use zen_examples::digits::Digits;
use zen_examples::show;
// Links the model deployer of stacks that name none.
use zen_integrations as _;
// Answers the command line `zen`, which starts pipelines by their names.
use zen_cli as _;

use options::{Config, Options};

#[zen_core::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    // All that follows, in whatever pipeline, uses this one.
    Stack::choose().maybe_stack(options.stack.as_ref()).activate()?;
    if options.stop_service {
        show(stop_service()?)?;
        return Ok(());
    }
    if options.config != Config::Predict {
        let pipeline = pipelines::continuous_deployment(options.epochs, options.lr, options.min_accuracy);
        let run = pipeline.quiet().run().await?;
        show(report::deployment(&run, options.min_accuracy, options.stack.as_deref()).await?)?;
    }
    if options.config != Config::Deploy {
        let run = pipelines::inference().quiet().run().await?;
        show(report::predictions(&run).await?)?;
    }
    Ok(())
}

/// Stops the server, and says what came of it.
fn stop_service() -> Result<String> {
    let (pipeline, step) = (pipelines::DEPLOYMENT, pipelines::DEPLOYER);
    let Some(service) = load_last_service_from_step::<Digits>(pipeline, step, false)? else {
        return Ok("No server was ever deployed: there is nothing to stop.\n".into());
    };
    if service.status()?.state == ServiceState::Inactive {
        return Ok(format!(
            "The server {service} doesn't run: there is nothing to stop.\n"
        ));
    }
    service.stop(Duration::from_secs(30), false)?;
    Ok(format!("The server {service} has been stopped.\n"))
}
