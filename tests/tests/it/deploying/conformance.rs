//! The suite for deployers, run on ours.

use std::sync::Arc;

use zen_core::deploy::{DeployConfig, DeployRequest, ModelDeployer, store_model};
use zen_core::testing::{DeployerUnderTest, model_deployer_conformance};
use zen_integrations::native::Native;
use zen_tests::models::Line;
use zen_tests::plain::Plain;

use super::project::{Project, SOON};

fn check(deployer: Arc<dyn ModelDeployer>) {
    let project = Project::new();
    let stack = &project.stack;
    let request = |line: &Line| {
        let model = store_model(stack, "line", line).unwrap();
        DeployRequest::new(model, DeployConfig::named("line").timeout(SOON))
    };
    model_deployer_conformance(&DeployerUnderTest {
        deployer: &*deployer,
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
        patience: SOON,
    });
}

#[test]
fn native() {
    check(Native::deployer());
}

#[test]
fn one_of_our_own() {
    check(Plain::deployer());
}
