//! The suite for deployers, run on ours.

use zen_core::deploy::{DeployConfig, DeployRequest, store_model};
use zen_core::testing::{DeployerUnderTest, model_deployer_conformance};
use zen_integrations::native::Native;
use zen_tests::models::Line;

use super::project::{Project, SOON};

#[test]
fn native() {
    let project = Project::new();
    let stack = &project.stack;
    let request = |line: &Line| {
        let model = store_model(stack, "line", line).unwrap();
        DeployRequest::new(model, DeployConfig::named("line").timeout(SOON))
    };
    model_deployer_conformance(&DeployerUnderTest {
        deployer: &*Native::deployer(),
        stack,
        request: &|model| request(&Line::new(f64::from(model))),
        broken: &|| {
            request(&Line {
                cold: Some("broken".into()),
                ..Line::new(0.0)
            })
        },
        answer: &|service| {
            let slope = service
                .of_model::<Line>()
                .predict_one(&1.0)
                .map_err(|error| error.to_string())?;
            Ok(slope as u32)
        },
        patience: SOON,
    });
}
