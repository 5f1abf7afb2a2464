//! What steps say and know: logs, metrics, metadata, their context.

use zen_core::prelude::*;

use crate::support::{files, memory};

#[step]
fn talks(ctx: &StepContext, rounds: u64) -> Result<Accuracy> {
    for round in 0..rounds {
        ctx.log_metric_at("loss", LogLoss(1.0 / (round + 1) as f64), round * 10)?;
        ctx.log(format!("round {round}"));
    }
    tracing::warn!(rounds, "done");
    ctx.log_metric("nan", f64::NAN)?;
    ctx.log_metadata("table", vec![("a", 1), ("b", 2)])?;
    assert!(ctx.log_metric(" ", 1.0).is_err());
    Ok(Accuracy(0.5))
}

#[step]
async fn talks_too(accuracy: Accuracy) -> f64 {
    tracing::info!("before");
    tokio::task::yield_now().await;
    tracing::info!("after {}", accuracy);
    accuracy.value()
}

#[pipeline]
fn talking(rounds: u64) -> Artifact<f64> {
    talks_too(talks(rounds))
}

#[tokio::test]
async fn logs_metrics_and_facts_are_kept_with_the_step() {
    let stack = memory();
    let run = talking(3).on(&stack).quiet().run().await.unwrap();
    let step = run.step("talks").unwrap();
    let lines = step.logs(0).unwrap();
    let messages: Vec<_> = lines.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(messages, ["round 0", "round 1", "round 2", "done rounds=3"]);
    assert_eq!((lines[3].level.as_str(), lines[3].line), ("warn", 3));
    assert_eq!(step.logs(2).unwrap().len(), 2);
    let metrics = step.metrics().unwrap();
    let losses: Vec<_> = metrics
        .iter()
        .filter(|m| m.name == "loss")
        .map(|m| (m.position, m.value))
        .collect();
    assert_eq!(losses, [(0, 1.0), (10, 0.5), (20, 1.0 / 3.0)]);
    assert_eq!(metrics[0].higher_is_better, Some(false));
    assert!(step.metric("nan").unwrap().unwrap().is_nan());
    assert_eq!(step.metadata()["table"], serde_json::json!([["a", 1], ["b", 2]]));
    // A cached step tells what the step said whose outputs it has.
    let again = talking(3).on(&stack).quiet().run().await.unwrap();
    let cached = again.step("talks").unwrap();
    assert_eq!(
        (
            cached.status(),
            cached.logs(0).unwrap(),
            cached.metrics().unwrap().len()
        ),
        (Status::Cached, lines, 4)
    );
    assert_eq!(cached.origin().unwrap().unwrap().id(), step.id());
    let messages: Vec<_> = run
        .step("talks_too")
        .unwrap()
        .logs(0)
        .unwrap()
        .into_iter()
        .map(|l| l.message)
        .collect();
    assert_eq!(messages, ["before", "after 0.5"]);
}

#[step]
fn make() -> Vec<u8> {
    vec![1; 40_000]
}

#[step]
fn looks_around(ctx: &StepContext, bytes: &[u8]) -> Result<Vec<String>> {
    let scratch = ctx.scratch()?;
    std::fs::write(scratch.join("x"), bytes)?;
    assert_eq!(scratch, ctx.scratch()?);
    let input = &ctx.inputs()[0];
    let store = ctx.component::<ArtifactStore>().ok_or("no artifact store")?;
    assert!(input.uri.starts_with(store.url()), "{}", input.uri);
    assert_eq!(
        (input.name.as_str(), input.artifact.as_str()),
        ("bytes", "looking.make")
    );
    assert_eq!(ctx.outputs()[0].artifact, "looking.around");
    assert!(
        ctx.components()
            .iter()
            .any(|component| component.kind == "metadata_store")
    );
    Ok(vec![
        ctx.pipeline().to_owned(),
        ctx.step_name().to_owned(),
        ctx.run_id().to_string(),
        ctx.step_id().to_string(),
        ctx.attempt().to_string(),
        ctx.stack().to_owned(),
        ctx.run_name().to_owned(),
        ctx.outputs()[0].id.to_string(),
        scratch.display().to_string(),
    ])
}

#[pipeline]
fn looking() -> Artifact<Vec<String>> {
    looks_around(make()).named("around")
}

#[tokio::test]
async fn a_step_knows_where_it_is() {
    let (_folder, stack) = files();
    let run = looking().on(&stack).named("a look").quiet().run().await.unwrap();
    let seen = run.output().await.unwrap();
    let step = run.step("around").unwrap();
    let output = step.output("output").unwrap();
    let expected = [
        "looking",
        "around",
        &run.id().to_string(),
        &step.id().to_string(),
        "1",
        "default",
        "a look",
        &output.id().to_string(),
    ];
    assert_eq!(seen[..8], expected);
    assert!(
        !std::path::Path::new(&seen[8]).exists(),
        "the scratch folder was left behind"
    );
    assert_eq!(run.name(), "a look");
}

#[step]
fn waits_to_be_read(ctx: &StepContext) -> u8 {
    ctx.log("I am running");
    while !ctx.is_cancelled() {
        std::thread::yield_now();
    }
    1
}

#[pipeline]
fn running() -> Artifact<u8> {
    waits_to_be_read()
}

#[tokio::test]
async fn a_log_can_be_read_while_its_step_runs() {
    let (_folder, stack) = files();
    let handle = running().on(&stack).quiet().start().await.unwrap();
    let client = Client::of(stack);
    let line = loop {
        let read = client
            .run(handle.id())
            .and_then(|run| run.step("waits_to_be_read"))
            .and_then(|step| step.logs(0));
        if let Ok(Some(line)) = read.map(|lines| lines.into_iter().next()) {
            break line;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(line.message, "I am running");
    handle.cancel();
    handle.wait().await.unwrap_err();
}

#[test]
fn metrics_know_which_way_is_better() {
    assert!(Accuracy(0.9).is_better_than(&Accuracy(0.8)) && !Mse(0.9).is_better_than(&Mse(0.8)));
    assert!(Rmse(0.1).meets(0.2) && !R2(0.1).meets(0.2) && F1(0.2).meets(0.2));
    assert_eq!(Mae(2.0).best(Mae(1.0)).value(), 1.0);
    assert_eq!((LogLoss::NAME, Accuracy::NAME), ("log_loss", "accuracy"));
}
