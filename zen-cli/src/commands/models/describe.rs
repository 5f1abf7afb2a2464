//! `model-deployer models describe`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use zen_core::service::TokenSource;

use super::{Summary, sign};
use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::{Cell, Column, Table};

/// Show a model server
#[derive(Debug, clap::Args)]
pub(crate) struct Describe {
    /// The model server: its id or the beginning of it, its name, or its model's name
    model: String,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    #[serde(flatten)]
    summary: Summary,
    model_type: Option<String>,
    model_digest: Option<String>,
    kind: String,
    backend: String,
    /// When its current version's start began.
    started: Option<DateTime<Utc>>,
    program: Option<String>,
    pid: Option<u32>,
    host: Option<String>,
    /// Where the token is found that clients send, in words. Never the token.
    token_source: Option<String>,
}

impl Command for Describe {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let server = find::server(client, &self.model)?;
        let record = server.record()?;
        let versions = server.versions()?;
        let current = versions.iter().find(|version| version.number == record.version);
        let process = current.and_then(|version| version.process.as_ref());
        let places = ["/options/token", "/settings/options/token"];
        let token = places.iter().find_map(|place| {
            let source = record.config.pointer(place)?.clone();
            serde_json::from_value::<TokenSource>(source).ok()
        });
        let output = Output {
            summary: Summary::of(&server)?,
            model_type: record.model_type.clone(),
            model_digest: record.model_digest.map(|digest| digest.to_string()),
            kind: record.kind.clone(),
            backend: record.backend.clone(),
            started: current.map(|version| version.started),
            program: current
                .and_then(|version| version.program.as_ref())
                .map(|program| program.path.clone()),
            pid: process.map(|process| process.pid),
            host: process.map(|process| process.host.clone()),
            token_source: token.map(|source| source.to_string()),
        };
        let out = &context.out;
        out.show(&output, || {
            let summary = &output.summary;
            let title = format!("Properties of Served Model {}", summary.uuid);
            let mut table = Table::new([Column::new("MODEL SERVICE PROPERTY"), Column::new("VALUE")])
                .ruled()
                .titled(title);
            let mut property = |name: &str, value: Option<String>| {
                table.push([Cell::new(name), Cell::new(value.unwrap_or_default())]);
            };
            property("FLAVOR", summary.flavor.clone());
            property("MODEL_NAME", summary.model_name.clone());
            property("MODEL_TYPE", output.model_type.clone());
            property("MODEL_URI", summary.model_uri.clone());
            property("NAME", Some(summary.name.clone()));
            property("PIPELINE_NAME", summary.pipeline_name.clone());
            property(
                "PIPELINE_RUN_ID",
                summary.pipeline_run_id.map(|run| run.to_string()),
            );
            property("PIPELINE_STEP_NAME", summary.pipeline_step_name.clone());
            property("PREDICTION_URL", summary.prediction_url.clone());
            property("PROGRAM", output.program.clone());
            property("STARTED", output.started.map(|started| out.full_time(started)));
            property("STATUS", Some(sign(summary.status).to_owned()));
            let message = summary.status_message.clone();
            property(
                "STATUS_MESSAGE",
                Some(message.unwrap_or_else(|| summary.status.to_string())),
            );
            property(
                "TOKEN_SOURCE",
                output.token_source.clone().or_else(|| Some("none".into())),
            );
            property("UUID", Some(summary.uuid.to_string()));
            property("VERSION", Some(summary.version.to_string()));
            Ok(out.table(&table))
        })?;
        Ok(Exit::Success)
    }
}
