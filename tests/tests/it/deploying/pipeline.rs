//! The standard step in pipelines.

use zen_core::prelude::*;
use zen_tests::models::Line;

use super::project::Project;

#[step]
fn trainer(slope: f64) -> Line {
    Line::new(slope)
}

#[pipeline]
fn deployment(slope: f64, decision: bool) -> Artifact<Service<Line>> {
    let model = trainer(slope);
    model_deployer(decision, model, DeployConfig::named("line"))
}

#[tokio::test]
async fn decisions_are_followed() {
    let project = Project::new();
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

#[pipeline]
fn cautious(slope: f64) -> Artifact<Service<Line>> {
    let model = trainer(slope);
    model_deployer(
        false,
        model,
        DeployConfig::named("cautious").deploy_if_none(false),
    )
}

#[tokio::test]
async fn a_decision_against_can_mean_no_server_at_all() {
    let project = Project::new();
    let run = cautious(2.0).on(&project.stack).quiet().run().await.unwrap();
    let service = run.output().await.unwrap();
    assert_eq!(service.status().unwrap().state, ServiceState::Inactive);
    assert!(
        service
            .predict_one(&1.0)
            .unwrap_err()
            .to_string()
            .contains("start it first")
    );
    // Decided against once more: still no server, and the newest model is the one that is recorded.
    let run = cautious(3.0).on(&project.stack).quiet().run().await.unwrap();
    let again = run.output().await.unwrap();
    assert_eq!(
        (again.id(), again.status().unwrap().state),
        (service.id(), ServiceState::Inactive)
    );
    // All that is needed is recorded.
    service.start(super::project::SOON).unwrap();
    assert_eq!(service.predict_one(&1.0).unwrap(), 3.0);
}

#[tokio::test]
async fn a_model_of_a_vector_is_deployed_too() {
    #[step]
    fn slopes() -> Vec<f64> {
        vec![1.0, 5.0]
    }
    #[pipeline]
    fn several() -> Artifact<Vec<Service<Line>>> {
        let lines = slopes().each(|slope| trainer(slope));
        lines.each(|line| model_deployer(true, line, DeployConfig::named("one").replace(false)))
    }
    let project = Project::new();
    let run = several().on(&project.stack).quiet().run().await.unwrap();
    let services = run.output().await.unwrap();
    let predictions: Vec<f64> = services
        .iter()
        .map(|service| service.predict_one(&1.0).unwrap())
        .collect();
    assert_eq!(predictions, [1.0, 5.0]);
}

#[test]
fn by_hand_the_rules_are_the_same() {
    use zen_core::deploy::{DeployOutcome, deploy};
    let project = Project::new();
    let hand = |decision: bool, slope: f64| {
        let (outcome, service) = deploy(
            &project.stack,
            decision,
            &Line::new(slope),
            DeployConfig::named("line"),
        )
        .unwrap();
        (outcome, service.predict_one(&1.0).unwrap(), service)
    };
    let (outcome, answer, service) = hand(false, 1.0);
    assert_eq!((outcome, answer), (DeployOutcome::Deployed, 1.0));
    let (outcome, answer, _) = hand(false, 2.0);
    assert_eq!((outcome, answer), (DeployOutcome::Kept, 1.0));
    let (outcome, answer, _) = hand(true, 2.0);
    assert_eq!((outcome, answer), (DeployOutcome::Deployed, 2.0));
    let (outcome, answer, _) = hand(true, 2.0);
    assert_eq!((outcome, answer), (DeployOutcome::Unchanged, 2.0));
    service.stop(super::project::SOON, false).unwrap();
    let (outcome, answer, same) = hand(false, 3.0);
    assert_eq!(
        (outcome, answer, same.id()),
        (DeployOutcome::Restarted, 2.0, service.id())
    );
}
