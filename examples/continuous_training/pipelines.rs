//! The two pipelines that are scheduled.

use zen_core::prelude::*;
use zen_examples::digits::{DATA, EPOCHS, LR, Prediction, normalizer, trainer};

use crate::batch::{checker, predictor};
use crate::data::{importer, snapshot};
use crate::evaluation::{Comparison, deployment_trigger, evaluator};
use crate::served::{Served, served_model};

/// The pipeline that deploys.
pub(crate) const TRAINING: &str = "continuous_training";
/// Its step that does it.
pub(crate) const DEPLOYER: &str = "model_deployer";

/// The name under which every model is published that was trained here, also those that are never served.
const CANDIDATE: &str = "digits_candidate";

/// How the models compare, whether the new one is deployed, and the server.
pub(crate) type Trained = (
    Artifact<Comparison>,
    Artifact<bool>,
    Artifact<Service<zen_examples::digits::Digits>>,
);

/// What the served model says, the share that is right, and which model it was.
pub(crate) type Batch = (
    Artifact<Vec<Prediction>>,
    Artifact<Accuracy>,
    Artifact<Option<Served>>,
);

/// Trains a model with all that is in the folder, and deploys it if it is better than what is served.
///
/// A schedule runs it with the same arguments every time. The path stays the same when files come in: so their content is part of the key.
#[pipeline]
pub(crate) fn continuous_training(folder: String, min_accuracy: f64, config: DeployConfig) -> Trained {
    let snapshot = snapshot(folder.as_str()).cache(CachePolicy::on().files([folder.as_str()]));
    let normalized = normalizer(importer(snapshot));
    let candidate = trainer(normalized.images, normalized.scaling, EPOCHS, LR).published(CANDIDATE);
    let tests = zen_examples::digits::importer(DATA)
        .named("test_importer")
        .cache(CachePolicy::on().files([DATA]))
        .test;
    let comparison = evaluator(candidate, served_model(), tests);
    let decision = deployment_trigger(comparison, min_accuracy);
    (comparison, decision, model_deployer(decision, candidate, config))
}

/// Predicts a batch with the model that is served, and publishes the predictions.
#[pipeline]
pub(crate) fn served_inference() -> Batch {
    let images = zen_examples::digits::importer(DATA)
        .cache(CachePolicy::on().files([DATA]))
        .test;
    let served = served_model();
    let predictions = predictor(served, images).published("digits_predictions");
    (predictions, checker(predictions, images), served)
}
