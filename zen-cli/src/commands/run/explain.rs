//! `run explain`.

use serde::Serialize;
use uuid::Uuid;
use zen_core::client::ClientError;
use zen_core::metadata::Status;

use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::width::{clean_lines, prose};

/// Say why a step was or wasn't taken from the cache
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: zen run explain training trainer")]
pub(crate) struct Explain {
    /// The run: its id or the beginning of it, its name, or a pipeline for its newest run
    run: String,
    /// The step, by its name in the run
    step: String,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    run: Uuid,
    step: String,
    status: Status,
    /// The run whose outputs were taken.
    adopted_from: Option<Uuid>,
    /// Why the cache was not used, in words.
    note: Option<String>,
    /// The earlier run whose key was compared.
    compared_with: Option<Uuid>,
    changed: Vec<Change>,
    explanation: String,
}

#[derive(Debug, Serialize)]
struct Change {
    field: String,
    before: Option<String>,
    now: Option<String>,
}

impl Command for Explain {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let run = find::run(client, &self.run)?;
        let explanation = match run.explain(&self.step) {
            Err(ClientError::NoStep { .. }) => {
                let names: Vec<String> = run.steps()?.iter().map(|step| step.name().to_owned()).collect();
                return Err(find::missing(
                    "step",
                    &self.step,
                    &names,
                    &format!("run show {}", run.id()),
                ));
            }
            other => other?,
        };
        let output = Output {
            run: run.id(),
            step: explanation.step.clone(),
            status: explanation.status,
            adopted_from: explanation.adopted_from,
            note: explanation.note.clone(),
            compared_with: explanation.compared_with,
            changed: explanation
                .changed
                .iter()
                .map(|change| Change {
                    field: change.field.clone(),
                    before: change.before.clone(),
                    now: change.now.clone(),
                })
                .collect(),
            explanation: explanation.to_string(),
        };
        context.out.show(&output, || {
            Ok(prose(&clean_lines(&output.explanation), context.out.room()) + "\n")
        })?;
        Ok(Exit::Success)
    }
}
