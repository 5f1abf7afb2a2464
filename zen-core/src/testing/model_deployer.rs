//! The suite that every model deployer runs.

use std::time::Duration;

use crate::deploy::{DeployError, DeployRequest, ModelDeployer, Origin, ServerFilter};
use crate::metadata::ServiceState;
use crate::service::Service;
use crate::stack::Stack;

/// What the suite needs to know of a deployer.
pub struct DeployerUnderTest<'a> {
    /// The deployer.
    pub deployer: &'a dyn ModelDeployer,
    /// A stack whose services may be started and ended.
    pub stack: &'a Stack,
    /// A request for a model that tells which one it is, as `answer` finds out.
    pub request: &'a dyn Fn(u32) -> DeployRequest,
    /// A request for a model that doesn't start.
    pub broken: &'a dyn Fn() -> DeployRequest,
    /// Asks the server which model it has.
    pub answer: &'a dyn Fn(&Service) -> Result<u32, String>,
    /// How long a start or a stop may take.
    pub patience: Duration,
}

impl std::fmt::Debug for DeployerUnderTest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeployerUnderTest")
            .field("deployer", &self.deployer)
            .finish_non_exhaustive()
    }
}

/// Checks what [`ModelDeployer`] promises.
///
/// # Panics
/// With what doesn't hold.
pub fn model_deployer_conformance(test: &DeployerUnderTest<'_>) {
    deploys_and_replaces(test);
    tells_origins_apart(test);
    keeps_what_runs_when_the_new_one_fails(test);
    goes_back(test);
    stops_and_starts(test);
    prepares(test);
    deletes(test);
    refuses_the_unknown(test);
}

fn request(test: &DeployerUnderTest<'_>, model: u32, step: &str) -> DeployRequest {
    DeployRequest {
        origin: Some(Origin {
            pipeline: "conformance".into(),
            step: step.into(),
            run: uuid::Uuid::now_v7(),
        }),
        ..(test.request)(model)
    }
}

fn deploy(test: &DeployerUnderTest<'_>, model: u32, step: &str) -> Service {
    let request = request(test, model, step);
    let service = test
        .deployer
        .deploy_model(test.stack, &request)
        .expect("a good model is deployed");
    let record = service.record().expect("a deployed service is recorded");
    assert_eq!(record.status.state, ServiceState::Active);
    assert_eq!(record.flavor.as_deref(), Some(test.deployer.flavor()));
    assert_eq!(
        record.run,
        request.origin.map(|origin| origin.run),
        "the record names the run"
    );
    assert_eq!(
        record.model_digest,
        Some(request.model.digest),
        "the record names the model"
    );
    assert!(service.is_running(), "what has been deployed runs");
    service
}

fn check(test: &DeployerUnderTest<'_>, service: &Service, model: u32) {
    assert_eq!(
        (test.answer)(service),
        Ok(model),
        "the server answers with its model"
    );
}

fn deploys_and_replaces(test: &DeployerUnderTest<'_>) {
    let service = deploy(test, 1, "replace");
    check(test, &service, 1);
    let (url, version) = (
        service.prediction_url(),
        service.record().expect("a record").version,
    );
    let updated = deploy(test, 2, "replace");
    check(test, &updated, 2);
    assert_eq!(updated.id(), service.id(), "an update keeps the id");
    assert_eq!(updated.prediction_url(), url, "an update keeps the URL");
    let record = updated.record().expect("a record");
    assert!(record.version > version, "an update is a new version");
    let same = request(test, 2, "replace");
    let again = test
        .deployer
        .deploy_model(test.stack, &same)
        .expect("the same model again");
    assert_eq!(
        again.record().expect("a record").version,
        record.version,
        "nothing new leaves the server alone"
    );
    check(test, &again, 2);
}

fn tells_origins_apart(test: &DeployerUnderTest<'_>) {
    let one = deploy(test, 1, "here");
    let other = deploy(test, 2, "there");
    assert_ne!(one.id(), other.id(), "another step's server is another one");
    check(test, &one, 1);
    check(test, &other, 2);
    let find = |filter| {
        let found = test
            .deployer
            .find_model_server(test.stack, &filter)
            .expect("servers are found");
        found.iter().map(Service::id).collect::<Vec<_>>()
    };
    let step = |step: &str| ServerFilter {
        step: Some(step.into()),
        ..ServerFilter::default()
    };
    assert_eq!(find(step("here")), [one.id()]);
    assert_eq!(find(step("there")), [other.id()]);
    let everywhere = find(ServerFilter {
        pipeline: Some("conformance".into()),
        ..ServerFilter::default()
    });
    let place = |id| everywhere.iter().position(|found| *found == id);
    assert!(place(other.id()) < place(one.id()), "the newest comes first");
    for service in [one, other] {
        delete(test, &service);
    }
}

fn keeps_what_runs_when_the_new_one_fails(test: &DeployerUnderTest<'_>) {
    let service = deploy(test, 3, "failing");
    let broken = DeployRequest {
        origin: request(test, 0, "failing").origin,
        ..(test.broken)()
    };
    let error = test
        .deployer
        .deploy_model(test.stack, &broken)
        .expect_err("a broken model is not deployed");
    assert!(!error.to_string().is_empty());
    assert!(service.is_running(), "the version before still runs");
    check(test, &service, 3);
    delete(test, &service);
}

fn goes_back(test: &DeployerUnderTest<'_>) {
    let service = deploy(test, 4, "back");
    deploy(test, 5, "back");
    service
        .rollback(test.patience)
        .expect("there is a version to go back to");
    check(test, &service, 4);
    delete(test, &service);
}

fn stops_and_starts(test: &DeployerUnderTest<'_>) {
    let (deployer, stack) = (test.deployer, test.stack);
    let service = deploy(test, 6, "stopping");
    let running = |running| ServerFilter {
        running: Some(running),
        step: Some("stopping".into()),
        ..ServerFilter::default()
    };
    let count = |filter| {
        deployer
            .find_model_server(stack, &filter)
            .expect("servers are found")
            .len()
    };
    assert_eq!((count(running(true)), count(running(false))), (1, 0));
    deployer
        .stop_model_server(stack, service.id(), test.patience, false)
        .expect("a running server stops");
    assert_eq!(service.status().expect("a status").state, ServiceState::Inactive);
    assert!(
        (test.answer)(&service).is_err(),
        "a stopped server answers nothing"
    );
    assert_eq!((count(running(true)), count(running(false))), (0, 1));
    deployer
        .stop_model_server(stack, service.id(), test.patience, true)
        .expect("stopping twice is no error");
    deployer
        .start_model_server(stack, service.id(), test.patience)
        .expect("a stopped server starts again");
    check(test, &service, 6);
    deployer
        .start_model_server(stack, service.id(), test.patience)
        .expect("starting twice is no error");
    let log = deployer
        .model_server_logs(stack, service.id(), false, Some(5))
        .expect("a server has a log");
    assert!(log.count() <= 5);
    delete(test, &service);
}

fn prepares(test: &DeployerUnderTest<'_>) {
    let service = test
        .deployer
        .prepare(test.stack, &request(test, 7, "prepared"))
        .expect("a server is recorded");
    assert_eq!(service.status().expect("a status").state, ServiceState::Inactive);
    service
        .start(test.patience)
        .expect("what is recorded can be started");
    check(test, &service, 7);
    delete(test, &service);
}

fn delete(test: &DeployerUnderTest<'_>, service: &Service) {
    let deleted = test
        .deployer
        .delete_model_server(test.stack, service.id(), test.patience, false);
    deleted.expect("a server can be deleted");
}

fn deletes(test: &DeployerUnderTest<'_>) {
    let service = deploy(test, 8, "deleted");
    delete(test, &service);
    let found = test.deployer.find_model_server(
        test.stack,
        &ServerFilter {
            uuid: Some(service.id()),
            ..ServerFilter::default()
        },
    );
    assert!(
        found.expect("servers are found").is_empty(),
        "a deleted server is not found"
    );
    assert!(!service.is_running());
    let fresh = deploy(test, 8, "deleted");
    assert_ne!(fresh.id(), service.id(), "a deleted server is not updated");
    delete(test, &fresh);
}

fn refuses_the_unknown(test: &DeployerUnderTest<'_>) {
    let id = uuid::Uuid::now_v7();
    let (deployer, stack) = (test.deployer, test.stack);
    let refusals = [
        deployer.start_model_server(stack, id, test.patience).map(|_| ()),
        deployer.stop_model_server(stack, id, test.patience, true),
        deployer.delete_model_server(stack, id, test.patience, true),
        deployer.model_server_logs(stack, id, false, None).map(|_| ()),
    ];
    for refused in refusals {
        assert!(matches!(refused, Err(DeployError::Unknown(unknown)) if unknown == id));
    }
}
