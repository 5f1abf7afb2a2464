//! The two pipelines: one trains a model and deploys it, the other asks the server.

use zen_core::model_registry::{Registration, RegistryConfig, model_registrar};
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

/// The accuracy, whether it is good enough, the server, and what the model registry has, if the stack has one.
pub(crate) type Deployed = (
    Artifact<Accuracy>,
    Artifact<bool>,
    Artifact<Service<Digits>>,
    Artifact<Registration>,
);

/// Images, and what the server says of them.
pub(crate) type Predicted = (Artifact<Images>, Artifact<Vec<Prediction>>);

/// Trains a model, deploys it if it is good enough, and calls it the champion if it is better than the champion so far.
#[pipeline]
pub(crate) fn continuous_deployment(epochs: u32, lr: f32, min_accuracy: f64) -> Deployed {
    // The path stays the same when the file changes: its content has to count.
    let images = importer(DATA).cache(CachePolicy::on().files([DATA]));
    let normalized = normalizer(images.train);
    let model = trainer(normalized.images, normalized.scaling, epochs, lr)
        .published(MODEL)
        .logged();
    let accuracy = evaluator(model, images.test);
    let decision = deployment_trigger(accuracy, min_accuracy);
    let service = model_deployer(decision, model, DeployConfig::named("digits"));
    let registered = model_registrar(
        model,
        accuracy,
        RegistryConfig::named("digits").promote("champion"),
    );
    (accuracy, decision, service, registered)
}

/// Asks the server about a few images.
#[pipeline]
pub(crate) fn inference() -> Predicted {
    let images = dynamic_importer(DATA, BATCH);
    let service = prediction_service_loader(DEPLOYMENT, DEPLOYER);
    (images, predictor(service, images))
}
