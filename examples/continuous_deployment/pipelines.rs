//! The two pipelines: one trains a model and deploys it, the other asks the server.

use zen_core::prelude::*;
use zen_examples::digits::{DATA, Digits, Images, MODEL, Prediction, importer, normalizer, trainer};

use crate::evaluation::{deployment_trigger, evaluator};
use crate::inference::{dynamic_importer, prediction_service_loader, predictor};

/// The pipeline that deploys.
pub(crate) const DEPLOYMENT: &str = "continuous_deployment";
/// Its step that does it.
pub(crate) const DEPLOYER: &str = "model_deployer";
/// How many images a run of [`inference`] asks about.
const BATCH: usize = 4;

/// The accuracy, whether it is good enough, and the server.
pub(crate) type Deployed = (Artifact<Accuracy>, Artifact<bool>, Artifact<Service<Digits>>);

/// Images, and what the server says of them.
pub(crate) type Predicted = (Artifact<Images>, Artifact<Vec<Prediction>>);

/// Trains a model, and deploys it if it is good enough.
#[pipeline]
pub(crate) fn continuous_deployment(epochs: u32, lr: f32, min_accuracy: f64) -> Deployed {
    // The path stays the same when the file changes: its content has to count.
    let images = importer(DATA).cache(CachePolicy::on().files([DATA]));
    let normalized = normalizer(images.train);
    let model = trainer(normalized.images, normalized.scaling, epochs, lr).published(MODEL);
    let accuracy = evaluator(model, images.test);
    let decision = deployment_trigger(accuracy, min_accuracy);
    let service = model_deployer(decision, model, DeployConfig::named("digits"));
    (accuracy, decision, service)
}

/// Asks the server about a few images.
#[pipeline]
pub(crate) fn inference() -> Predicted {
    let images = dynamic_importer(DATA, BATCH);
    let service = prediction_service_loader(DEPLOYMENT, DEPLOYER);
    (images, predictor(service, images))
}
