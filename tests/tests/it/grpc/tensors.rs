//! Tensors in requests and responses, typed and raw.

use zen_integrations::native::grpc::proto::model_infer_request::{
    InferInputTensor, InferRequestedOutputTensor,
};
use zen_integrations::native::grpc::proto::model_infer_response::InferOutputTensor;
use zen_integrations::native::grpc::proto::{InferTensorContents, ModelInferRequest};

use super::{Direct, client, request};

fn input(name: &str, datatype: &str, shape: &[i64], contents: InferTensorContents) -> InferInputTensor {
    InferInputTensor {
        name: name.into(),
        datatype: datatype.into(),
        shape: shape.to_vec(),
        contents: Some(contents),
        ..Default::default()
    }
}

fn columns() -> Vec<InferInputTensor> {
    type Contents = InferTensorContents;
    let ints = |values: &[i32]| Contents {
        int_contents: values.to_vec(),
        ..Default::default()
    };
    let uints = |values: &[u32]| Contents {
        uint_contents: values.to_vec(),
        ..Default::default()
    };
    vec![
        input(
            "yes",
            "BOOL",
            &[2],
            Contents {
                bool_contents: vec![true, false],
                ..Default::default()
            },
        ),
        input("tiny", "INT8", &[2], ints(&[-128, 127])),
        input("small", "INT16", &[2], ints(&[-32768, 32767])),
        input("middle", "INT32", &[2, 2], ints(&[i32::MIN, -1, 0, i32::MAX])),
        input(
            "large",
            "INT64",
            &[2],
            Contents {
                int64_contents: vec![i64::MIN, i64::MAX],
                ..Default::default()
            },
        ),
        input("byte", "UINT8", &[2], uints(&[0, 255])),
        input("word", "UINT16", &[2], uints(&[0, 65535])),
        input("double", "UINT32", &[2], uints(&[0, u32::MAX])),
        input(
            "quad",
            "UINT64",
            &[2],
            Contents {
                uint64_contents: vec![0, u64::MAX],
                ..Default::default()
            },
        ),
        input(
            "single",
            "FP32",
            &[2],
            Contents {
                fp32_contents: vec![0.1, f32::INFINITY],
                ..Default::default()
            },
        ),
        input(
            "long",
            "FP64",
            &[2],
            Contents {
                fp64_contents: vec![0.1, f64::MIN],
                ..Default::default()
            },
        ),
        input(
            "text",
            "BYTES",
            &[2],
            Contents {
                bytes_contents: vec!["".into(), "grüße".into()],
                ..Default::default()
            },
        ),
    ]
}

fn as_inputs(outputs: Vec<InferOutputTensor>) -> Vec<InferInputTensor> {
    let inputs = outputs.into_iter().map(|output| InferInputTensor {
        name: output.name,
        datatype: output.datatype,
        shape: output.shape,
        contents: output.contents,
        ..Default::default()
    });
    inputs.collect()
}

#[tokio::test]
async fn every_type_goes_and_comes_typed() {
    let mut client = client(Direct::echo()).await;
    let asked = ModelInferRequest {
        inputs: columns(),
        id: "42".into(),
        model_version: "3".into(),
        ..request()
    };
    let answer = client.model_infer(asked).await.unwrap().into_inner();
    assert_eq!(
        (answer.model_name.as_str(), answer.model_version.as_str()),
        ("iris", "3")
    );
    assert_eq!(answer.id, "42");
    assert!(answer.raw_output_contents.is_empty());
    assert_eq!(as_inputs(answer.outputs), columns());
}

#[tokio::test]
async fn every_type_goes_and_comes_raw() {
    let raw = |values: &[&[u8]]| values.concat();
    let mut text = raw(&[&0u32.to_le_bytes(), &7u32.to_le_bytes()]);
    text.extend("grüße".as_bytes());
    let contents = [
        vec![1, 0],
        vec![0x80, 0x7f],
        raw(&[&i16::MIN.to_le_bytes(), &i16::MAX.to_le_bytes()]),
        raw(&[
            &i32::MIN.to_le_bytes(),
            &(-1i32).to_le_bytes(),
            &[0; 4],
            &i32::MAX.to_le_bytes(),
        ]),
        raw(&[&i64::MIN.to_le_bytes(), &i64::MAX.to_le_bytes()]),
        vec![0, 255],
        raw(&[&[0; 2], &[255; 2]]),
        raw(&[&[0; 4], &[255; 4]]),
        raw(&[&[0; 8], &[255; 8]]),
        raw(&[&0.1f32.to_le_bytes(), &f32::INFINITY.to_le_bytes()]),
        raw(&[&0.1f64.to_le_bytes(), &f64::MIN.to_le_bytes()]),
        text,
    ];
    let contents: Vec<_> = contents.into_iter().map(Into::into).collect();
    let mut inputs = columns();
    inputs.iter_mut().for_each(|input| input.contents = None);
    let mut client = client(Direct::echo()).await;
    let asked = ModelInferRequest {
        inputs: inputs.clone(),
        raw_input_contents: contents,
        ..request()
    };
    let answer = client.model_infer(asked.clone()).await.unwrap().into_inner();
    assert_eq!(answer.raw_output_contents, asked.raw_input_contents);
    assert_eq!(as_inputs(answer.outputs), inputs);
    assert_eq!(answer.id, "");
}

#[tokio::test]
async fn half_precision_is_always_raw() {
    let mut client = client(Direct::types()).await;
    let mut typed = vec![
        ("bool", "BOOL", vec![1]),
        ("uint8", "UINT8", vec![1]),
        ("uint16", "UINT16", vec![1, 0]),
        ("uint32", "UINT32", vec![1; 4]),
        ("uint64", "UINT64", vec![1; 8]),
        ("int8", "INT8", vec![1]),
        ("int16", "INT16", vec![1; 2]),
        ("int32", "INT32", vec![1; 4]),
        ("int64", "INT64", vec![1; 8]),
        ("float32", "FP32", vec![1; 4]),
        ("float64", "FP64", vec![1; 8]),
        ("text", "BYTES", vec![0; 4]),
    ];
    typed.push(("float16", "FP16", vec![0, 0x3c]));
    let inputs = typed.iter().map(|(name, datatype, _)| InferInputTensor {
        name: (*name).into(),
        datatype: (*datatype).into(),
        shape: vec![1],
        ..Default::default()
    });
    let asked = ModelInferRequest {
        inputs: inputs.collect(),
        raw_input_contents: typed.iter().map(|(_, _, bytes)| bytes.clone().into()).collect(),
        outputs: vec![wanted("same_float16"), wanted("same_bool")],
        ..request()
    };
    let answer = client.model_infer(asked.clone()).await.unwrap().into_inner();
    assert_eq!(answer.raw_output_contents, [vec![0, 0x3c], vec![1]]);
    let mut asked = asked;
    asked.raw_input_contents.clear();
    asked.inputs.swap(0, 12);
    let status = client.model_infer(asked).await.unwrap_err();
    assert_eq!(
        status.message(),
        "input `float16`: FP16 has no typed contents: send raw_input_contents instead"
    );
}

fn wanted(name: &str) -> InferRequestedOutputTensor {
    InferRequestedOutputTensor {
        name: name.into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn only_outputs_that_are_wanted_come_in_their_order() {
    let mut client = client(Direct::echo()).await;
    let outputs = vec![wanted("text"), wanted("yes")];
    let asked = ModelInferRequest {
        inputs: columns(),
        outputs,
        ..request()
    };
    let answer = client.model_infer(asked).await.unwrap().into_inner();
    let names: Vec<_> = answer.outputs.iter().map(|output| output.name.as_str()).collect();
    assert_eq!(names, ["text", "yes"]);
}

#[tokio::test]
async fn no_rows_are_no_predictions() {
    let mut client = client(Direct::root()).await;
    let inputs = vec![input("input", "FP32", &[0, 2], InferTensorContents::default())];
    let answer = client
        .model_infer(ModelInferRequest { inputs, ..request() })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.outputs[0].shape, [0]);
}
