//! What is registered is served by MLflow itself.

use zen_core::model_registry::NewVersion;
use zen_core::serving::ModelRef;
use zen_tests::mlflow::ModelServer;

use super::{OnnxLine, Stage, unique};

#[test]
fn by_alias() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let registry = stage.registry();
    let name = unique("served");
    for slope in [2.0, 3.0] {
        let artifact = stage.saved("line", OnnxLine::new(slope));
        let version = registry
            .register(&stage.stack, &NewVersion::of(&name, ModelRef::from(&artifact)))
            .unwrap();
        if slope == 2.0 {
            registry.set_alias(&name, "champion", &version.version).unwrap();
        }
    }
    let model = ModelServer::start(server, &format!("models:/{name}@champion"));
    let (status, answer) = model.predict(r#"{"inputs": {"x": [[1.5], [-2.0]]}}"#);
    assert_eq!(
        (status, answer.as_str()),
        (200, r#"{"predictions": {"y": [[3.0], [-4.0]]}}"#)
    );
    // The signature is the model's.
    let (status, answer) = model.predict(r#"{"inputs": {"z": [[1.5]]}}"#);
    assert!(status == 400 && answer.contains("x"), "{status} {answer}");
}
