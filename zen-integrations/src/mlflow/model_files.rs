//! The files of a model directory, as MLflow's flavour `onnx` reads them.

use bytes::Bytes;
use serde_json::{Value, json};
use zen_core::serving::{Datatype, TensorSpec};

use crate::export::ExportedOnnx;

/// The files by their paths in the directory.
pub(super) fn model_files(model: &ExportedOnnx) -> Vec<(String, Bytes)> {
    let requirements = "mlflow\nonnx\nonnxruntime\n";
    let python = "python: '3.11'\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n";
    let conda = "name: mlflow-env\nchannels:\n- conda-forge\ndependencies:\n- python=3.11\n- pip\n- pip:\n  - mlflow\n  - onnx\n  - onnxruntime\n";
    vec![
        ("MLmodel".to_owned(), description(model).into()),
        ("model.onnx".to_owned(), model.bytes().clone()),
        ("requirements.txt".to_owned(), requirements.into()),
        ("python_env.yaml".to_owned(), python.into()),
        ("conda.yaml".to_owned(), conda.into()),
    ]
}

/// What the file `MLmodel` says of a model's flavours.
pub(super) fn flavors() -> Value {
    json!({
        "onnx": { "code": "", "data": "model.onnx", "onnx_version": "1" },
        "python_function": {
            "data": "model.onnx",
            "env": { "conda": "conda.yaml", "virtualenv": "python_env.yaml" },
            "loader_module": "mlflow.onnx",
        },
    })
}

fn description(model: &ExportedOnnx) -> String {
    let mut text = "flavors:\n  onnx:\n    code: ''\n    data: model.onnx\n    onnx_version: '1'\n  python_function:\n    data: model.onnx\n    env:\n      \
                    conda: conda.yaml\n      virtualenv: python_env.yaml\n    loader_module: mlflow.onnx\n"
        .to_owned();
    if let (Some(inputs), Some(outputs)) = (tensors(model.inputs()), tensors(model.outputs())) {
        text += &format!(
            "signature:\n  inputs: '{}'\n  outputs: '{}'\n",
            inputs.replace('\'', "''"),
            outputs.replace('\'', "''")
        );
    }
    text
}

/// The tensors as JSON; none when MLflow has no word for the type of one.
fn tensors(specs: &[TensorSpec]) -> Option<String> {
    let tensor = |spec: &TensorSpec| {
        let dtype = match spec.datatype {
            Datatype::Bool => "bool",
            Datatype::Uint8 => "uint8",
            Datatype::Uint16 => "uint16",
            Datatype::Uint32 => "uint32",
            Datatype::Uint64 => "uint64",
            Datatype::Int8 => "int8",
            Datatype::Int16 => "int16",
            Datatype::Int32 => "int32",
            Datatype::Int64 => "int64",
            Datatype::Fp16 => "float16",
            Datatype::Fp32 => "float32",
            Datatype::Fp64 => "float64",
            Datatype::Bytes => "str",
            _ => return None,
        };
        Some(
            json!({ "name": spec.name, "type": "tensor", "tensor-spec": { "dtype": dtype, "shape": spec.shape } }),
        )
    };
    let tensors: Option<Vec<_>> = specs.iter().map(tensor).collect();
    Some(Value::Array(tensors?).to_string())
}
