//! `artifact verify`.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use serde::Serialize;
use uuid::Uuid;
use zen_core::upkeep::{Finding, Found, VerifyOptions, VerifyProgress};

use crate::Exit;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::{Style, time, width};
use crate::project::wait;

/// Read what is stored again and compare it with what is recorded; ends with 1 when something is missing or damaged
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  zen artifact verify\n  zen artifact verify digits@3\n  zen artifact verify --run training"
)]
pub(crate) struct Verify {
    /// Only this artifact: all versions of a name, or one with `name@3`
    #[arg(conflicts_with = "run")]
    artifact: Option<String>,
    /// Only what this run made
    #[arg(long)]
    run: Option<String>,
    /// Only this part of it, chosen at random: 0.1 for a tenth
    #[arg(long, value_parser = part, value_name = "PART")]
    sample: Option<f64>,
}

fn part(text: &str) -> Result<f64, String> {
    let part = text.parse().ok().filter(|part| *part > 0.0 && *part <= 1.0);
    part.ok_or_else(|| "a part is a number above 0, and at most 1".to_owned())
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    sound: bool,
    /// Objects read.
    checked: u64,
    /// Bytes read.
    bytes: u64,
    findings: Vec<Problem>,
    /// Objects that belong to no artifact. They do no harm.
    unreferenced: Unreferenced,
    /// What is wrong with the metadata store itself.
    metadata: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Unreferenced {
    objects: u64,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct Problem {
    found: &'static str,
    artifact: String,
    version: u32,
    run: Option<Uuid>,
    uri: String,
    digest: String,
    size: u64,
    message: String,
}

impl Problem {
    fn of(finding: &Finding) -> Self {
        Self {
            found: match &finding.found {
                Found::Missing => "missing",
                Found::Damaged(_) => "damaged",
                _ => "unreadable",
            },
            artifact: finding.artifact.clone(),
            version: finding.version,
            run: finding.run,
            uri: finding.uri.clone(),
            digest: finding.digest.to_string(),
            size: finding.size,
            message: finding.to_string(),
        }
    }
}

impl Command for Verify {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let options = match (&self.artifact, &self.run) {
            (Some(text), _) if text.contains('@') => {
                let artifact = find::artifact(client, text)?;
                VerifyOptions::of_artifact(artifact.name(), Some(artifact.version()))
            }
            (Some(name), _) => VerifyOptions::of_artifact(find::artifact_name(client, name)?, None),
            (None, Some(run)) => VerifyOptions::of_run(find::run(client, run)?.id()),
            (None, None) => VerifyOptions::all(),
        };
        let options = match self.sample {
            Some(part) => options.sample(part),
            None => options,
        };
        let report = wait(client.verify(options, progress(context)))??;
        let output = Output {
            sound: report.is_sound(),
            checked: report.checked,
            bytes: report.bytes,
            findings: report.findings.iter().map(Problem::of).collect(),
            unreferenced: Unreferenced {
                objects: report.unreferenced.len() as u64,
                bytes: report.unreferenced.iter().map(|object| object.size).sum(),
            },
            metadata: report.metadata.clone(),
        };
        let out = &context.out;
        out.show(&output, || {
            let mut text = format!(
                "{} objects with {} checked\n",
                output.checked,
                time::bytes(output.bytes)
            );
            for problem in &output.findings {
                text += &format!("{}\n", out.paint(&width::clean(&problem.message), Style::Bad));
            }
            for line in &output.metadata {
                let line = width::clean(line);
                text += &format!("{}\n", out.paint(&format!("metadata store: {line}"), Style::Bad));
            }
            if output.unreferenced.objects > 0 {
                let (objects, bytes) = (
                    output.unreferenced.objects,
                    time::bytes(output.unreferenced.bytes),
                );
                text += &format!("{objects} objects with {bytes} belong to no artifact\n");
            }
            if output.sound {
                text += &format!("{}\n", out.paint("nothing is missing or damaged", Style::Good));
            }
            Ok(text)
        })?;
        Ok(match output.sound {
            true => Exit::Success,
            false => Exit::Failed,
        })
    }
}

/// How far it has come: a line that changes on a terminal, and now and then a line in a log.
fn progress(context: &Context) -> impl FnMut(VerifyProgress) + Send + 'static + use<> {
    let terminal = std::io::stderr().is_terminal();
    let wanted = !context.out.is_json();
    let every = Duration::from_millis(if terminal { 100 } else { 10_000 });
    let mut last = Instant::now();
    let mut drawn = false;
    move |progress| {
        let over = progress.checked == progress.total;
        if !wanted || (last.elapsed() < every && !(over && drawn)) {
            return;
        }
        last = Instant::now();
        drawn = true;
        let line = format!(
            "{} of {} objects, {}",
            progress.checked,
            progress.total,
            time::bytes(progress.bytes)
        );
        // Nobody can be told that the standard error is closed.
        let _ = match (terminal, over) {
            (true, true) => write!(std::io::stderr(), "\r\x1b[K"),
            (true, false) => write!(std::io::stderr(), "\r\x1b[K{line}"),
            (false, _) => writeln!(std::io::stderr(), "{line}"),
        };
    }
}
