//! Runs that a command starts, to their ends.

use std::future::Future;

use zen_core::client::Client;
use zen_core::graph::PipelineOutput;
use zen_core::metadata::IdKind;
use zen_core::runner::{Launch, RunError};
use zen_core::stack::Stack;

use crate::Exit;
use crate::commands::Context;
use crate::error::Error;
use crate::output::json::RunSummary;
use crate::output::{Style, color, id, time};

/// Waits for what needs several threads: steps are executed on them.
pub(crate) fn wait_for_runs<T>(work: impl Future<Output = T>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let done = runtime.block_on(work);
    // A step's body that was given up doesn't keep the command from ending.
    runtime.shutdown_background();
    Ok(done)
}

/// Runs it and tells how it ended: with 1 when it failed, and 4 when it was cancelled.
pub(crate) fn to_its_end<O: PipelineOutput>(
    context: &Context,
    stack: &Stack,
    launch: Launch<O>,
) -> Result<Exit, Error> {
    let ended = wait_for_runs(async {
        let run = launch.on(stack).start().await?;
        let id = run.id();
        Ok::<_, RunError>((id, run.wait().await.map(drop)))
    })?;
    let (run, ended) = ended?;
    let client = Client::of(stack.clone());
    let output = RunSummary::of(&client.run(run)?);
    let out = &context.out;
    let short = || id::short(stack.metadata().as_ref(), IdKind::Run, run);
    out.show(&output, || {
        let short = short()?;
        let took = output
            .ended
            .and_then(|ended| (ended - output.started).to_std().ok());
        let took = took.map_or_else(String::new, |took| format!(" in {}", time::span(took)));
        let status = out.paint(output.status.as_str(), color::of_status(output.status));
        Ok(format!("run {} {status}{took}\n", out.paint(&short, Style::Bold)))
    })?;
    match ended {
        Ok(()) => Ok(Exit::Success),
        Err(error) => Err(Error::Ended {
            run: short()?,
            error: Box::new(error),
        }),
    }
}
