//! The suite for deployers.

use zen_core::deploy::{DeployConfig, DeployRequest, store_model};
use zen_core::testing::{DeployerUnderTest, model_deployer_conformance};
use zen_tests::models::Line;

use super::project::{PATIENCE, Project};

#[test]
fn it_is_a_model_deployer() {
    let Some(project) = Project::new() else { return };
    let stack = &project.stack;
    let request = |line: &Line| {
        let model = store_model(stack, "line", line).unwrap();
        DeployRequest::new(model, DeployConfig::named("line").timeout(PATIENCE))
    };
    model_deployer_conformance(&DeployerUnderTest {
        deployer: &*project.deployer(),
        stack,
        request: &|model| request(&Line::new(f64::from(model))),
        broken: &|| {
            request(&Line {
                cold: Some("broken".into()),
                ..Line::new(0.0)
            })
        },
        answer: &|service| {
            let answer = service.of_model::<Line>().predict_one(&1.0);
            answer
                .map(|slope| slope as u32)
                .map_err(|error| error.to_string())
        },
        patience: PATIENCE,
    });
}
