//! What the program says of its schedules and of every slot.

use zen_core::deploy::DeployOutcome;
use zen_core::metadata::{SlotRecord, SlotState};
use zen_core::prelude::*;
use zen_core::schedule::{ScheduleView, Tz};
use zen_examples::digits::Images;

use crate::evaluation::Comparison;
use crate::pipelines::DEPLOYER;
use crate::served::Served;

/// What stands before every line but the first of a slot.
pub(crate) const INDENT: &str = "         ";

/// What a run of the training did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Training {
    /// How many images it trained with.
    pub(crate) images: usize,
    /// Whether the model came from the cache.
    pub(crate) cached: bool,
    /// The new model and the one that was served.
    pub(crate) comparison: Comparison,
    /// Whether the new one is served now.
    pub(crate) deployed: bool,
    /// What became of it, in words.
    pub(crate) decision: String,
    /// Where the server answers.
    pub(crate) url: String,
}

impl Training {
    /// Reads it from the run's record.
    pub(crate) async fn of(run: &RunView) -> Result<Self> {
        let images: Images = run.step("importer")?.load("output").await?;
        let comparison = run.step("evaluator")?.load("output").await?;
        let deployer = run.step(DEPLOYER)?;
        let recorded = |key: &str| deployer.metadata().get(key);
        let version = recorded("service_version").and_then(serde_json::Value::as_u64);
        let version = version.unwrap_or_default();
        let url = recorded("prediction_url").and_then(serde_json::Value::as_str);
        let outcome = DeployOutcome::of(&deployer).ok_or("the deployer has recorded no outcome")?;
        Ok(Self {
            images: images.digits.len(),
            cached: run.step("trainer")?.status() == Status::Cached,
            comparison,
            deployed: outcome == DeployOutcome::Deployed,
            decision: match outcome {
                DeployOutcome::Deployed => format!("deployed as version {version}"),
                DeployOutcome::Restarted => format!("version {version} started again"),
                _ => format!("kept version {version}"),
            },
            url: url.unwrap_or_default().to_owned(),
        })
    }

    /// It in words, compared with how many images there were before.
    pub(crate) fn lines(&self, before: Option<usize>) -> String {
        let images = self.images;
        let data = match (self.cached, before) {
            (true, Some(before)) if before == images => {
                format!("unchanged, {images} images: all from the cache")
            }
            (true, _) => format!("{images} images, trained with before: all from the cache"),
            (false, None) => format!("{images} images: trained"),
            (false, Some(before)) if images > before => {
                format!("grown from {before} to {images} images: trained again")
            }
            (false, Some(_)) => format!("changed, {images} images: trained again"),
        };
        let Comparison { candidate, served } = self.comparison;
        let candidate = candidate.0;
        let (served, sign) = match served {
            None => ("nothing served yet".to_owned(), ','),
            Some(Accuracy(served)) => (
                format!("served {served:.4}"),
                match candidate.total_cmp(&served) {
                    std::cmp::Ordering::Greater => '>',
                    std::cmp::Ordering::Equal => '=',
                    std::cmp::Ordering::Less => '<',
                },
            ),
        };
        let space = if sign == ',' { "" } else { " " };
        format!(
            "data    {data}\nmodels  candidate {candidate:.4}{space}{sign} {served}: {}\nurl     {}\n",
            self.decision, self.url
        )
    }
}

/// A run of the batch inference in a line.
pub(crate) async fn batch(run: &RunView) -> Result<String> {
    let served: Option<Served> = run.step("served_model")?.load("output").await?;
    let accuracy: Accuracy = run.step("checker")?.load("output").await?;
    let predictor = run.step("predictor")?;
    let predictions: Vec<zen_examples::digits::Prediction> = predictor.load("output").await?;
    let cached = match predictor.status() {
        Status::Cached => ", from the cache",
        _ => "",
    };
    Ok(format!(
        "{} predictions by version {}, accuracy {:.4}{cached}\n",
        predictions.len(),
        served.map_or(0, |served| served.version),
        accuracy.0
    ))
}

/// The schedules and the folder.
pub(crate) fn heading(schedules: &[ScheduleView], folder: &str) -> String {
    let mut text = String::new();
    for schedule in schedules {
        text += &format!("{:<9}{}\n", schedule.name(), schedule.describe());
    }
    text + &format!("{:<9}{folder}\n\n", "folder")
}

/// The line above what a slot led to.
pub(crate) fn slot(schedule: &str, slot: &SlotRecord, zone: Tz) -> String {
    let format = "%Y-%m-%d %H:%M:%S";
    let due = slot.due.with_timezone(&zone).format(format);
    let several = match slot.count {
        1 => String::new(),
        count => format!(", and {} more", count - 1),
    };
    let outcome = match (slot.state, slot.reason.as_deref()) {
        (SlotState::Completed, _) => String::new(),
        (state, None) => format!(": {state}"),
        (state, Some(reason)) => format!(": {state}, {reason}"),
    };
    format!("{schedule:<9}{due}{several}{outcome}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training(cached: bool, candidate: f64, served: Option<f64>) -> Training {
        Training {
            images: 200,
            cached,
            comparison: Comparison {
                candidate: Accuracy(candidate),
                served: served.map(Accuracy),
            },
            deployed: false,
            decision: "deployed as version 1234".into(),
            url: "http://127.0.0.1:1/predict".into(),
        }
    }

    #[test]
    fn lines_tell_what_happened_and_fit() {
        for (training, before, data, models) in [
            (
                training(false, 0.8, None),
                None,
                "200 images: trained",
                "0.8000, nothing served yet: ",
            ),
            (
                training(false, 0.9, Some(0.8)),
                Some(60),
                "grown from 60 to 200 images: ",
                "0.9000 > served 0.8000: ",
            ),
            (
                training(false, 0.7, Some(0.8)),
                Some(200),
                "changed, 200 images: ",
                "0.7000 < served 0.8000: ",
            ),
            (
                training(true, 0.8, Some(0.8)),
                Some(200),
                "unchanged, 200 images: ",
                "0.8000 = served 0.8000: ",
            ),
            (
                training(true, 0.8, Some(0.8)),
                None,
                "200 images, trained with ",
                "deployed as",
            ),
        ] {
            let text = training.lines(before);
            assert!(text.contains(data) && text.contains(models), "{text}");
            assert!(text.lines().all(|line| line.len() <= 80 - INDENT.len()), "{text}");
        }
    }
}
