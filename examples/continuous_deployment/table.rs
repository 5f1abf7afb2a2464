//! The steps of a run as a table.

use std::fmt::Write as _;

use zen_core::prelude::*;

/// A line for every step: what became of it, how long it took, and whether it was taken from the cache.
pub(crate) fn steps(run: &RunView) -> Result<String> {
    let mut text = format!("{}, run {}\n\n", run.pipeline(), run.id());
    let mut write = |step: &str, status: &str, time: &str, cached: &str| {
        writeln!(text, "  {step:<27}{status:<11}{time:>9}  {cached}")
    };
    write("step", "status", "time", "cached")?;
    for step in run.steps()? {
        write(
            step.name(),
            step.status().as_str(),
            &took(&step),
            &cached(run, &step)?,
        )?;
    }
    Ok(text)
}

fn took(step: &StepView) -> String {
    match (step.status(), step.took()) {
        (Status::Completed, Some(took)) => format!("{:.1} ms", took.as_secs_f64() * 1e3),
        _ => "-".into(),
    }
}

/// Whether a step was taken from the cache, and what has changed since the run before if it wasn't.
fn cached(run: &RunView, step: &StepView) -> Result<String> {
    if step.status() == Status::Cached {
        return Ok("yes".into());
    }
    let changed = run.explain(step.name())?.changed;
    let fields: Vec<&str> = changed
        .iter()
        .map(|change| change.field.trim_start_matches("input."))
        .collect();
    Ok(match fields.is_empty() {
        true => "no".into(),
        false => format!("no: new {}", fields.join(", ")),
    })
}
