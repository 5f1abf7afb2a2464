//! Models that a run has stored are written by whoever knows only where they are.

use serde::{Deserialize, Serialize};
use zen_core::artifact::Digest;
use zen_core::client::Client;
use zen_core::prelude::*;
use zen_core::serving::{Datatype, ModelRef, Row, TensorSpec};
use zen_integrations::export::{
    ExportError, ExportedOnnx, LinearRegression, RegressionOutput, StandardScaler, ToOnnx, export, exportable,
};
use zen_integrations::native::onnx::OnnxModel;
use zen_tests::chain;

use super::onnxruntime::Onnxruntime;
use super::tensors::{spec, tract, values};

/// Predicts a flat's price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    weights: Vec<f64>,
    /// What its own code says when it is written.
    trouble: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct Flat {
    area: f64,
    rooms: u8,
    position: [f32; 2],
}

#[predictor]
impl Predictor for Prices {
    type Input = Flat;
    type Output = f64;

    fn predict(&self, batch: &[Flat]) -> Result<Vec<f64>> {
        let price = |flat: &Flat| {
            let [x, y] = flat.position.map(f64::from);
            let features = [flat.area, f64::from(flat.rooms), x, y];
            let products = self.weights.iter().zip(features);
            100.0 + products.map(|(weight, x)| weight * (x - 1.0) / 2.0).sum::<f64>()
        };
        Ok(batch.iter().map(price).collect())
    }
}

impl ToOnnx for Prices {
    fn to_onnx(&self) -> Result<ExportedOnnx> {
        if let Some(trouble) = &self.trouble {
            return Err(trouble.clone().into());
        }
        let scaler = StandardScaler::uniform(1.0, 2.0);
        let regression = LinearRegression::new(&self.weights, 100.0).scaled(scaler);
        Ok(regression.export_for(self, [("output", RegressionOutput::Value)])?)
    }
}

zen_integrations::register_onnx!(Prices);

/// A model that nobody said how to write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Secret(u8);

#[step]
fn prices(weights: Vec<f64>, trouble: Option<String>) -> Prices {
    Prices { weights, trouble }
}

#[step]
fn secret() -> Secret {
    Secret(7)
}

#[step]
fn foreign(file: Vec<u8>) -> Result<OnnxModel> {
    Ok(OnnxModel::from_bytes(file)?)
}

#[pipeline]
fn training(weights: Vec<f64>, trouble: Option<String>) -> Artifact<Prices> {
    prices(weights, trouble)
}

#[pipeline]
fn hiding() -> Artifact<Secret> {
    secret()
}

#[pipeline]
fn importing(file: Vec<u8>) -> Artifact<OnnxModel> {
    foreign(file)
}

fn model(stack: &Stack, name: &str) -> ModelRef {
    ModelRef::from(&Client::of(stack.clone()).artifact(name, None).unwrap())
}

async fn trained(stack: &Stack, weights: Vec<f64>, trouble: Option<String>) -> ModelRef {
    training(weights, trouble).on(stack).quiet().run().await.unwrap();
    model(stack, "training.prices")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_its_predictor_says() {
    let stack = crate::support::memory();
    let weights = vec![3.5, -20.0, 0.25, 4.0];
    let stored = trained(&stack, weights.clone(), None).await;
    let file = export(&stack, &stored).unwrap();
    assert_eq!(file, export(&stack, &stored).unwrap());
    assert_eq!(file.digest(), Digest::of(file.bytes()));
    let predictor = Prices {
        weights,
        trouble: None,
    };
    assert_eq!(file.inputs(), predictor.inputs());
    assert_eq!(file.outputs(), predictor.outputs());
    let flats = [(30.5, 1, [0.5, 2.0]), (120.0, 4, [-7.0, 0.0])];
    let flats = flats.map(|(area, rooms, position)| Flat {
        area,
        rooms,
        position,
    });
    let tensors = Flat::write(&flats, &predictor.inputs()).unwrap();
    let expected = predictor.predict(&flats).unwrap();
    let mut answers = vec![tract(&file, tensors.clone())];
    answers.extend(Onnxruntime::start().map(|mut onnxruntime| onnxruntime.run(&file, &tensors)));
    for answer in answers {
        for (found, expected) in values(&answer[0]).iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_onnx_model_is_its_own_file() {
    let stack = crate::support::memory();
    let file = Prices {
        weights: vec![1.0; 4],
        trouble: None,
    };
    let file = file.to_onnx().unwrap();
    let bytes = file.bytes().to_vec();
    importing(bytes).on(&stack).quiet().run().await.unwrap();
    assert_eq!(export(&stack, &model(&stack, "importing.foreign")).unwrap(), file);
    assert!(exportable().contains(&std::any::type_name::<OnnxModel>()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unlisted_type_is_refused_with_the_list() {
    let stack = crate::support::memory();
    hiding().on(&stack).quiet().run().await.unwrap();
    let error = export(&stack, &model(&stack, "hiding.secret")).unwrap_err();
    assert!(matches!(error, ExportError::NotExportable { .. }), "{error:?}");
    let text = error.to_string();
    for part in [
        std::any::type_name::<Secret>(),
        std::any::type_name::<Prices>(),
        std::any::type_name::<OnnxModel>(),
        "register_onnx!",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_say_what_is_wrong_with_the_model() {
    let stack = crate::support::memory();
    let stored = trained(&stack, vec![1.0; 3], None).await;
    let error = export(&stack, &stored).unwrap_err();
    assert!(matches!(error, ExportError::Shape(_)), "{error:?}");
    assert!(error.to_string().contains("the model has 3 features"), "{error}");

    let stored = trained(&stack, vec![1.0; 4], Some("out of ink".into())).await;
    let error = export(&stack, &stored).unwrap_err();
    assert!(matches!(error, ExportError::Model(_)), "{error:?}");
    assert!(chain(&error).ends_with("out of ink"), "{}", chain(&error));

    let missing = ModelRef {
        uri: "nowhere".into(),
        digest: Digest::of(b"something else"),
        ..stored
    };
    let error = export(&stack, &missing).unwrap_err();
    assert!(matches!(error, ExportError::Unreadable { .. }), "{error:?}");
    assert!(error.to_string().contains("`training.prices`"), "{error}");
}

#[test]
fn a_file_of_ones_own_is_compared_with_the_predictor() {
    let predictor = Prices {
        weights: vec![1.0; 4],
        trouble: None,
    };
    let (inputs, outputs) = (predictor.inputs(), predictor.outputs());
    let own = |inputs: &[TensorSpec], outputs: &[TensorSpec]| {
        let file = ExportedOnnx::new(vec![1], inputs.to_vec(), outputs.to_vec());
        file.agreeing_with(&predictor).map_err(|error| error.to_string())
    };
    assert!(own(&inputs, &outputs).is_ok());
    let error = own(&inputs[..2], &outputs).unwrap_err();
    assert!(
        error.contains("it has 2 inputs, and its predictor has 3"),
        "{error}"
    );
    for wrong in [
        spec("rooms", Datatype::Uint8, &[-1]),
        spec("area", Datatype::Fp32, &[-1]),
        spec("area", Datatype::Fp64, &[-1, 1]),
    ] {
        let mut inputs = inputs.clone();
        inputs[0] = wrong;
        let error = own(&inputs, &outputs).unwrap_err();
        assert!(error.contains("is `area` FP64 [-1] for its predictor"), "{error}");
    }
    let mut longer = inputs.clone();
    longer[2].shape = vec![-1, 3];
    assert!(own(&longer, &outputs).is_err());
    let other = [spec("price", Datatype::Fp64, &[-1])];
    let error = own(&inputs, &other).unwrap_err();
    assert!(error.contains("its output `price`"), "{error}");
}
