//! What a run would do, and runs of one step.

use zen_core::metadata::RunFilter;
use zen_core::prelude::*;
use zen_core::runner::{CacheLevel, PlannedOutcome, RunError, RunPlan, RunReason};

use crate::support::{count, counting, files};

#[step]
fn seed(from: u64) -> u64 {
    from
}

#[step]
fn numbers(ctx: &StepContext, seed: u64) -> Vec<u64> {
    count(ctx);
    (0..3).map(|i| i + seed % 2).collect()
}

#[step]
fn square(ctx: &StepContext, x: u64) -> u64 {
    count(ctx);
    x * x
}

#[step]
fn total(ctx: &StepContext, squares: &[u64]) -> u64 {
    count(ctx);
    squares.iter().sum()
}

#[step]
fn is_large(total: u64) -> bool {
    total > 4
}

#[step]
fn celebrate(ctx: &StepContext, total: u64) -> u64 {
    count(ctx);
    total
}

#[step]
fn aside(ctx: &StepContext, seed: u64) -> u64 {
    count(ctx);
    seed
}

#[pipeline]
fn planned(from: u64) -> (Artifact<u64>, Artifact<Option<u64>>) {
    let seed = seed(from);
    let squares = numbers(seed).each(|x| square(x));
    let total = total(squares);
    aside(seed);
    (total, when(is_large(total), || celebrate(total)))
}

fn outcomes(plan: &RunPlan) -> Vec<(&str, &str)> {
    plan.steps
        .iter()
        .map(|step| (step.name.as_str(), step.outcome.as_str()))
        .collect()
}

fn find<'p>(plan: &'p RunPlan, name: &str) -> &'p PlannedOutcome {
    let step = plan.steps.iter().find(|step| step.name == name);
    &step
        .unwrap_or_else(|| panic!("there is no {name}: {plan}"))
        .outcome
}

#[tokio::test]
async fn a_plan_says_what_a_run_then_does() {
    let (stack, calls) = counting();
    let plan = planned(0).on(&stack).plan().await.unwrap();
    assert_eq!(
        outcomes(&plan),
        [
            ("seed", "run"),
            ("numbers", "maybe"),
            ("square.each", "maybe"),
            ("square", "unknown"),
            ("total", "maybe"),
            ("aside", "maybe"),
            ("is_large", "maybe"),
            ("celebrate.when", "maybe"),
            ("celebrate", "unknown"),
        ],
        "{plan}"
    );
    assert!(
        matches!(find(&plan, "seed"), PlannedOutcome::Run { reasons } if *reasons == [RunReason::NeverRun])
    );
    let text = plan.to_string();
    assert!(
        text.contains("its input `seed` comes from `seed`, which runs, unless the same bytes are made there"),
        "{text}"
    );
    // Nothing was done.
    let client = Client::of(stack.clone());
    assert_eq!(calls.get(), 0);
    assert!(client.runs(&RunFilter::default()).unwrap().is_empty());

    let run = planned(0).on(&stack).quiet().run().await.unwrap();
    let plan = planned(0).on(&stack).plan().await.unwrap();
    for step in &plan.steps {
        match &step.outcome {
            PlannedOutcome::Hit { run: of, made, .. } => assert!(*of == run.id() && made.is_some()),
            other => panic!("{}: {other}", step.name),
        }
    }
    assert_eq!(plan.steps.len(), 11, "{plan}");
    assert_eq!(find(&plan, "square[2]").as_str(), "hit");

    // What another seed makes isn't known, although most of it would come from the cache.
    let plan = planned(2).on(&stack).plan().await.unwrap();
    let PlannedOutcome::Run { reasons } = find(&plan, "seed") else {
        panic!("{plan}")
    };
    let RunReason::Changed { since, fields } = &reasons[0] else {
        panic!("{plan}")
    };
    assert_eq!(
        (*since, fields[0].to_string().as_str()),
        (run.id(), "input.from: 0 -> 2")
    );
    assert_eq!(find(&plan, "numbers").as_str(), "maybe");

    let written = serde_json::to_value(&plan).unwrap();
    assert_eq!(written["steps"][0]["outcome"], "run");
    assert_eq!(written["steps"][0]["reasons"][0]["reason"], "changed");
    assert_eq!(serde_json::from_value::<RunPlan>(written).unwrap(), plan);
}

#[tokio::test]
async fn a_plan_says_who_turned_the_cache_off() {
    let (stack, _) = counting();
    planned(0).on(&stack).quiet().run().await.unwrap();
    let plan = planned(0).on(&stack).cache(false).plan().await.unwrap();
    for step in &plan.steps {
        match &step.outcome {
            PlannedOutcome::Run { reasons } => {
                assert_eq!(*reasons, [RunReason::CacheOff { by: CacheLevel::Run }], "{plan}");
            }
            PlannedOutcome::Unknown { .. } => assert!(["square", "celebrate"].contains(&step.name.as_str())),
            other => panic!("{}: {other}", step.name),
        }
    }
}

#[step]
fn large() -> Vec<u64> {
    (0..50_000).collect()
}

#[pipeline]
fn planned_large() -> Artifact<Vec<u64>> {
    large()
}

#[tokio::test]
async fn a_plan_notices_what_is_gone_and_what_is_old() {
    let (folder, stack) = files();
    planned_large().on(&stack).quiet().run().await.unwrap();
    let expiring = CachePolicy::on().expires(std::time::Duration::ZERO);
    let plan = planned_large().on(&stack).cache(expiring).plan().await.unwrap();
    let PlannedOutcome::Run { reasons } = find(&plan, "large") else {
        panic!("{plan}")
    };
    assert!(matches!(reasons[0], RunReason::Expired { .. }), "{plan}");

    std::fs::remove_dir_all(folder.path().join(".zen/artifacts/objects")).unwrap();
    let plan = planned_large().on(&stack).plan().await.unwrap();
    let PlannedOutcome::Run { reasons } = find(&plan, "large") else {
        panic!("{plan}")
    };
    assert!(matches!(reasons[0], RunReason::Gone { .. }), "{plan}");
}

#[tokio::test]
async fn one_step_runs_with_what_it_needs() {
    let (stack, calls) = counting();
    let plan = planned(0).on(&stack).only("total").plan().await.unwrap();
    assert_eq!(find(&plan, "aside").as_str(), "skipped");
    let first = planned(0).on(&stack).only("total").quiet().run().await.unwrap();
    // numbers, three squares, total
    assert_eq!(calls.get(), 5);
    let status = |run: &RunView, step: &str| run.step(step).unwrap().status();
    for step in ["seed", "numbers", "square[1]", "square.each", "total"] {
        assert_eq!(status(&first, step), Status::Completed, "{step}");
    }
    for step in ["aside", "is_large", "celebrate.when"] {
        assert_eq!(status(&first, step), Status::Skipped, "{step}");
    }
    let aside = first.step("aside").unwrap();
    assert!(
        aside.error().unwrap().contains("only `total` was asked for"),
        "{:?}",
        aside.error()
    );
    assert_eq!(first.status(), Status::Completed);
    assert!(first.output().await.is_err());

    // Again: what it needs comes from the cache, it itself is executed.
    let plan = planned(0).on(&stack).only("total").plan().await.unwrap();
    assert!(
        matches!(find(&plan, "total"), PlannedOutcome::Run { reasons } if *reasons == [RunReason::AskedFor])
    );
    assert_eq!(find(&plan, "square[0]").as_str(), "hit");
    let again = planned(0).on(&stack).only("total").quiet().run().await.unwrap();
    assert_eq!(calls.get(), 6);
    assert_eq!(status(&again, "numbers"), Status::Cached);
    assert_eq!(status(&again, "total"), Status::Completed);
    assert_eq!(again.record().graph_hash, first.record().graph_hash);

    // A run of everything takes up what was made.
    let all = planned(0).on(&stack).quiet().run().await.unwrap();
    assert_eq!(status(&all, "total"), Status::Cached);
    assert_eq!(status(&all, "celebrate"), Status::Completed);
}

#[tokio::test]
async fn a_step_of_a_fan_out_runs_for_all_elements() {
    let (stack, calls) = counting();
    let run = planned(0).on(&stack).only("square").quiet().run().await.unwrap();
    assert_eq!(calls.get(), 4);
    for element in 0..3 {
        let step = run.step(&format!("square[{element}]")).unwrap();
        assert_eq!(step.status(), Status::Completed);
    }
    for step in ["square.each", "total", "aside"] {
        let step = run.step(step).unwrap();
        assert_eq!(step.status(), Status::Skipped);
        assert!(
            step.error().unwrap().contains("only `square` was asked for"),
            "{:?}",
            step.error()
        );
    }
    planned(0).on(&stack).only("square").quiet().run().await.unwrap();
    assert_eq!(calls.get(), 7);
}

#[tokio::test]
async fn a_step_of_a_branch_runs_when_the_branch_is_taken() {
    let (stack, _) = counting();
    let run = planned(0)
        .on(&stack)
        .only("celebrate")
        .quiet()
        .run()
        .await
        .unwrap();
    assert_eq!(run.step("celebrate").unwrap().status(), Status::Completed);
    assert_eq!(run.step("celebrate.when").unwrap().status(), Status::Skipped);
    assert_eq!(run.step("aside").unwrap().status(), Status::Skipped);
}

#[pipeline]
fn planned_nested() -> (Artifact<Vec<Vec<u64>>>, Artifact<Vec<u64>>) {
    let rows = gather([numbers(0), numbers(1)]);
    let nested = rows.each(|row| {
        total(row);
        row.each(|x| square(x))
    });
    (nested, rows.each(|row| total(row)))
}

#[tokio::test]
async fn a_step_deep_inside_runs_alone() {
    let (stack, calls) = counting();
    let plan = planned_nested().on(&stack).only("square").plan().await.unwrap();
    assert_eq!(find(&plan, "total").as_str(), "skipped", "{plan}");
    let run = planned_nested()
        .on(&stack)
        .only("square")
        .quiet()
        .run()
        .await
        .unwrap();
    assert_eq!(calls.get(), 2 + 6);
    assert_eq!(run.step("square[1][2]").unwrap().status(), Status::Completed);
    assert_eq!(run.step("total[0]").unwrap().status(), Status::Skipped);
    assert_eq!(run.status(), Status::Completed);
    // All of it runs as ever afterwards.
    let all = planned_nested().on(&stack).quiet().run().await.unwrap();
    assert_eq!(all.output().await.unwrap().1.as_slice(), [3, 6]);
}

#[tokio::test]
async fn steps_that_cannot_run_alone_are_refused() {
    let (stack, _) = counting();
    let refused = async |step: &str| {
        let error = planned(0).on(&stack).only(step).quiet().run().await.unwrap_err();
        assert!(matches!(error, RunError::NoStep { .. }), "{error}");
        let planned = planned(0).on(&stack).only(step).plan().await.unwrap_err();
        assert_eq!(planned.to_string(), error.to_string());
        error.to_string()
    };
    assert!(refused("totl").await.contains("did you mean `total`?"));
    assert!(refused("square[1]").await.contains("name the step `square`"));
    assert!(refused("square.each").await.contains("only collects"));
    assert!(Client::of(stack).runs(&RunFilter::default()).unwrap().is_empty());
}
