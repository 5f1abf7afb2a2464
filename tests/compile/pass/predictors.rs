//! Predictors: listed by the attribute, and one by one for a type with parameters.

use zen_core::prelude::*;
use zen_core::serving::{RegisteredPredictor, Row as _, registered_predictors};

#[derive(Serialize, Deserialize, Row)]
struct Flower {
    petal: [f32; 2],
    rows: Vec<i64>,
    tensors: String,
    all: bool,
}

#[derive(Serialize, Deserialize)]
struct Flowers;

#[predictor]
impl Predictor for Flowers {
    type Input = Flower;
    type Output = String;

    fn predict(&self, batch: &[Flower]) -> Result<Vec<String>> {
        Ok(batch.iter().map(|flower| flower.tensors.clone()).collect())
    }
}

#[derive(Serialize, Deserialize)]
struct Forest<T>(Vec<T>);

impl<T> Predictor for Forest<T>
where
    T: Copy + Into<f64> + Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
    Forest<T>: RegisteredPredictor,
{
    type Input = f64;
    type Output = f64;

    fn predict(&self, batch: &[f64]) -> Result<Vec<f64>> {
        let sum: f64 = self.0.iter().map(|value| (*value).into()).sum();
        Ok(batch.iter().map(|x| x * sum).collect())
    }
}

zen_core::register_predictor!(Forest<f32>);
zen_core::register_predictor!(Forest<f64>);

#[step]
fn trainer() -> Forest<f32> {
    Forest(vec![0.5, 1.5])
}

#[pipeline]
fn deployment() -> Artifact<Service<Forest<f32>>> {
    model_deployer(true, trainer(), DeployConfig::named("forest"))
}

fn main() {
    assert_eq!(registered_predictors().len(), 3);
    let names: Vec<_> = Flower::specs("").into_iter().map(|spec| spec.name).collect();
    assert_eq!(names, ["petal", "rows", "tensors", "all"]);
    assert_eq!(trainer().predict(&[2.0]).unwrap(), [4.0]);
    assert_eq!(deployment().graph().unwrap().nodes().len(), 2);
}
