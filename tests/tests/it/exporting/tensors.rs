//! Tensors of numbers, whatever their type, and who runs models with them.

use zen_core::serving::{Datatype, Number, ServedModel, Tensor, TensorSpec};
use zen_integrations::export::ExportedOnnx;
use zen_integrations::native::onnx::OnnxModel;

macro_rules! by_datatype {
    ($datatype:expr, $number:ident => $body:expr) => {
        match $datatype {
            Datatype::Uint8 => by_datatype!(@ u8, $number, $body),
            Datatype::Uint16 => by_datatype!(@ u16, $number, $body),
            Datatype::Uint32 => by_datatype!(@ u32, $number, $body),
            Datatype::Uint64 => by_datatype!(@ u64, $number, $body),
            Datatype::Int8 => by_datatype!(@ i8, $number, $body),
            Datatype::Int16 => by_datatype!(@ i16, $number, $body),
            Datatype::Int32 => by_datatype!(@ i32, $number, $body),
            Datatype::Int64 => by_datatype!(@ i64, $number, $body),
            Datatype::Fp32 => by_datatype!(@ f32, $number, $body),
            Datatype::Fp64 => by_datatype!(@ f64, $number, $body),
            other => panic!("no numbers: {other}"),
        }
    };
    (@ $type:ty, $number:ident, $body:expr) => {{
        type $number = $type;
        $body
    }};
}

pub fn spec(name: &str, datatype: Datatype, shape: &[i64]) -> TensorSpec {
    TensorSpec {
        name: name.into(),
        datatype,
        shape: shape.to_vec(),
    }
}

/// The value as an element of this type holds it.
// One of the types is `f64` itself.
#[allow(clippy::unnecessary_cast)]
pub fn held(datatype: Datatype, value: f64) -> f64 {
    match datatype {
        Datatype::Bool => f64::from(value > 0.0),
        _ => by_datatype!(datatype, N => value as N as f64),
    }
}

/// A tensor of these values.
pub fn numbers(name: &str, datatype: Datatype, shape: &[usize], values: &[f64]) -> Tensor {
    let mut data = Vec::new();
    for value in values {
        match datatype {
            Datatype::Bool => data.push(u8::from(*value > 0.0)),
            _ => by_datatype!(datatype, N => (*value as N).write(&mut data)),
        }
    }
    Tensor::new(name, datatype, shape.to_vec(), data).unwrap()
}

/// The elements of a tensor of numbers.
// One of the types is `f64` itself.
#[allow(clippy::unnecessary_cast)]
pub fn values(tensor: &Tensor) -> Vec<f64> {
    match tensor.datatype() {
        Datatype::Bool => tensor.data().iter().map(|byte| f64::from(*byte)).collect(),
        datatype => by_datatype!(datatype, N => {
            let values = tensor.values::<N>().unwrap();
            values.into_iter().map(|value| value as f64).collect()
        }),
    }
}

/// What tract says, as the native server asks it.
pub fn tract(file: &ExportedOnnx, inputs: Vec<Tensor>) -> Vec<Tensor> {
    let model =
        OnnxModel::from_bytes(file.bytes().to_vec()).unwrap_or_else(|error| panic!("{error}\n{file:?}"));
    assert_eq!(model.inputs(), file.inputs());
    assert_eq!(model.outputs(), file.outputs());
    let served = model.served();
    served.warm_up().unwrap();
    let batch = served.read_tensors(inputs).unwrap();
    let predictions = served.predict(vec![batch]).pop().unwrap();
    let predictions = predictions.unwrap_or_else(|error| panic!("{error}\n{file:?}"));
    served.write_tensors(&predictions).unwrap()
}
