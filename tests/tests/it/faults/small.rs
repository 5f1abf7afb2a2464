//! A small pipeline with a fan-out, a branch and a retry, whose values are objects.

use std::sync::Arc;
use std::time::Duration;

use zen_core::artifact::ArtifactStore;
use zen_core::metadata::MetadataStore;
use zen_core::prelude::*;
use zen_core::testing::FaultyStore;

#[step]
fn numbers(count: u64) -> Vec<u64> {
    (1..=count).collect()
}

/// Fails at first for one of its elements.
#[step(retry(max = 1))]
fn stretch(ctx: &StepContext, x: u64) -> Result<Vec<u64>> {
    match (x, ctx.attempt()) {
        (2, 1) => Err("not at once".into()),
        _ => Ok((0..100).map(|i| i * x * 1_000_003).collect()),
    }
}

#[step]
fn total(parts: &[Vec<u64>]) -> u64 {
    parts.iter().flatten().sum()
}

#[step]
fn is_large(x: u64) -> bool {
    x > 1000
}

#[step]
fn say(x: u64) -> String {
    format!("{x} is a large number, and this is long enough to be an object by itself")
}

#[pipeline]
#[allow(clippy::type_complexity)]
pub fn small(count: u64) -> (Artifact<Vec<Vec<u64>>>, Artifact<u64>, Artifact<Option<String>>) {
    let parts = numbers(count).each(|x| stretch(x));
    let sum = total(parts);
    let said = when(is_large(sum), || say(sum));
    (parts, sum, said)
}

/// What a run of it gave.
#[derive(Debug)]
pub enum Outcome {
    /// It completed, with these values; or its outputs can't be read, and why.
    Completed(Box<Run<SmallOutput>>, std::result::Result<Values, String>),
    /// Why it failed.
    Failed(RunError),
}

pub type SmallOutput = (Artifact<Vec<Vec<u64>>>, Artifact<u64>, Artifact<Option<String>>);
pub type Values = (u64, u64, Option<String>);

/// What it makes.
pub fn expected() -> Values {
    let sum = (1..=3u64)
        .flat_map(|x| (0..100).map(move |i| i * x * 1_000_003))
        .sum();
    let said = format!("{sum} is a large number, and this is long enough to be an object by itself");
    (3, sum, Some(said))
}

/// Nearly all values are objects; all parts are in memory.
pub fn stack(objects: &FaultyStore, metadata: &Arc<dyn MetadataStore>) -> Stack {
    let store = ArtifactStore::over("faulty://bucket", Arc::new(objects.clone())).with_inline_limit(16);
    Stack::builder()
        .artifacts(store)
        .metadata(Arc::clone(metadata))
        .build()
        .unwrap()
}

/// Runs it. A run that doesn't end is a failure of the test.
pub async fn run(stack: &Stack, resume: bool) -> Outcome {
    let launch = small(3)
        .on(stack)
        .quiet()
        .parallel(2)
        .grace(Duration::from_secs(5));
    let launch = match resume {
        true => launch.resume_last(),
        false => launch,
    };
    let ended = tokio::time::timeout(Duration::from_secs(60), launch.run());
    match ended.await.expect("the run hangs") {
        Err(error) => Outcome::Failed(error),
        Ok(run) => {
            let values = run.output().await;
            let values = values
                .map(|(parts, sum, said)| (parts.len() as u64, *sum, (*said).clone()))
                .map_err(|error| zen_tests::chain(&error));
            Outcome::Completed(Box::new(run), values)
        }
    }
}

/// Runs it where nothing fails any more: the values must be right.
pub async fn run_well(stack: &Stack, resume: bool, after: &str) {
    match run(stack, resume).await {
        Outcome::Completed(run, values) => {
            assert_eq!(values.as_ref(), Ok(&expected()), "{after}");
            readable(&run, after).await;
        }
        Outcome::Failed(error) => panic!("{after}: a clean run failed: {}", zen_tests::chain(&error)),
    }
}

/// Every output of every finished step can be read.
pub async fn readable(run: &RunView, after: &str) {
    for step in run.steps().unwrap() {
        if !step.status().is_success() {
            continue;
        }
        for (name, output) in step.outputs().unwrap() {
            if let Err(error) = output.bytes().await {
                panic!(
                    "{after}: output `{name}` of the finished step `{}` can't be read: {}",
                    step.name(),
                    zen_tests::chain(&error)
                );
            }
        }
    }
}
