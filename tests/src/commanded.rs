//! Pipelines that are started from the command line.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zen_core::prelude::*;

use crate::models::{Line, trainer};

/// How it is trained.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Training {
    /// How often all rows are seen.
    pub epochs: u32,
    /// How fast it learns.
    #[serde(default)]
    pub rate: f64,
}

#[step]
fn counted(ctx: &StepContext, count: u64) -> Vec<f64> {
    ctx.log(format!("counting to {count}"));
    (0..count).map(|n| n as f64).collect()
}

#[step]
fn fitted(rows: &[f64], training: Training, layers: &[u32], shuffled: bool) -> String {
    let total: f64 = rows.iter().sum();
    let (epochs, rate) = (training.epochs, training.rate);
    format!("{total} of {epochs} epochs at {rate} in {layers:?}, shuffled {shuffled}")
}

#[step]
fn labelled(text: &str, label: &str, note: Option<String>) -> String {
    format!("{label}: {text} ({note:?})")
}

/// Trains as it is told.
///
/// With parameters of many types.
#[pipeline]
pub fn commanded(
    label: String,
    count: u64,
    shuffled: bool,
    layers: Vec<u32>,
    training: Training,
    note: Option<String>,
) -> Artifact<String> {
    let text = fitted(counted(count), training, layers, shuffled);
    labelled(text, label, note)
}

/// Says in a file of the folder that it was there.
fn note(folder: &str, line: &str) -> Result<()> {
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(Path::new(folder).join("journal"));
    Ok(writeln!(file?, "{line}")?)
}

#[step(cache = false)]
fn prepared(folder: &str) -> Result<u64> {
    note(folder, "prepared")?;
    Ok(7)
}

#[step(cache = false)]
fn guarded(folder: &str, number: u64) -> Result<u64> {
    note(folder, "guarded")?;
    match Path::new(folder).join("gate").exists() {
        true => Ok(number + 1),
        false => Err("the gate is closed".into()),
    }
}

/// Fails unless there is a file `gate` in the folder.
#[pipeline]
pub fn guarding(folder: String) -> Artifact<u64> {
    guarded(folder.clone(), prepared(folder))
}

#[step(cache = false)]
async fn waits(folder: &str, number: u64) -> Result<u64> {
    note(folder, "waiting")?;
    while !Path::new(folder).join("gate").exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(number + 1)
}

/// Goes on until there is a file `gate` in the folder.
#[pipeline]
pub fn lingering(folder: String) -> Artifact<u64> {
    waits(folder.clone(), prepared(folder))
}

#[step]
fn numbers(count: u64) -> Vec<u64> {
    (0..count).collect()
}

#[step(isolation = process)]
fn total(numbers: &[u64]) -> (u64, u32) {
    (numbers.iter().sum(), std::process::id())
}

/// One of its steps runs in a process of its own, and its values are objects of the store.
#[pipeline]
pub fn apart(count: u64) -> (Artifact<u64>, Artifact<u32>) {
    total(numbers(count))
}

#[step(cache = false)]
fn asked(service: &Service<Line>, x: f64) -> Result<f64> {
    Ok(service.predict_one(&x)?)
}

/// Deploys a line, and asks it.
#[pipeline]
pub fn serving(slope: f64) -> Artifact<f64> {
    let service = model_deployer(true, trainer(Line::new(slope)), DeployConfig::named("line"));
    asked(service, 3.0)
}
