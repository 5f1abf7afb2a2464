//! ONNX models behind a server. `tests/data/onnx/make.py` made the models and asked onnxruntime what they predict.

mod artifact;
mod batches;
mod hostile;
mod models;
mod refused;
mod rows;

use std::path::PathBuf;

use serde_json::Value;
use zen_core::serving::{Batch, Datatype, PredictError, ServedModel, Tensor};
use zen_integrations::native::onnx::{OnnxModel, OnnxServed};

fn path(name: &str) -> PathBuf {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/onnx");
    data.join(format!("{name}.onnx"))
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

fn served(name: &str) -> OnnxServed {
    OnnxModel::from_file(path(name)).unwrap().served()
}

/// A prediction that onnxruntime made.
struct Case {
    inputs: Vec<Tensor>,
    outputs: Vec<Tensor>,
}

fn case(name: &str) -> Case {
    let text = std::fs::read(path(name).with_extension("json")).unwrap();
    let case: Value = serde_json::from_slice(&text).unwrap();
    let all = |what: &str| case[what].as_array().unwrap().iter().map(tensor).collect();
    Case {
        inputs: all("inputs"),
        outputs: all("outputs"),
    }
}

fn tensor(value: &Value) -> Tensor {
    let datatype: Datatype = serde_json::from_value(value["datatype"].clone()).unwrap();
    let mut data = Vec::new();
    for element in value["data"].as_array().unwrap() {
        let float = || element.as_f64().unwrap();
        match datatype {
            Datatype::Bool => data.push(u8::from(element.as_bool().unwrap())),
            Datatype::Fp16 => data.extend(half(float()).to_le_bytes()),
            Datatype::Fp32 => data.extend((float() as f32).to_le_bytes()),
            Datatype::Fp64 => data.extend(float().to_le_bytes()),
            Datatype::Bytes => {
                let text = element.as_str().unwrap();
                data.extend((text.len() as u32).to_le_bytes());
                data.extend(text.as_bytes());
            }
            _ => {
                let whole = element
                    .as_i64()
                    .map(i128::from)
                    .or(element.as_u64().map(i128::from))
                    .unwrap();
                data.extend(&whole.to_le_bytes()[..datatype.size().unwrap()]);
            }
        }
    }
    let shape = value["shape"]
        .as_array()
        .unwrap()
        .iter()
        .map(|size| size.as_u64().unwrap() as usize);
    Tensor::new(value["name"].as_str().unwrap(), datatype, shape.collect(), data).unwrap()
}

/// The bits of a half-precision number, of the two there are in the cases.
fn half(number: f64) -> u16 {
    match number {
        0.5 => 0x3800,
        -65504.0 => 0xfbff,
        other => panic!("{other} in half precision"),
    }
}

fn floats(name: &str, shape: &[usize], values: &[f32]) -> Tensor {
    let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Tensor::new(name, Datatype::Fp32, shape.to_vec(), data).unwrap()
}

fn integers(name: &str, shape: &[usize], values: &[i64]) -> Tensor {
    let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Tensor::new(name, Datatype::Int64, shape.to_vec(), data).unwrap()
}

fn predict(model: &OnnxServed, batch: Batch) -> Result<Batch, PredictError> {
    let mut results = model.predict(vec![batch]);
    assert_eq!(results.len(), 1);
    results.pop().unwrap()
}

fn predict_tensors(model: &OnnxServed, inputs: Vec<Tensor>) -> Result<Vec<Tensor>, PredictError> {
    let predictions = predict(model, model.read_tensors(inputs)?)?;
    model.write_tensors(&predictions)
}

/// Equal, numbers to 1e-5.
fn assert_close(found: &[Tensor], expected: &[Tensor]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let name = expected.name();
        assert_eq!(found.name(), name);
        assert_eq!(found.datatype(), expected.datatype(), "{name}");
        assert_eq!(found.shape(), expected.shape(), "{name}");
        match (found.values::<f32>(), expected.values::<f32>()) {
            (Some(found), Some(expected)) => {
                for (found, expected) in found.into_iter().zip(expected) {
                    let scale = expected.abs().max(1.0);
                    assert!(
                        (found - expected).abs() <= 1e-5 * scale,
                        "{name}: {found} is not {expected}"
                    );
                }
            }
            _ => assert_eq!(found.data(), expected.data(), "{name}"),
        }
    }
}

fn input_error(result: Result<impl std::fmt::Debug, PredictError>) -> String {
    match result {
        Err(PredictError::Input(reason)) => reason,
        other => panic!("expected the input to be refused, got {other:?}"),
    }
}
