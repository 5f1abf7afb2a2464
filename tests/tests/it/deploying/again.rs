//! A service is deployed again through another deployer.

use zen_core::deploy::{DeployConfig, ServerFilter};
use zen_integrations::native::Native;
use zen_tests::models::Line;
use zen_tests::plain::Plain;

use super::project::{Project, SOON};

#[test]
fn through_another_deployer() {
    let project = Project::new();
    let stack = &project.stack;
    let native = project
        .deploy(&Line::new(2.0), DeployConfig::named("line"))
        .unwrap();
    // What it was is all in its record: its process need not run.
    native.stop(SOON, false).unwrap();
    let plain = Plain::deployer()
        .deploy_again(stack, &native.of_model())
        .unwrap()
        .of_model::<Line>();
    assert_ne!(plain.id(), native.id());
    assert!(plain.prediction_url().ends_with("/ask"));
    assert_eq!(plain.predict(&[1.0, 3.0]).unwrap(), [2.0, 6.0]);
    let back = Native::deployer()
        .deploy_again(stack, &plain.of_model())
        .unwrap()
        .of_model::<Line>();
    assert_eq!((back.id(), back.predict_one(&1.0).unwrap()), (native.id(), 2.0));
    // Each finds only its own.
    for (deployer, service) in [(Plain::deployer(), &plain), (Native::deployer(), &native)] {
        let found = deployer
            .find_model_server(stack, &ServerFilter::default())
            .unwrap();
        assert_eq!(
            found.iter().map(|found| found.id()).collect::<Vec<_>>(),
            [service.id()]
        );
    }
}
