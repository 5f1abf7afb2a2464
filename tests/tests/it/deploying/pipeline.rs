//! The standard step in pipelines.

use zen_core::deploy::{DeployConfig, model_deployer};
use zen_core::prelude::*;
use zen_core::testing::StopServices;
use zen_tests::models::Line;

#[step]
fn trainer(slope: f64) -> Line {
    Line::new(slope)
}

#[pipeline]
fn deployment(slope: f64, decision: bool) -> Artifact<Service<Line>> {
    let model = trainer(slope);
    model_deployer(decision, model, DeployConfig::named("line"))
}

struct Project {
    stack: Stack,
    _stop: StopServices,
    _folder: tempfile::TempDir,
}

fn project() -> Project {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::builder()
        .home(folder.path().join(".zen"))
        .program(env!("CARGO_BIN_EXE_servant"))
        .model_deployer(zen_integrations::native::Native::deployer())
        .build()
        .unwrap();
    Project {
        _stop: StopServices::of(&stack),
        stack,
        _folder: folder,
    }
}

#[tokio::test]
async fn decisions_are_followed() {
    let project = project();
    let deploy = async |slope: f64, decision: bool| {
        let run = deployment(slope, decision)
            .on(&project.stack)
            .quiet()
            .run()
            .await
            .unwrap();
        run.output().await.unwrap()
    };
    let first = deploy(2.0, false).await;
    assert!(
        first.is_running(),
        "without any server, one is deployed all the same"
    );
    assert_eq!(first.predict(&[1.0, 2.0]).unwrap(), [2.0, 4.0]);
    let url = first.prediction_url();
    let second = deploy(3.0, false).await;
    assert_eq!(
        (second.id(), second.predict_one(&1.0).unwrap()),
        (first.id(), 2.0)
    );
    let third = deploy(3.0, true).await;
    assert_eq!((third.id(), third.prediction_url()), (first.id(), url));
    assert_eq!(third.predict_one(&1.0).unwrap(), 3.0);
    let versions = third.versions().unwrap().len();
    let again = deploy(3.0, true).await;
    assert_eq!(again.versions().unwrap().len(), versions, "nothing has changed");
}
