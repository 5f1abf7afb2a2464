//! Models that are folders: any that MLflow knows.

use std::path::Path;

use serde_json::json;
use zen_core::service::ServiceError;

use super::project::{PATIENCE, Project, front, members};

/// A data frame's columns, one of which may be left out.
const ML_MODEL: &str = r#"
flavors:
  python_function:
    loader_module: zen_test_model
    code: code
signature:
  inputs: '[{"type": "double", "name": "a", "required": true}, {"type": "string", "name": "b", "required": false}]'
  outputs: null
"#;

const CODE: &str = "
import os, time
class Model:
    def predict(self, data, params=None):
        a = data['a'].tolist()
        if -1.0 in a:
            raise RuntimeError('it fell over')
        if -2.0 in a:
            time.sleep(20)
        return [{'double': SCALE * x, 'text': str(t)} for x, t in zip(a, data['b'] if 'b' in data else a)]
def _load_pyfunc(path):
    return Model()
";

fn write(folder: &Path, scale: u32) {
    std::fs::create_dir_all(folder.join("code")).unwrap();
    std::fs::write(folder.join("MLmodel"), ML_MODEL).unwrap();
    std::fs::write(
        folder.join("code/zen_test_model.py"),
        CODE.replace("SCALE", &scale.to_string()),
    )
    .unwrap();
}

fn refused(result: Result<impl std::fmt::Debug, ServiceError>) -> (u16, String) {
    match result {
        Err(ServiceError::Refused { status, message, .. }) => (status, message),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn a_folder_is_served_by_two_workers() {
    let Some(project) = Project::new() else { return };
    let folder = project.folder().join("model");
    write(&folder, 2);
    let options = project.options().workers(2usize).request_timeout(3u64);
    let deploy = || project.deploy_uri("model", options.clone()).unwrap();
    let service = deploy();

    let rows = json!([{ "a": 1.0, "b": "x" }, { "a": 2, "b": "y" }]);
    let expected = json!([{ "double": 2.0, "text": "x" }, { "double": 4.0, "text": "y" }]);
    assert_eq!(service.predict_json(&rows).unwrap(), expected);
    assert_eq!(
        service.predict_json(&json!([{ "a": 1.0 }])).unwrap()[0]["double"],
        json!(2.0)
    );
    let (status, message) = refused(service.predict_json(&json!([{ "b": "x" }])));
    assert_eq!(status, 400);
    assert!(message.contains("`a` is missing"), "{message}");
    let (status, message) = refused(service.predict_json(&json!([{ "a": "no number" }])));
    assert_eq!(status, 400, "{message}");

    // The model's own fault.
    let (status, message) = refused(service.predict_json(&json!([{ "a": -1.0 }])));
    assert_eq!(status, 500);
    assert!(
        message.ends_with("RuntimeError: it fell over") && !message.contains("Traceback"),
        "{message}"
    );
    let fault = json!({ "dataframe_split": { "columns": ["a"], "data": [[-1.0]] } });
    let (status, message) = refused(service.invoke(&fault));
    assert_eq!(status, 400, "as MLflow has it");
    assert!(
        message.contains("evaluating the model") && !message.contains("Traceback"),
        "{message}"
    );

    // Too slow.
    let slow = json!({ "dataframe_records": [{ "a": -2.0 }] });
    let (status, message) = refused(service.invoke(&slow));
    assert_eq!(
        (status, message.as_str()),
        (504, "Request processing time exceeded limit")
    );
    assert_eq!(refused(service.predict_json(&json!([{ "a": -2.0 }]))).0, 504);
    assert_eq!(service.predict_json(&rows).unwrap(), expected, "it goes on");

    // Two processes predict.
    let all = members(front(&service));
    let workers = all.iter().filter(|(_, line)| line.contains("spawn_main")).count();
    assert_eq!(workers, 2, "{all:?}");

    // The same folder is the same model, and another content another one.
    let version = service.record().unwrap().version;
    assert_eq!(deploy().record().unwrap().version, version);
    write(&folder, 3);
    let changed = deploy();
    assert_eq!(
        (changed.id(), changed.record().unwrap().version),
        (service.id(), version + 1)
    );
    assert_eq!(
        changed.predict_json(&json!([{ "a": 1.0 }])).unwrap()[0]["double"],
        json!(3.0)
    );
    service.stop(PATIENCE, false).unwrap();
}
