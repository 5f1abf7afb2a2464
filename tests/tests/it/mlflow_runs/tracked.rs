//! What MLflow has of a run while it goes on and when it has ended.

use std::process::Command;

use zen_core::metadata::TrackingState;
use zen_core::prelude::*;
use zen_core::secrets::{FileSecrets, Reference, Secret, SecretsStore};
use zen_tests::mlflow::{Server, TOKEN};
use zen_tests::models::Line;

use super::{entry, project, tracked};

#[step]
fn trainer(ctx: &StepContext, slope: f64, epochs: u64) -> Result<Line> {
    for epoch in 0..epochs {
        ctx.log_metric_at("loss", slope / (epoch + 1) as f64, epoch)?;
    }
    Ok(Line::new(slope))
}

#[step]
fn summary(line: &Line) -> String {
    format!("a line of slope {}", line.slope)
}

#[step]
fn fails(ctx: &StepContext, line: &Line) -> Result<f64> {
    ctx.log_metric("score", line.slope)?;
    Err("it always does".into())
}

#[pipeline]
fn mlflow_training(slope: f64, epochs: u64) -> Artifact<String> {
    let line = trainer(slope, epochs).logged();
    summary(line).logged()
}

#[pipeline]
fn mlflow_failing() -> Artifact<f64> {
    fails(trainer(2.0, 3))
}

/// The project's folder is a git repository with a commit.
fn commit(folder: &std::path::Path) -> String {
    let git = |arguments: &[&str]| {
        let ran = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(arguments)
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q"]);
    git(&["commit", "-q", "--allow-empty", "-m", "all"]);
    git(&["rev-parse", "HEAD"])
}

#[tokio::test]
async fn a_run_is_one_of_mlflows_with_all_that_it_recorded() {
    let Some(server) = Server::shared() else { return };
    let project = project(server, "");
    let commit = commit(project.path());
    let stack = project.choose().open().unwrap();
    let launch = || {
        mlflow_training(2.0, 5000)
            .launch()
            .on(&stack)
            .quiet()
            .tag("nightly")
            .run()
    };
    let run = launch().await.unwrap();
    let tracking = run.tracking().unwrap().unwrap();
    assert_eq!(
        (tracking.state, &tracking.error),
        (TrackingState::Delivered, &None)
    );
    let seen = tracked(server, &run);
    assert_eq!(seen["info"]["status"], "FINISHED");
    assert_eq!(seen["info"]["start_time"], run.started().timestamp_millis());
    assert_eq!(seen["info"]["end_time"], run.ended().unwrap().timestamp_millis());
    assert_eq!(seen["info"]["run_name"], run.name());
    for (key, value) in [("slope", "2.0"), ("epochs", "5000"), ("trainer.slope", "2.0")] {
        assert_eq!(entry(&seen, "params", key).unwrap(), value, "{key}");
    }
    let id = run.id().to_string();
    for (key, value) in [
        ("zen.run_id", id.as_str()),
        ("zen.stack", "mlflow"),
        ("zen.pipeline", "mlflow_training"),
        ("zen.tag.nightly", "true"),
        ("mlflow.source.git.commit", &commit),
    ] {
        assert_eq!(entry(&seen, "tags", key).unwrap(), value, "{key}");
    }
    // All values, in their order.
    let mlflow = tracking.id.as_ref().unwrap();
    let mut steps = Vec::new();
    let mut page = String::new();
    loop {
        let path = format!("metrics/get-history?run_id={mlflow}&metric_key=loss&max_results=25000{page}");
        let answer = server.get(&path);
        steps.extend(
            answer["metrics"]
                .as_array()
                .unwrap()
                .iter()
                .map(|metric| metric["step"].as_u64().unwrap()),
        );
        match answer["next_page_token"]
            .as_str()
            .filter(|token| !token.is_empty())
        {
            Some(token) => page = format!("&page_token={token}"),
            None => break,
        }
    }
    steps.sort_unstable();
    assert_eq!(steps, (0..5000).collect::<Vec<_>>());
    assert_eq!(
        entry(&seen, "metrics", "loss").unwrap(),
        2.0 / 5000.0,
        "the last one is the newest"
    );
    // The model as MLflow serves it, and a text as a file.
    let folder = seen["info"]["artifact_uri"]
        .as_str()
        .unwrap()
        .trim_start_matches("mlflow-artifacts:/");
    for file in ["trainer/MLmodel", "trainer/model.onnx", "summary.txt"] {
        let path = format!("{folder}/{file}");
        assert!(
            server.artifact(&path).is_some_and(|bytes| !bytes.is_empty()),
            "{path}"
        );
    }
    // From the cache, it is another run with the same.
    let second = launch().await.unwrap();
    assert_eq!(second.step("trainer").unwrap().status(), Status::Cached);
    let again = tracked(server, &second);
    assert_ne!(again["info"]["run_id"], seen["info"]["run_id"]);
    assert_eq!(entry(&again, "metrics", "loss"), entry(&seen, "metrics", "loss"));
}

#[tokio::test]
async fn a_failed_run_has_what_its_steps_logged() {
    let Some(server) = Server::shared() else { return };
    let project = project(server, "");
    let stack = project.choose().open().unwrap();
    mlflow_failing()
        .launch()
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap_err();
    let run = Client::of(stack).last_run("mlflow_failing").unwrap();
    let seen = tracked(server, &run);
    assert_eq!(seen["info"]["status"], "FAILED");
    assert_eq!(seen["info"]["end_time"], run.ended().unwrap().timestamp_millis());
    assert_eq!(entry(&seen, "metrics", "score").unwrap(), 2.0);
}

#[tokio::test]
async fn a_server_that_asks_for_a_token_gets_it_from_the_secrets() {
    let Some(server) = Server::with_tokens() else {
        return;
    };
    let with_token = async |value: &str| {
        let project = project(&server, "token = \"{{mlflow.token}}\"");
        let secrets = FileSecrets::in_home(&project.home());
        let token: Reference = "mlflow.token".parse().unwrap();
        secrets.set(&token, &Secret::new(value)).unwrap();
        let stack = project.choose().open().unwrap();
        let run = mlflow_training(3.0, 1).launch().on(&stack).quiet().run();
        run.await.unwrap().tracking().unwrap().unwrap()
    };
    assert_eq!(with_token(TOKEN).await.state, TrackingState::Delivered);
    // With another one, the run is what it is, and what the server says is told.
    let tracking = with_token("wr0ng-token-of-mine").await;
    assert_eq!(tracking.state, TrackingState::Lost, "{tracking:?}");
    let error = tracking.error.unwrap();
    assert!(
        error.contains("takes nothing") && !error.contains("wr0ng"),
        "{error}"
    );
}
