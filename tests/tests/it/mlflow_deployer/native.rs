//! MLflow's protocol, asked of a server that isn't MLflow's.

use serde_json::json;
use zen_core::deploy::DeployConfig;
use zen_core::service::ServiceError;
use zen_tests::models::Line;

#[test]
fn the_native_server_is_invoked_alike() {
    let project = crate::deploying::project::Project::new();
    let service = project
        .deploy(&Line::new(2.0), DeployConfig::named("line"))
        .unwrap();
    for payload in [
        json!({ "inputs": { "input": [1.0, 2.0] } }),
        json!({ "instances": [1.0, 2.0] }),
        json!({ "dataframe_split": { "columns": ["input"], "data": [[1.0], [2.0]] } }),
        json!({ "dataframe_records": [{ "input": 1.0 }, { "input": 2.0 }], "params": {} }),
    ] {
        let answer = service.invoke(&payload).unwrap();
        assert_eq!(answer, json!({ "predictions": [2.0, 4.0] }), "{payload}");
    }
    match service.invoke(&json!({})).unwrap_err() {
        ServiceError::Refused { status, message, .. } => {
            assert_eq!(status, 400);
            assert!(message.contains("exactly one is needed"), "{message}");
        }
        other => panic!("{other}"),
    }
}
