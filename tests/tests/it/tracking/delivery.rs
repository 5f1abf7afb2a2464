//! What is delivered when nothing fails.

use std::sync::Arc;

use zen_core::metadata::{Status, TrackingState};
use zen_core::prelude::*;
use zen_core::tracking::CurrentRun;

use super::notebook::{Gate, Notebook, page_of, stack};

#[step]
fn trainer(ctx: &StepContext, rate: f64, epochs: u32) -> Result<Vec<f64>> {
    for epoch in 0..epochs {
        ctx.log_metric_at("loss", rate / f64::from(epoch + 1), u64::from(epoch))?;
    }
    ctx.log_metric("accuracy", Accuracy(0.5))?;
    Ok(vec![rate])
}

#[derive(Debug, Outputs)]
struct Split {
    left: Vec<f64>,
    right: String,
}

#[step]
fn splitter(model: &[f64]) -> Split {
    Split {
        left: model.to_vec(),
        right: "right".into(),
    }
}

#[step]
fn tracked_as(ctx: &StepContext, _model: &[f64]) -> Result<String> {
    let current = ctx.component::<CurrentRun>().ok_or("the run is tracked")?;
    let id = current.id(std::time::Duration::from_secs(60));
    Ok(id.ok_or("it is begun")?)
}

#[pipeline]
fn training(rate: f64, epochs: u32) -> Artifact<String> {
    let model = trainer(rate, epochs).logged();
    let split = splitter(model);
    let _ = split.right.logged();
    tracked_as(model).cache(false)
}

fn plain() -> (Stack, Arc<Notebook>) {
    stack(Notebook::new(|_| Ok(())), &Arc::default())
}

#[tokio::test]
async fn everything_is_delivered_in_its_order() {
    let (stack, notebook) = plain();
    let run = training(0.5, 30).launch().on(&stack).quiet().tag("nightly").run();
    let run = run.await.unwrap();
    assert_eq!(*run.output().await.unwrap(), page_of(run.id()));
    let page = notebook.page().clone();
    let [begun] = &page.runs[..] else {
        panic!("{page:?}")
    };
    assert_eq!((begun.id, begun.name.as_str()), (run.id(), run.name()));
    assert_eq!(
        (begun.pipeline.as_str(), begun.started.timestamp_micros()),
        ("training", run.started().timestamp_micros())
    );
    assert_eq!(
        (begun.tags.as_slice(), begun.stack.as_str()),
        (&["nightly".to_owned()][..], stack.name())
    );
    let mut expected: Vec<_> = (0..30_u32)
        .map(|epoch| format!("trainer.loss={}@{epoch}", 0.5 / f64::from(epoch + 1)))
        .collect();
    expected.push("trainer.accuracy=0.5@0".into());
    assert_eq!(notebook.metrics(), expected);
    assert!(page.batches.len() <= 6, "{} batches", page.batches.len());
    let mut parameters = notebook.parameters();
    parameters.sort();
    assert_eq!(
        parameters,
        ["epochs=30", "rate=0.5", "trainer.epochs=30", "trainer.rate=0.5"]
    );
    let artifacts: Vec<_> = page
        .artifacts
        .iter()
        .map(|(step, output, _)| (step.as_str(), output.as_str()))
        .collect();
    assert_eq!(artifacts, [("trainer", ""), ("splitter", "right")]);
    let [(status, ended)] = page.ends[..] else {
        panic!("{page:?}")
    };
    let recorded = run.ended().unwrap();
    assert_eq!(
        (status, ended.timestamp_micros()),
        (Status::Completed, recorded.timestamp_micros())
    );
    let tracking = run.tracking().unwrap().unwrap();
    assert_eq!(
        (tracking.id, tracking.state),
        (Some(page_of(run.id())), TrackingState::Delivered)
    );
    assert_eq!(
        (tracking.url, tracking.error),
        (Some(format!("here/{}", page_of(run.id()))), None)
    );
    assert_eq!(tracking.undelivered, []);
}

#[tokio::test]
async fn a_run_from_the_cache_has_the_metrics_and_the_artifacts_too() {
    let (stack, notebook) = plain();
    let run = || training(0.5, 3).launch().on(&stack).quiet().run();
    run().await.unwrap();
    let first = notebook.metrics();
    *notebook.page() = Default::default();
    let second = run().await.unwrap();
    assert_eq!(second.step("trainer").unwrap().status(), Status::Cached);
    assert_eq!(notebook.metrics(), first);
    assert_eq!(notebook.page().artifacts.len(), 2);
}

#[step]
fn fails(ctx: &StepContext, model: &[f64]) -> Result<f64> {
    ctx.log_metric("score", model[0])?;
    Err("it always does".into())
}

#[pipeline]
fn failing() -> Artifact<f64> {
    let model = trainer(0.5, 2);
    fails(model)
}

#[tokio::test]
async fn a_failed_run_is_delivered_as_one_with_what_its_steps_logged() {
    let (stack, notebook) = plain();
    failing().launch().on(&stack).quiet().run().await.unwrap_err();
    assert_eq!(notebook.metrics().last().unwrap(), "fails.score=0.5@0");
    assert_eq!(notebook.page().ends[0].0, Status::Failed);
}

#[step]
fn waits(ctx: &StepContext) -> Result<f64> {
    ctx.log_metric("score", 1.0)?;
    ctx.component::<Gate>().ok_or("no gate")?.open();
    while !ctx.is_cancelled() {
        std::thread::yield_now();
    }
    Ok(1.0)
}

#[pipeline]
fn waiting() -> Artifact<f64> {
    waits()
}

#[tokio::test]
async fn a_cancelled_run_is_delivered_as_one() {
    let gate = Arc::new(Gate::default());
    let (stack, notebook) = stack(Notebook::new(|_| Ok(())), &gate);
    let run = waiting().launch().on(&stack).quiet().start().await.unwrap();
    tokio::task::spawn_blocking(move || gate.pass()).await.unwrap();
    run.cancel();
    run.wait().await.unwrap_err();
    assert_eq!(notebook.metrics(), ["waits.score=1@0"]);
    assert_eq!(notebook.page().ends[0].0, Status::Cancelled);
}

#[step]
fn scored(ctx: &StepContext, x: &f64) -> Result<f64> {
    ctx.log_metric("score", *x)?;
    Ok(*x)
}

#[step]
fn numbers() -> Vec<f64> {
    vec![1.0, 2.0, 3.0]
}

#[pipeline]
fn fan_out() -> Artifact<Vec<f64>> {
    numbers().each(|x| scored(x).logged())
}

#[tokio::test]
async fn elements_are_told_apart_by_their_steps() {
    let (stack, notebook) = plain();
    fan_out().launch().on(&stack).quiet().run().await.unwrap();
    let mut metrics = notebook.metrics();
    metrics.sort();
    assert_eq!(
        metrics,
        [
            "scored[0].score=1@0",
            "scored[1].score=2@0",
            "scored[2].score=3@0"
        ]
    );
    assert_eq!(notebook.page().artifacts.len(), 3);
}
