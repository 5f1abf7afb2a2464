//! The pipeline.

use std::path::PathBuf;

use zen_core::prelude::*;

use crate::data::{SplitParams, importer, reader};
use crate::evaluation::{Confusion, deployment_trigger, evaluator};
use crate::model::{TrainerParams, trainer};
use crate::scaling::normalizer;

/// The accuracy, the macro F1, what was taken for what, and whether the model is worth deploying.
pub(crate) type Verdict = (
    Artifact<Accuracy>,
    Artifact<F1>,
    Artifact<Confusion>,
    Artifact<bool>,
);

/// Trains and tests. The model is published as `digits`, by which other pipelines find it: `latest::<Digits>("digits")`.
#[pipeline]
pub(crate) fn training(
    data: PathBuf,
    split: SplitParams,
    params: TrainerParams,
    min_accuracy: f64,
) -> Verdict {
    let images = importer(reader(data.clone()), data, split);
    let (x_train, x_test) = normalizer(images.x_train, images.x_test);
    let model = trainer(x_train, images.y_train, params).published("digits");
    let evaluation = evaluator(model, x_test, images.y_test);
    let decision = deployment_trigger(evaluation.accuracy, min_accuracy);
    (
        evaluation.accuracy,
        evaluation.macro_f1,
        evaluation.confusion,
        decision,
    )
}
