//! `artifact describe`.

use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::json::{ArtifactDetail, ArtifactSummary};
use crate::output::{Fields, Style, time};

/// Show a version of an artifact: where it came from, and what is known of its content
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: zen artifact describe digits@3")]
pub(crate) struct Describe {
    /// The artifact: its name for the newest version, `name@3`, an id or the beginning of one
    artifact: String,
}

impl Command for Describe {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let artifact = find::artifact(client, &self.artifact)?;
        let record = artifact.record();
        let step = artifact.producer()?.map(|step| step.name().to_owned());
        let pipeline = match record.producer_run {
            Some(run) => client.stack().metadata().run(run)?.map(|run| run.pipeline),
            None => None,
        };
        let output = ArtifactDetail {
            summary: ArtifactSummary::of(record),
            codec_version: record.codec_version,
            media_type: record.media_type.clone(),
            uri: record.uri.clone(),
            shape: record.shape.clone(),
            value: record.summary.clone(),
            statistics: record.statistics.clone(),
            step,
            pipeline,
            metadata: record.metadata.clone(),
        };
        let out = &context.out;
        out.show(&output, || {
            let summary = &output.summary;
            let mut fields = Fields::default();
            fields
                .styled(
                    "artifact",
                    format!("{}@{}", summary.name, summary.version),
                    Style::Bold,
                )
                .add("id", summary.id.to_string())
                .add("type", &summary.type_name)
                .add(
                    "format",
                    format!(
                        "{} (version {}, {})",
                        summary.codec, output.codec_version, output.media_type
                    ),
                )
                .add("size", time::bytes(summary.size))
                .maybe("value", output.value.as_ref())
                .maybe("shape", output.shape.as_ref().map(|shape| format!("{shape:?}")))
                .add("made", out.full_time(summary.created))
                .maybe("pipeline", output.pipeline.as_ref())
                .maybe("step", output.step.as_ref())
                .maybe("run", summary.run.map(|run| run.to_string()))
                .add("digest", &summary.digest)
                .add("stored at", &output.uri);
            if !summary.tags.is_empty() {
                fields.add("tags", summary.tags.join(", "));
            }
            for (name, value) in &output.metadata {
                fields.add(name, value.to_string());
            }
            if let Some(statistics) = &output.statistics {
                fields.maybe("rows", statistics.rows.map(|rows| rows.to_string()));
                let columns: Vec<_> = statistics.columns.iter().map(ToString::to_string).collect();
                if !columns.is_empty() {
                    fields.add("columns", columns.join("\n"));
                }
            }
            Ok(out.fields(&fields))
        })?;
        Ok(Exit::Success)
    }
}
