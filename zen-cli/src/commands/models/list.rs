//! `model-deployer models list`.

use serde::Serialize;
use uuid::Uuid;
use zen_core::metadata::{IdKind, ServiceState};

use super::{Summary, look, sign};
use crate::Exit;
use crate::args::Page;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::{Cell, Column, Table, color, id};

/// Below so many columns ids are abbreviated.
const NARROW: usize = 90;

/// List model servers, newest first
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Only those that this pipeline deployed
    #[arg(long, short)]
    pipeline: Option<String>,
    /// Only those of this model
    #[arg(long, short)]
    model: Option<String>,
    /// Only those that run and are healthy
    #[arg(long)]
    running: bool,
    #[command(flatten)]
    page: Page,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    models: Vec<Summary>,
    next: Option<Uuid>,
}

impl Command for List {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        if let Some(pipeline) = &self.pipeline {
            find::known_pipeline(client, pipeline)?;
        }
        let before = self.page.before.as_deref();
        let before = before
            .map(|text| find::server(client, text).map(|server| server.id()))
            .transpose()?;
        let mut servers = Vec::new();
        for server in find::servers(client)? {
            let record = server.record()?;
            let fits = |wanted: &Option<String>, is: &Option<String>| wanted.is_none() || wanted == is;
            if before.is_none_or(|before| server.id() < before)
                && fits(&self.pipeline, &record.pipeline)
                && fits(&self.model, &record.model_name)
            {
                servers.push(server);
            }
        }
        let limit = self.page.limit as usize;
        let mut models = Vec::new();
        // Only as many are looked at as may be shown.
        for chunk in servers.chunks(limit + 1) {
            models.extend(look(chunk)?);
            models.retain(|model: &Summary| !self.running || model.status == ServiceState::Active);
            if models.len() > limit {
                break;
            }
        }
        let more = models.len() > limit;
        models.truncate(limit);
        let output = Output {
            next: models.last().filter(|_| more).map(|last| last.uuid),
            models,
        };
        let out = &context.out;
        let short = |server| id::short(client.stack().metadata().as_ref(), IdKind::Service, server);
        out.show(&output, || {
            if output.models.is_empty() {
                return Ok(String::new());
            }
            let mut table = Table::new([
                Column::new("STATUS").whole(),
                Column::new("UUID").whole(),
                Column::optional("PIPELINE_NAME", 2),
                Column::optional("PIPELINE_STEP_NAME", 1),
            ]);
            let narrow = out.room().is_some_and(|room| room < NARROW);
            for model in &output.models {
                table.push([
                    Cell::styled(
                        format!("  {}", sign(model.status)),
                        color::of_service(model.status),
                    ),
                    Cell::new(if narrow {
                        short(model.uuid)?
                    } else {
                        model.uuid.to_string()
                    }),
                    Cell::new(model.pipeline_name.as_deref().unwrap_or_default()),
                    Cell::new(model.pipeline_step_name.as_deref().unwrap_or_default()),
                ]);
            }
            Ok(out.table(&table))
        })?;
        if output.models.is_empty() {
            out.hint("there are no such model servers");
        } else {
            out.hint(&legend(&output.models));
        }
        if let Some(next) = output.next {
            out.hint(&format!("more: --before {}", short(next)?));
        }
        Ok(Exit::Success)
    }
}

/// What the signs mean that are shown.
fn legend(models: &[Summary]) -> String {
    let shown = |state: &ServiceState| models.iter().any(|model| model.status == *state);
    let states = ServiceState::ALL.into_iter().filter(shown);
    let words: Vec<_> = states
        .map(|state| format!("{} {}", sign(state), state.as_str().replace('_', " ")))
        .collect();
    words.join("   ")
}
