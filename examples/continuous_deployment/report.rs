//! What the program says of its runs.

use std::fmt::Write as _;

use zen_core::deploy::DeployOutcome;
use zen_core::model_registry::Registration;
use zen_core::prelude::*;
use zen_examples::digits::{Images, Prediction};

use crate::drawing::side_by_side;
use crate::pipelines::{DEPLOYER, Deployed, Predicted};
use crate::table::steps;

/// The deployment: its steps, the decision, the server, and how to use it.
pub(crate) async fn deployment(
    run: &Run<Deployed>,
    min_accuracy: f64,
    stack: Option<&str>,
) -> Result<String> {
    let (accuracy, decision, service, registration) = run.output().await?;
    let outcome = match DeployOutcome::of(&run.step(DEPLOYER)?) {
        Some(DeployOutcome::Deployed) if *decision => {
            format!("deployed as version {}", service.record()?.version)
        }
        Some(DeployOutcome::Deployed) => "deployed all the same, as there was no server".into(),
        Some(DeployOutcome::Unchanged) => "the server has this model already".into(),
        Some(DeployOutcome::Kept) => "not deployed, the server keeps its model".into(),
        Some(DeployOutcome::Restarted) => "not deployed, the server is started again with its model".into(),
        other => format!("{other:?}"),
    };
    let compared = if *decision { "at least" } else { "less than" };
    let images: Images = run.step("importer")?.load("test").await?;
    let (image, digit) = (&images.pixels[0], images.digits[0]);
    let (id, state, url) = (service.id(), service.status()?.state, service.prediction_url());
    let curl = curl(image, &url);
    let steps = steps(run)?;
    let elsewhere = elsewhere(run, &registration)?;
    let on = stack.map_or_else(String::new, |stack| format!(" --stack {stack}"));
    Ok(format!(
        "{steps}
accuracy {accuracy:.4}, {compared} {min_accuracy}: {outcome}

  service  {id}
  state    {state}
  url      {url}
{elsewhere}
Ask it yourself about the first test image, which shows a {digit}:

{curl}

The server goes on when this program has ended. To stop it:

cargo run --example continuous_deployment --{on} --stop-service

"
    ))
}

/// What the stack's experiment tracker and model registry have of the run, if it has them.
fn elsewhere(run: &RunView, registration: &Registration) -> Result<String> {
    let mut text = String::new();
    if let Some(tracking) = run.tracking()? {
        let place = tracking.url.as_ref().unwrap_or(&tracking.location);
        writeln!(text, "  tracked  {place} ({})", tracking.state)?;
    }
    if let Some(version) = &registration.version {
        writeln!(text, "  model    {}", version.uri)?;
    }
    if let Some(promotion) = &registration.promotion {
        let moved = if promotion.promoted {
            "promoted"
        } else {
            "not promoted"
        };
        writeln!(text, "  {}  {moved}: {}", promotion.alias, promotion.reason)?;
    }
    Ok(text)
}

/// The predictions beside the truth.
pub(crate) async fn predictions(run: &Run<Predicted>) -> Result<String> {
    let (images, predictions) = run.output().await?;
    let caption = |(prediction, truth): (&Prediction, &u8)| {
        let percent = 100.0 * prediction.probability;
        [
            format!("predicted {} ({percent:.0}%)", prediction.digit),
            format!("true {truth}"),
        ]
    };
    let captions: Vec<_> = predictions.iter().zip(&images.digits).map(caption).collect();
    let mut text = steps(run)?;
    write!(text, "\n{}", side_by_side(&images.pixels, &captions))?;
    Ok(text)
}

/// A command that asks the server about an image: two rows of its pixels a line.
fn curl(image: &[f32], url: &str) -> String {
    let lines: Vec<String> = image
        .chunks(16)
        .map(|pixels| pixels.iter().map(f32::to_string).collect::<Vec<_>>().join(","))
        .collect();
    format!(
        "curl -s -H 'Content-Type: application/json' -d '[[\n  {}\n]]' {url}",
        lines.join(",\n  ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_sends_the_image() {
        let image: Vec<f32> = (0..64).map(|pixel| (pixel % 17) as f32).collect();
        let command = curl(&image, "http://127.0.0.1:1/x");
        let body = command.split('\'').nth(3).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Vec<f32>>>(body).unwrap(), [image]);
        assert!(command.lines().all(|line| line.len() <= 80), "{command}");
        assert!(command.ends_with("' http://127.0.0.1:1/x"), "{command}");
    }
}
