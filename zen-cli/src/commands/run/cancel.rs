//! `run cancel`.

use serde::Serialize;
use uuid::Uuid;
use zen_core::client::CancelOutcome;
use zen_core::metadata::Status;

use crate::Exit;
use crate::args::{Confirm, duration};
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::confirm;
use crate::project::wait;

/// Cancel a run, wherever it is executed
///
/// What it has finished stays, and `run resume` goes on from there. Ends with 1 when the run still goes on after the timeout.
#[derive(Debug, clap::Args)]
pub(crate) struct Cancel {
    /// The run: its id or the beginning of it, its name, or a pipeline for its newest run
    run: String,
    /// How long to wait for its end; 0 doesn't wait
    #[arg(long, value_parser = duration, default_value = "60s")]
    timeout: std::time::Duration,
    #[command(flatten)]
    confirm: Confirm,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    id: Uuid,
    /// What the run is by now: `running` when it had not ended in time.
    status: Status,
}

impl Command for Cancel {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.open()?;
        let run = find::run(&client, &self.run)?;
        if !run.status().is_final() {
            confirm(
                &format!("Cancel run {} of `{}`?", run.id(), run.pipeline()),
                self.confirm,
            )?;
        }
        let outcome = wait(run.cancel(by()))??;
        let end = std::time::Instant::now().checked_add(self.timeout);
        let mut status = client.run(run.id())?.status();
        // It is executed elsewhere: that it has ended is to be read, and nobody tells.
        while outcome == CancelOutcome::Requested
            && !status.is_final()
            && end.is_none_or(|end| std::time::Instant::now() < end)
        {
            std::thread::sleep(std::time::Duration::from_millis(100));
            status = client.run(run.id())?.status();
        }
        let output = Output { id: run.id(), status };
        context.out.show(&output, || {
            Ok(match outcome {
                CancelOutcome::Ended(status) => format!("run {} had ended before: {status}\n", output.id),
                CancelOutcome::Died => format!("the process of run {} had died: it has failed\n", output.id),
                _ if status.is_final() => format!("run {}: {status}\n", output.id),
                _ => format!("run {} has been told, and still goes on\n", output.id),
            })
        })?;
        Ok(match status.is_final() || self.timeout.is_zero() {
            true => Exit::Success,
            false => Exit::Failed,
        })
    }
}

/// Who cancels, for those who look at the run.
fn by() -> String {
    let user = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok());
    match user {
        Some(user) => format!("`run cancel` by {user}"),
        None => "`run cancel`".to_owned(),
    }
}
