//! `model-deployer models`: what deployers have put behind prediction servers, of whatever flavour.

mod delete;
mod describe;
mod get_url;
mod list;
mod logs;
mod predict;
mod start;
mod stop;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;
use zen_core::metadata::{ServiceState, ServiceStatus};
use zen_core::service::{Service, ServiceError};

use crate::args::duration;
use zen_core::stack::ComponentType;

use crate::Exit;
use crate::commands::component::Verb;
use crate::commands::{Command, Context, Need, commands, noun};
use crate::error::Error;

noun! {
    /// What puts models behind prediction servers, and the servers
    ModelDeployer of ModelDeployerCommand
}

/// What a deployer has, and what all components have.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ModelDeployerCommand {
    Models(Models),
    #[command(flatten)]
    Component(Verb),
}

impl Command for ModelDeployerCommand {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        match self {
            Self::Models(models) => models.execute(context),
            Self::Component(verb) => verb.execute(ComponentType::ModelDeployer, context),
        }
    }

    fn need(&self) -> Need {
        match self {
            Self::Models(models) => models.need(),
            Self::Component(verb) => verb.need(),
        }
    }
}

noun! {
    /// Model servers, of whatever flavour
    Models of ModelsCommand
}

commands! {
    /// The verbs.
    ModelsCommand {
        List(list::List),
        Describe(describe::Describe),
        GetUrl(get_url::GetUrl),
        Start(start::Start),
        Stop(stop::Stop),
        Delete(delete::Delete),
        Logs(logs::Logs),
        Predict(predict::Predict),
    }
}

/// A model server, for programs.
#[derive(Debug, Serialize)]
struct Summary {
    uuid: Uuid,
    name: String,
    status: ServiceState,
    /// The newest error, while there is one.
    status_message: Option<String>,
    flavor: Option<String>,
    model_name: Option<String>,
    model_uri: Option<String>,
    pipeline_name: Option<String>,
    pipeline_run_id: Option<Uuid>,
    pipeline_step_name: Option<String>,
    /// Null when it never ran or makes no predictions.
    prediction_url: Option<String>,
    version: u32,
    created: DateTime<Utc>,
    updated: DateTime<Utc>,
}

impl Summary {
    /// Looks whether it runs.
    fn of(server: &Service) -> Result<Self, Error> {
        let record = server.record()?;
        let seen = match server.look() {
            // What another program drives is shown as it was last seen.
            Err(ServiceError::UnknownBackend { .. }) => record.status.clone(),
            Err(error @ ServiceError::Metadata(_)) => return Err(error.into()),
            // One that can't be looked at hides no other.
            Err(error) => ServiceStatus {
                state: ServiceState::Error,
                last_error: Some(error.to_string()),
                ..record.status.clone()
            },
            Ok(seen) => seen,
        };
        Ok(Self {
            uuid: record.id,
            status: seen.state,
            status_message: seen.last_error.filter(|_| seen.state == ServiceState::Error),
            prediction_url: Some(server.prediction_url()).filter(|url| !url.is_empty()),
            name: record.name,
            flavor: record.flavor,
            model_name: record.model_name,
            model_uri: record.model_uri,
            pipeline_name: record.pipeline,
            pipeline_run_id: record.run,
            pipeline_step_name: record.step,
            version: record.version,
            created: record.created,
            updated: record.updated,
        })
    }
}

/// All at once: one that hangs keeps nobody else waiting.
fn look(servers: &[Service]) -> Result<Vec<Summary>, Error> {
    std::thread::scope(|scope| {
        let looks: Vec<_> = servers
            .iter()
            .map(|server| scope.spawn(|| Summary::of(server)))
            .collect();
        looks
            .into_iter()
            .map(|look| {
                look.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    })
}

/// How many are asked at once.
const AT_ONCE: usize = 64;

/// The states of model servers, as `models list` shows them.
pub(super) fn states(servers: &[Service]) -> Result<Vec<ServiceState>, Error> {
    let mut states = Vec::new();
    for chunk in servers.chunks(AT_ONCE) {
        states.extend(look(chunk)?.into_iter().map(|server| server.status));
    }
    Ok(states)
}

/// One sign for a state.
fn sign(state: ServiceState) -> &'static str {
    match state {
        ServiceState::Active => "✅",
        ServiceState::Inactive => "⏸",
        ServiceState::Error => "❌",
        ServiceState::PendingStartup => "⏫",
        ServiceState::PendingShutdown => "⏬",
        ServiceState::ScaledToZero => "💤",
        _ => "?",
    }
}

/// How a change is made.
#[derive(Debug, Clone, Copy, clap::Args)]
struct Patience {
    /// How long to wait
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    timeout: Duration,
}
