//! `schedule run`.

use std::time::Duration;

use serde::Serialize;
use zen_core::schedule::{Scheduler, SchedulerEnd};

use crate::Exit;
use crate::args::duration;
use crate::commands::{Command, Context, Need};
use crate::error::Error;
use crate::launch::wait_for_runs;

/// Run the scheduler, until SIGTERM or Ctrl-C
///
/// Several may run at once: each slot is fired by one of them. Told to end, it claims nothing more and lets runs end for the grace before they
/// are cancelled; it ends with 4 then.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// How long runs may take to end when it is told to
    #[arg(long, value_parser = duration, default_value = "30s")]
    grace: Duration,
    /// End after this time
    #[arg(long, value_parser = duration, value_name = "TIME")]
    r#for: Option<Duration>,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    /// Whether runs were cancelled because they went on for longer than the grace.
    cancelled: bool,
}

impl Command for Run {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let stack = context.project.choice()?.activate()?;
        let scheduler = Scheduler::new().on(&stack).grace(self.grace);
        let ended = wait_for_runs(async {
            match self.r#for {
                Some(time) => scheduler.run_until(tokio::time::sleep(time)).await,
                None => scheduler.run().await,
            }
        })??;
        let cancelled = ended != SchedulerEnd::Drained;
        let output = Output { cancelled };
        context.out.show(&output, || {
            Ok(match cancelled {
                true => "the scheduler has ended; runs that went on were cancelled\n".to_owned(),
                false => "the scheduler has ended\n".to_owned(),
            })
        })?;
        Ok(match cancelled {
            true => Exit::Cancelled,
            false => Exit::Success,
        })
    }

    fn need(&self) -> Need {
        Need::Program
    }
}
