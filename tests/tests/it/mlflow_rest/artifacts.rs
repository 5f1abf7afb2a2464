//! Artifacts of runs.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use zen_core::tracking::{TrackedArtifact, TrackingError};

use super::{OnnxLine, Stage, datum, info, run_of, unique};

#[test]
fn values_and_models() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let mut writer = stage.tracker().begin(&run_of(&unique("artifacts"))).unwrap();
    let root = info(server, writer.id())["artifact_uri"]
        .as_str()
        .unwrap()
        .trim_start_matches("mlflow-artifacts:/")
        .to_owned();
    let file = |path: &str| server.artifact(&format!("{root}/{path}"));

    // Small ones are in the metadata store, large ones aren't.
    let report = BTreeMap::from([("größe".to_owned(), 1.5), ("nan".to_owned(), f64::NAN)]);
    let large = vec![1.25_f64; 100_000];
    let text = "hello\n".to_owned();
    let report_view = stage.saved("report", report);
    let large_view = stage.saved("large", large);
    let text_view = stage.saved("text", text);
    let line = OnnxLine::new(2.5);
    let model = stage.saved("model", line.clone());
    for (step, output, artifact) in [
        ("evaluator", "", &report_view),
        ("loader[2]", "", &large_view),
        ("loader", "odd/name: ü?#%", &text_view),
        ("trainer", "model", &model),
        ("second", "model", &model),
    ] {
        for _ in 0..2 {
            writer
                .log_artifact(&TrackedArtifact::new(step, output, artifact))
                .unwrap();
        }
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bytes = |artifact: &zen_core::prelude::ArtifactView| runtime.block_on(artifact.bytes()).unwrap();
    assert_eq!(file("evaluator.msgpack").unwrap(), bytes(&report_view));
    let shown: Value = serde_json::from_slice(&file("evaluator.json").unwrap()).unwrap();
    assert_eq!(shown, json!({ "größe": 1.5, "nan": null }));
    let record = large_view.record();
    assert!(!record.uri.starts_with("inline:"), "it is in the store");
    let large_file = match record.codec.as_str() {
        "npy" => "loader[2].npy",
        _ => "loader[2].msgpack",
    };
    assert_eq!(file(large_file).unwrap(), bytes(&large_view));
    assert!(
        file("loader[2].json").is_none(),
        "it is too large to be read by people"
    );
    let odd = match text_view.record().codec.as_str() {
        "text" => "odd_name_ ü___.txt",
        _ => "odd_name_ ü___.msgpack",
    };
    assert_eq!(file(odd).unwrap(), bytes(&text_view));
    // A second output of the same name is beside the first.
    for folder in ["model", "second.model"] {
        assert_eq!(file(&format!("{folder}/model.onnx")).unwrap(), line.file);
        let described = String::from_utf8(file(&format!("{folder}/MLmodel")).unwrap()).unwrap();
        assert!(described.contains("loader_module: mlflow.onnx"), "{described}");
    }
    let history = datum(server, writer.id(), "tags", "mlflow.log-model.history");
    let history: Vec<Value> = serde_json::from_str(history.as_str().unwrap()).unwrap();
    let paths: Vec<_> = history
        .iter()
        .map(|model| model["artifact_path"].as_str().unwrap())
        .collect();
    // Each once, though it was logged twice.
    assert_eq!(paths, ["model", "second.model"]);
    assert!(history.iter().all(|model| model["run_id"] == writer.id()));
}

#[test]
fn a_damaged_artifact_does_not_arrive() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let mut writer = stage.tracker().begin(&run_of(&unique("damaged"))).unwrap();
    let view = stage.saved("large", (0..400_000_u64).collect::<Vec<_>>());
    let path = view.record().uri.strip_prefix("file://").unwrap().to_owned();
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    #[allow(
        clippy::permissions_set_readonly_false,
        reason = "it is removed with its folder"
    )]
    permissions.set_readonly(false);
    std::fs::set_permissions(&path, permissions).unwrap();
    std::fs::write(&path, &bytes).unwrap();
    let error = writer
        .log_artifact(&TrackedArtifact::new("loader", "", &view))
        .unwrap_err();
    assert!(matches!(error, TrackingError::Refused { .. }), "{error:?}");
    assert!(
        error.to_string().contains("artifact `large` version 1"),
        "{error}"
    );
    let root = info(server, writer.id())["artifact_uri"]
        .as_str()
        .unwrap()
        .trim_start_matches("mlflow-artifacts:/")
        .to_owned();
    for name in ["loader.msgpack", "loader.npy"] {
        let arrived = server.artifact(&format!("{root}/{name}")).unwrap_or_default();
        assert!(arrived.len() < bytes.len(), "{name} has arrived as a whole");
    }
    std::fs::remove_file(&path).unwrap();
    let error = writer
        .log_artifact(&TrackedArtifact::new("loader", "", &view))
        .unwrap_err();
    assert!(matches!(error, TrackingError::Refused { .. }), "{error:?}");
}
