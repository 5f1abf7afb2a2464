//! Predicts a whole batch without a server: takes the newest model that the example `continuous_deployment` published from
//! the store, and publishes the predictions as an artifact of their own.

use std::fmt::Write as _;

use zen_core::prelude::*;
use zen_examples::digits::{DATA, Digits, Images, MODEL, Prediction, Softmax, accuracy, importer};
use zen_examples::show;

#[step(depends(Digits, Softmax, Images))]
fn predictor(model: &Digits, images: &Images) -> Result<Vec<Prediction>> {
    model.predict(&images.pixels)
}

#[step(depends(accuracy, Images))]
fn evaluator(predictions: &[Prediction], images: &Images) -> Accuracy {
    accuracy(predictions, &images.digits)
}

#[pipeline]
fn batch_inference() -> (Artifact<Vec<Prediction>>, Artifact<Accuracy>) {
    let images = importer(DATA).cache(CachePolicy::on().files([DATA])).test;
    let predictions = predictor(latest::<Digits>(MODEL), images).published("digits_predictions");
    (predictions, evaluator(predictions, images))
}

#[zen_core::main]
async fn main() -> Result<()> {
    // The run would say that there is no model, but not how to get one.
    Client::open()?.artifact(MODEL, None).map_err(|error| {
        format!("{error}; `cargo run --example continuous_deployment -- --config deploy` trains one")
    })?;
    let run = batch_inference().run().await?;
    let (predictions, accuracy) = run.output().await?;
    let stored = run.step("predictor")?.output("output")?;

    let mut text = format!("{} predictions, accuracy {accuracy:.4}\n", predictions.len());
    writeln!(text, "stored as {stored}")?;
    for artifact in stored.made_from()? {
        writeln!(text, "made from {artifact}")?;
    }
    show(text)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use zen_examples::digits::{CLASSES, PIXELS, Scaling};

    #[test]
    fn predictions_are_compared_with_the_truth() {
        let model = Digits {
            scaling: Scaling {
                mean: 0.0,
                deviation: 1.0,
            },
            softmax: Softmax::new(CLASSES, PIXELS),
        };
        let images = Images {
            pixels: vec![vec![0.0; PIXELS]; 4],
            digits: vec![9, 9, 9, 1],
        };
        let predictions = predictor(&model, &images).unwrap();
        // A model that has learnt nothing answers the same of every image.
        assert_eq!(predictions[0], predictions[3]);
        assert_eq!(evaluator(&predictions, &images), Accuracy(0.75));
    }
}
