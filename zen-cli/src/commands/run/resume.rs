//! `run resume`.

use zen_core::runner::rebuild_run;

use crate::Exit;
use crate::commands::{Command, Context, Need};
use crate::error::Error;
use crate::find;
use crate::launch::{to_its_end, wait_for_runs};

/// Go on with a run that failed, was cancelled, or whose process died
///
/// A new run takes over what the run has finished, unless its code or inputs have changed. Ends as `pipeline run` does.
#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// The run: its id or the beginning of it, its name, or a pipeline for its newest run
    run: String,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

impl Command for Resume {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.open()?;
        let run = find::run(&client, &self.run)?;
        let pipeline = wait_for_runs(rebuild_run(&client, run.id()))??;
        let mut launch = pipeline.resume(run.id());
        if self.quiet || context.out.is_json() {
            launch = launch.quiet();
        }
        let stack = context.project.choice()?.activate()?;
        to_its_end(context, &stack, launch)
    }

    fn need(&self) -> Need {
        Need::Program
    }
}
