//! Runs that are configured from a file.

use serde_json::json;
use zen_core::graph::ConfigError;
use zen_core::prelude::*;
use zen_core::runner::{RunConfig, RunError};
use zen_core::schedule::{Schedule, Scheduler};
use zen_tests::isolated::ending;

use crate::support::{count, counting};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Params {
    epochs: u32,
    rate: f64,
}

#[step]
fn rows() -> Vec<f64> {
    vec![1.0, 2.0]
}

#[step]
fn train(ctx: &StepContext, rows: &[f64], params: Params, seed: u64) -> Result<f64> {
    count(ctx);
    Ok(rows.iter().sum::<f64>() * f64::from(params.epochs) + params.rate + seed as f64)
}

#[step(cache = false)]
fn report(ctx: &StepContext, score: f64) -> Result<String> {
    count(ctx);
    Ok(format!("{score}"))
}

#[pipeline]
fn configured_training(seed: u64) -> Artifact<String> {
    let params = Params {
        epochs: 1,
        rate: 0.25,
    };
    report(train(rows(), params, seed))
}

fn config(text: &str) -> RunConfig {
    RunConfig::from_toml(text, "run.toml").unwrap()
}

fn refused(text: &str) -> (ConfigError, String) {
    let error = configured_training(1)
        .launch()
        .configured(config(text))
        .unwrap_err();
    let text = error.to_string();
    (error, text)
}

#[tokio::test]
async fn a_file_says_how_a_pipeline_runs() {
    let (stack, calls) = counting();
    let text = r#"
        name = "tuned"
        tags = ["a", "b"]
        parallel = 1
        failure = "fail_fast"
        parameters.seed = 3

        [steps.report]
        cache = true

        [steps.train.parameters]
        params.epochs = 10
    "#;
    let run = |text: &str| {
        config(text)
            .launch("configured_training")
            .unwrap()
            .on(&stack)
            .quiet()
    };
    let first = run(text).run().await.unwrap();
    assert_eq!(first.name(), "tuned");
    assert_eq!(first.record().tags, ["a", "b"]);
    assert_eq!(first.arguments(), &json!({"seed": 3}));
    let train = first.step("train").unwrap();
    // The other field stayed.
    assert_eq!(train.parameters()["params"], json!({"epochs": 10, "rate": 0.25}));
    assert_eq!(train.load::<f64>("output").await.unwrap(), 33.25);
    assert_eq!(calls.get(), 2);
    // The step's cache is on, by the file.
    let again = run(text).run().await.unwrap();
    assert_eq!(again.step("report").unwrap().status(), Status::Cached);
    // Another value is another key.
    let other = run(&text.replace("epochs = 10", "epochs = 11"))
        .run()
        .await
        .unwrap();
    assert_eq!(other.step("train").unwrap().status(), Status::Completed);
    let why = other.explain("train").unwrap();
    let fields: Vec<_> = why.changed.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["input.params"]);
    // The same value from code is the same key.
    assert_eq!(first.record().graph_hash, other.record().graph_hash);
    assert_eq!(calls.get(), 4);
    // What is asked for at the run counts above the file.
    let off = run(text).cache(false).run().await.unwrap();
    assert_eq!(off.step("report").unwrap().status(), Status::Completed);
}

#[tokio::test]
async fn the_step_counts_above_the_file_as_a_whole() {
    let (stack, calls) = counting();
    let text = "cache = false\nsteps.train.cache = true";
    for _ in 0..2 {
        let launch = configured_training(1).launch().configured(config(text)).unwrap();
        launch.on(&stack).quiet().run().await.unwrap();
    }
    let last = Client::of(stack).last_run("configured_training").unwrap();
    assert_eq!(last.step("rows").unwrap().status(), Status::Completed);
    assert_eq!(last.step("train").unwrap().status(), Status::Cached);
    assert_eq!(calls.get(), 3);
}

#[test]
fn what_does_not_fit_the_pipeline_is_refused() {
    let (error, text) = refused("\n[steps.trian]\ncache = false");
    assert!(matches!(error, ConfigError::UnknownStep { .. }));
    assert_eq!(
        text,
        "run.toml:2: `steps.trian`: pipeline `configured_training` has no step `trian` (did you mean `train`? there is: rows, train, report)"
    );
    let (error, text) = refused("[steps.train.parameters]\n\nsede = 3");
    assert!(matches!(error, ConfigError::UnknownArgument { .. }));
    assert!(
        text.starts_with("run.toml:3: `steps.train.parameters.sede`: step `train` has no argument `sede` (did you mean `seed`?"),
        "{text}"
    );
    let (error, text) = refused("steps.train.parameters.rows = [1.0]");
    assert!(matches!(error, ConfigError::Fed { .. }));
    assert!(text.contains("takes what `rows` makes"), "{text}");
    let (error, text) = refused("[steps.train.parameters.params]\nepochs = 1\nrat = 3");
    assert!(matches!(error, ConfigError::Value { .. }));
    assert!(
        text.starts_with("run.toml:") && text.contains("`rat` (did you mean `rate`?"),
        "{text}"
    );
    let (_, text) = refused("steps.train.parameters.seed = -1");
    assert!(text.contains("has to be a `u64`"), "{text}");
    let (error, _) = refused("parameters.seed = 3");
    assert!(matches!(error, ConfigError::Built { .. }), "{error}");
    let (_, text) = refused("steps.train.cache.ignore = [\"sed\"]");
    assert!(text.contains("did you mean `seed`?"), "{text}");
    let error = config("parameters.sed = 3")
        .launch("configured_training")
        .unwrap_err();
    assert!(
        error.to_string().starts_with("run.toml:1: ") && error.to_string().contains("did you mean `seed`?"),
        "{error}"
    );
    let error = RunConfig::from_file("/nowhere/run.toml").unwrap_err();
    assert!(error.to_string().contains("/nowhere/run.toml"));
}

#[step]
fn fails(ctx: &StepContext, times: usize) -> Result<usize> {
    match count(ctx) {
        n if n < times => Err("not yet".into()),
        n => Ok(n),
    }
}

#[pipeline]
fn configured_failing() -> Artifact<usize> {
    fails(2)
}

#[tokio::test]
async fn retries_and_timeouts_come_from_the_file() {
    let (stack, calls) = counting();
    let run = |text: &str| {
        let launch = configured_failing().launch().configured(config(text)).unwrap();
        launch.on(&stack).quiet().run()
    };
    assert!(run("steps.fails.retry = 1").await.is_err());
    assert_eq!(calls.get(), 2);
    let run = run("steps.fails.retry = { max = 1, delay = \"1ms\" }\nsteps.fails.parameters.times = 4").await;
    assert!(matches!(run.unwrap_err(), RunError::StepFailed { .. }));
    assert_eq!(calls.get(), 4);
}

#[tokio::test]
async fn isolated_steps_get_what_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::builder()
        .home(folder.path().join(".zen"))
        .program(env!("CARGO_BIN_EXE_isolated"))
        .build()
        .unwrap();
    let traces = folder.path().display().to_string();
    // The pipeline says that the step fails; the file says that it doesn't.
    let launch = ending("fail".into(), traces, None, None, 0)
        .launch()
        .configured(config("steps.end.parameters.how = \"well\""))
        .unwrap();
    let run = launch.on(&stack).quiet().run().await.unwrap();
    assert_eq!(run.step("end").unwrap().parameters()["how"], "well");
    assert_ne!(*run.output().await.unwrap(), std::process::id());
}

#[tokio::test]
async fn a_schedule_runs_what_was_set() {
    let (stack, _) = counting();
    let pipeline = configured_training(1)
        .apply(&config("steps.train.parameters.params.epochs = 7"))
        .unwrap();
    let schedule = pipeline
        .schedule(
            "configured",
            Schedule::every(std::time::Duration::from_secs(86_400)).unwrap(),
        )
        .on(&stack)
        .await
        .unwrap();
    schedule.trigger().await.unwrap();
    let (done, stop) = tokio::sync::oneshot::channel();
    let scheduler = Scheduler::new().on(&stack).quiet().handle_interrupts(false);
    let task = tokio::spawn(scheduler.run_until(async move {
        let _ = stop.await;
    }));
    let client = Client::of(stack.clone());
    crate::support::eventually_async("the run has ended", || {
        client
            .last_run("configured_training")
            .is_ok_and(|run| run.status().is_final())
    })
    .await;
    done.send(()).unwrap();
    task.await.unwrap().unwrap();
    let run = client.last_run("configured_training").unwrap();
    assert_eq!(run.step("train").unwrap().parameters()["params"]["epochs"], 7);
}

#[tokio::test]
async fn configurations_are_put_on_top_of_each_other() {
    let (stack, _) = counting();
    let launch = configured_training(1)
        .launch()
        .configured(config("steps.train.parameters.params.epochs = 7"))
        .unwrap()
        .configured(config("steps.train.parameters.params.rate = 1.5"))
        .unwrap();
    let run = launch.on(&stack).quiet().run().await.unwrap();
    let rebuilt = zen_core::runner::rebuild_run(&Client::of(stack.clone()), run.id())
        .await
        .unwrap();
    let plan = rebuilt.on(&stack).plan().await.unwrap();
    let train = plan.steps.iter().find(|step| step.name == "train").unwrap();
    assert_eq!(train.outcome.as_str(), "hit", "{plan}");
    assert_eq!(
        run.step("train").unwrap().parameters()["params"],
        json!({"epochs": 7, "rate": 1.5})
    );
}
