//! An ONNX model as a step's output.

use zen_core::__private::{PredictorEntry, inventory};
use zen_core::artifact::{Codec, Materialize};
use zen_integrations::native::onnx::{OnnxCodec, OnnxModel};

use super::{assert_close, bytes, case, path, predict_tensors};

#[test]
fn it_is_stored_as_its_file() {
    let file = bytes("logistic");
    let model = OnnxModel::from_file(path("logistic")).unwrap();
    let mut stored = Vec::new();
    OnnxCodec.encode(&model, &mut stored).unwrap();
    assert_eq!(stored, file);
    let info = OnnxCodec.info();
    assert_eq!(
        (info.name, info.version, info.media_type),
        ("onnx", 1, "application/onnx")
    );
    let back = OnnxCodec.decode(&stored, 1).unwrap();
    assert_eq!(back, model);
    let case = case("logistic");
    assert_close(
        &predict_tensors(&back.served(), case.inputs).unwrap(),
        &case.outputs,
    );
    assert!(
        OnnxCodec
            .decode(b"no model", 1)
            .unwrap_err()
            .to_string()
            .contains("no ONNX model")
    );
}

#[test]
fn people_see_what_goes_in_and_comes_out() {
    let model = OnnxModel::from_file(path("logistic")).unwrap();
    let summary = OnnxCodec.describe(&model).summary.unwrap();
    assert_eq!(
        summary,
        "ONNX model: X FP32[?,4] -> label INT64[?], probabilities FP32[?,3]"
    );
    assert_eq!(model.json()["inputs"][0]["name"], "X");
    assert_eq!(OnnxModel::codecs().len(), 1);
}

#[test]
fn a_server_finds_it_by_its_name() {
    let name = std::any::type_name::<OnnxModel>();
    assert!(zen_core::serving::registered_predictors().contains(&name));
    let entry = inventory::iter::<PredictorEntry>
        .into_iter()
        .find(|entry| (entry.name)() == name)
        .unwrap();
    let file = bytes("linear");
    let decoded = (entry.decode)("onnx", 1, &file).unwrap();
    assert_eq!(decoded.platform(), "onnx_onnxv1");
    assert_eq!(
        decoded.inputs(),
        OnnxModel::from_bytes(file.as_slice()).unwrap().inputs()
    );
    for (codec, version) in [("serde", 1), ("onnx", 2)] {
        let error = (entry.decode)(codec, version, &file).unwrap_err().to_string();
        assert!(error.contains(codec), "{error}");
    }
    assert!((entry.decode)("onnx", 1, b"no model").is_err());
}

mod pipeline {
    use zen_core::prelude::*;
    use zen_integrations::native::onnx::OnnxModel;

    #[step]
    fn load(path: String) -> Result<OnnxModel> {
        Ok(OnnxModel::from_file(path)?)
    }

    #[step]
    fn names(model: &OnnxModel) -> Vec<String> {
        model.outputs().into_iter().map(|output| output.name).collect()
    }

    #[pipeline]
    pub fn named(path: String) -> Artifact<Vec<String>> {
        names(load(path))
    }
}

#[tokio::test]
async fn steps_pass_it_on() {
    let stack = crate::support::memory();
    let path = path("two_inputs").to_str().unwrap().to_owned();
    let run = pipeline::named(path).on(&stack).quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), ["total", "large"]);
}
