//! Who may ask, and that nothing tells the secrets.

use std::sync::Arc;

use zen_core::metadata::Status;
use zen_core::model_registry::{ModelRegistry, RegistryError};
use zen_core::prelude::Stack;
use zen_core::stack::ComponentType;
use zen_core::tracking::{ExperimentTracker, TrackingError};
use zen_tests::mlflow::{PASSWORD, Server, TOKEN, USERNAME};

use super::{Stage, at, info, run_of};

const TOKEN_LINES: &str = "token = \"{{mlflow.token}}\"";

fn password_lines(username: &str) -> String {
    format!("username = \"{username}\"\npassword = \"{{{{mlflow.password}}}}\"")
}

/// All that tells of the stage's components.
fn told(stage: &Stage) -> String {
    let checks = stage.project.choose().stack("s").check().unwrap();
    format!("{:?} {:?} {checks:?}", stage.tracker(), stage.registry())
}

#[track_caller]
fn hides(text: &str, secrets: &[&str]) {
    for secret in secrets {
        assert!(!text.contains(secret), "`{secret}` is told: {text}");
    }
}

/// Everything works; then, with what is wrong, nothing does.
fn works(server: &Server, stage: &Stage) {
    let mut writer = stage.tracker().begin(&run_of("signed")).unwrap();
    assert_eq!(info(server, writer.id())["status"], "RUNNING");
    writer.end(Status::Completed, at(1_700_000_001_000)).unwrap();
    assert_eq!(stage.registry().versions("none").unwrap(), []);
    let checks = stage.project.choose().stack("s").check().unwrap();
    for kind in [ComponentType::ExperimentTracker, ComponentType::ModelRegistry] {
        let check = checks.iter().find(|check| check.kind == kind).unwrap();
        assert!(check.is_ok(), "{check:?}");
        assert_eq!(check.location, server.uri());
    }
}

fn denied(stage: &Stage) -> String {
    let error = stage.tracker().begin(&run_of("signed")).unwrap_err();
    assert!(matches!(error, TrackingError::Denied { .. }), "{error:?}");
    let refused = stage.registry().versions("none").unwrap_err();
    assert!(matches!(refused, RegistryError::Refused { .. }), "{refused:?}");
    let checks = stage.project.choose().stack("s").check().unwrap();
    assert!(checks.iter().any(|check| !check.is_ok()));
    format!("{error} {error:?} {refused} {refused:?} {}", told(stage))
}

#[test]
fn with_passwords() {
    let Some(server) = Server::with_passwords() else {
        return;
    };
    let right = Stage::at(
        &server.uri(),
        &password_lines(USERNAME),
        &[("mlflow.password", PASSWORD)],
    );
    works(&server, &right);
    hides(&told(&right), &[PASSWORD]);
    let wrong = Stage::at(
        &server.uri(),
        &password_lines(USERNAME),
        &[("mlflow.password", "wrong-passw0rd")],
    );
    let said = denied(&wrong);
    assert!(said.contains("`password`"), "{said}");
    hides(&said, &["wrong-passw0rd"]);
    denied(&Stage::at(
        &server.uri(),
        &password_lines("nobody"),
        &[("mlflow.password", PASSWORD)],
    ));
    denied(&Stage::at(&server.uri(), "", &[]));
    let token = Stage::at(&server.uri(), TOKEN_LINES, &[("mlflow.token", TOKEN)]);
    hides(&denied(&token), &[TOKEN]);
}

#[test]
fn with_tokens() {
    let Some(server) = Server::with_tokens() else {
        return;
    };
    let right = Stage::at(&server.uri(), TOKEN_LINES, &[("mlflow.token", TOKEN)]);
    works(&server, &right);
    hides(&told(&right), &[TOKEN]);
    // The server repeats what it was sent.
    let wrong = Stage::at(&server.uri(), TOKEN_LINES, &[("mlflow.token", "a-wr0ng-token")]);
    let said = denied(&wrong);
    assert!(said.contains("no such token: Bearer ***"), "{said}");
    hides(&said, &["a-wr0ng-token"]);
    denied(&Stage::at(&server.uri(), "", &[]));
}

/// What is wrong with a configuration is told when it is opened, before anything is sent.
#[test]
fn configurations_that_are_wrong() {
    let secrets = [("mlflow.token", TOKEN), ("mlflow.password", PASSWORD)];
    let problem = |uri: &str, lines: &str| {
        let stage = Stage::at(uri, lines, &secrets);
        let of_tracker = stage.stack.component::<Arc<dyn ExperimentTracker>>().unwrap_err();
        let of_registry = stage.stack.component::<Arc<dyn ModelRegistry>>().unwrap_err();
        let text = format!(
            "{} {}",
            zen_tests::chain(&of_tracker),
            zen_tests::chain(&of_registry)
        );
        hides(&text, &[TOKEN, PASSWORD, "hunter2"]);
        text
    };
    let uri = "http://localhost:5000";
    for (lines, expected) in [
        ("username = \"me\"".to_owned(), "no `password`"),
        ("password = \"{{mlflow.password}}\"".to_owned(), "no `username`"),
        (
            format!("{TOKEN_LINES}\n{}", password_lines("me")),
            "both a `token`",
        ),
        (format!("{TOKEN_LINES}\nusername = \"me\""), "both a `token`"),
    ] {
        let text = problem(uri, &lines);
        assert_eq!(text.matches(expected).count(), 2, "{text}");
    }
    for (uri, expected) in [
        ("mlruns", "http://"),
        ("file:///tmp/mlruns", "mlflow server"),
        ("sqlite:///mlflow.db", "mlflow server"),
        ("databricks", "http://"),
        ("http://hunter2@localhost", "`username` and `password`"),
        ("http://", "names no host"),
        ("", "http://"),
    ] {
        let text = problem(uri, "");
        assert!(text.matches(expected).count() >= 2, "{uri}: {text}");
    }
    // A secret must be a reference.
    let project = super::Project::new(
        "[components.experiment_tracker.m]\nflavor = \"mlflow\"\ntracking_uri = \"http://localhost\"\ntoken = \"hunter2\"\n[stacks.s]\nexperiment_tracker = \"m\"\n",
    );
    let error = project
        .choose()
        .stack("s")
        .open()
        .map(|stack: Stack| stack.ready())
        .map(drop);
    hides(&zen_tests::chain(&error.unwrap_err()), &["hunter2"]);
}
