//! Looks at the last run of `training` from another program: its steps, what they said, where the model comes from, and its
//! accuracy as a typed value. It shares no code with the program that made them, only the project's store.

mod lineage;

use std::fmt::Write as _;

use clap::Parser;
use zen_core::artifact::Statistics;
use zen_core::prelude::*;

/// Shows the last run of the example `training`.
#[derive(Debug, Parser)]
#[command(name = "inspect")]
struct Options {
    /// Another run than the last one, by its id
    #[arg(long, value_name = "ID")]
    run: Option<String>,
}

#[zen_core::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let client = Client::open()?;
    let run = match &options.run {
        Some(id) => client.run(id.parse().map_err(|error| format!("--run {id}: {error}"))?)?,
        None => client
            .last_run("training")
            .map_err(|error| format!("{error}; `cargo run --example training` makes one"))?,
    };
    let mut text = heading(&run)?;
    for step in run.steps()? {
        write_step(&mut text, &step)?;
    }
    print!("{text}");

    // A run that was stopped earlier has no model or no accuracy: what there is, is above.
    if let Ok(model) = run.step("trainer").and_then(|step| step.output("output")) {
        println!("\nthe model, and what it was made from");
        print!("{}", lineage::tree(&model)?);
    }
    if let Ok(artifact) = run.step("evaluator").and_then(|step| step.output("accuracy")) {
        let accuracy: Accuracy = artifact.load().await?;
        let verdict = if accuracy.meets(0.95) {
            "at least"
        } else {
            "less than"
        };
        println!("\naccuracy {accuracy:.4}, {verdict} 0.95, from {artifact}");
    }
    Ok(())
}

fn heading(run: &RunView) -> Result<String> {
    let mut text = format!("{} {}: {}\n", run.pipeline(), run.id(), run.status());
    let ended = run
        .ended()
        .map_or("now".into(), |ended| ended.format("%H:%M:%S%.3f").to_string());
    writeln!(
        text,
        "from {} to {ended} UTC",
        run.started().format("%Y-%m-%d %H:%M:%S%.3f")
    )?;
    writeln!(text, "with {}", run.arguments())?;
    if let Some(error) = run.error() {
        writeln!(text, "because {error}")?;
    }
    Ok(text)
}

fn write_step(text: &mut String, step: &StepView) -> Result<()> {
    write!(text, "\n{:<20} {}", step.name(), step.status())?;
    if let (Status::Completed, Some(took)) = (step.status(), step.took()) {
        write!(text, " in {:.1} ms", took.as_secs_f64() * 1e3)?;
    }
    if let Some(run) = step.record().source_run {
        write!(text, ", made by run {run}")?;
    }
    if let Some(error) = step.error() {
        write!(text, ": {error}")?;
    }
    writeln!(text)?;
    let maker = maker(step)?;
    for metric in maker.metrics()? {
        writeln!(text, "    {} = {:.4}", metric.name, metric.value)?;
    }
    for line in maker.logs(0)? {
        writeln!(
            text,
            "    {} {:<5} {}",
            line.time.format("%H:%M:%S"),
            line.level,
            line.message
        )?;
    }
    for (output, artifact) in step.outputs()? {
        let record = artifact.record();
        writeln!(text, "    {output:<12} {artifact}, {} bytes", record.size)?;
        if let Some(statistics) = artifact.statistics() {
            write_statistics(text, statistics)?;
        }
    }
    Ok(())
}

/// What stands in an artifact, as it was recorded: the artifact itself isn't read.
fn write_statistics(text: &mut String, statistics: &Statistics) -> Result<()> {
    if let Some(rows) = statistics.rows {
        writeln!(text, "    {:<12} {rows} rows", "")?;
    }
    for column in &statistics.columns {
        writeln!(text, "    {:<12} {column}", "")?;
    }
    if statistics.more_columns > 0 {
        writeln!(text, "    {:<12} and {} more", "", statistics.more_columns)?;
    }
    Ok(())
}

/// The step that was executed: for a cached one, that of the earlier run, which said everything there is to hear.
fn maker(step: &StepView) -> Result<StepView> {
    let maker = match step.outputs()?.first() {
        Some((_, artifact)) => artifact.producer()?,
        None => None,
    };
    Ok(maker.unwrap_or_else(|| step.clone()))
}
