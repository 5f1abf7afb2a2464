//! Fan-out and branches.

use zen_core::prelude::*;
use zen_core::testing::{assert_cached, assert_executed, assert_statuses};

use crate::support::{count, counting, memory};

#[step]
fn list(values: Vec<i64>) -> Vec<i64> {
    values
}

#[step]
fn square(ctx: &StepContext, x: i64) -> i64 {
    count(ctx);
    x * x
}

#[step]
fn add(x: i64, y: i64) -> i64 {
    x + y
}

#[step]
fn sum(values: &[i64]) -> i64 {
    values.iter().sum()
}

#[pipeline]
fn fan(values: Vec<i64>, offset: i64) -> (Artifact<i64>, Artifact<Vec<i64>>) {
    let offset = add(offset, 0);
    let squares = list(values).each(|x| add(square(x), offset));
    (sum(squares), squares)
}

#[tokio::test]
async fn each_runs_the_body_for_every_element_in_order() {
    let (stack, calls) = counting();
    let run = fan(vec![3, 1, 2], 10).on(&stack).quiet().run().await.unwrap();
    let (sum, squares) = run.output().await.unwrap();
    assert_eq!((*sum, squares.as_slice()), (9 + 1 + 4 + 30, &[19, 11, 14][..]));
    assert_eq!(calls.get(), 3);
    assert_executed(&run, &["square[0]", "square[2]", "add_2[1]", "add_2.each"]);
    let edge = run.step("square[2]").unwrap().record().inputs[0].clone();
    assert_eq!(edge.element, Some(2));
}

#[tokio::test]
async fn one_changed_element_runs_alone() {
    let (stack, calls) = counting();
    fan(vec![3, 1, 2], 10).on(&stack).quiet().run().await.unwrap();
    let run = fan(vec![3, 5, 2, 1], 10).on(&stack).quiet().run().await.unwrap();
    assert_eq!(calls.get(), 4, "only the new element was squared");
    assert_cached(&run, &["square[0]", "square[2]", "square[3]"]);
    assert_executed(&run, &["square[1]", "add_2.each", "sum"]);
}

#[tokio::test]
async fn nothing_to_fan_out_over_gives_nothing() {
    let (stack, calls) = counting();
    let run = fan(vec![], 10).on(&stack).quiet().run().await.unwrap();
    let (sum, squares) = run.output().await.unwrap();
    assert_eq!((*sum, squares.len(), calls.get()), (0, 0, 0));
}

#[step]
fn table(rows: usize, columns: usize) -> Vec<Vec<i64>> {
    (0..rows)
        .map(|row| (0..columns).map(|column| (row * 10 + column) as i64).collect())
        .collect()
}

#[pipeline]
fn nested() -> Artifact<Vec<Vec<i64>>> {
    let offset = add(1000, 0);
    table(3, 2).each(|row| {
        let total = sum(row);
        row.each(|cell| add(add(cell, total), offset))
    })
}

#[tokio::test]
async fn each_inside_each_sees_everything_around_it() {
    let stack = memory();
    let run = nested().on(&stack).quiet().run().await.unwrap();
    let expected = vec![vec![1001, 1002], vec![1031, 1032], vec![1061, 1062]];
    assert_eq!(*run.output().await.unwrap(), expected);
    assert!(run.step("add_2[2][1]").is_ok());
    let again = nested().on(&stack).quiet().run().await.unwrap();
    assert!(
        again
            .steps()
            .unwrap()
            .iter()
            .all(|step| step.status() == Status::Cached)
    );
    assert_eq!(*again.output().await.unwrap(), expected);
}

#[step]
fn positive(x: i64) -> bool {
    x > 0
}

#[step]
fn describe(branch: &Option<i64>) -> String {
    match branch {
        Some(value) => format!("taken: {value}"),
        None => "not taken".into(),
    }
}

#[step]
fn note() -> u8 {
    1
}

#[pipeline]
fn branching(x: i64) -> (Artifact<String>, Artifact<u8>) {
    let x = add(x, 0);
    let squared = when(positive(x), || {
        let squared = square(x);
        let twice = list(vec![1, 2]).each(|n| add(n, squared));
        add(squared, sum(twice))
    });
    (describe(squared), note().after(&squared))
}

#[tokio::test]
async fn a_branch_is_taken_or_skipped() {
    let (stack, calls) = counting();
    let run = branching(3).on(&stack).quiet().run().await.unwrap();
    assert_eq!(run.output().await.unwrap().0.as_str(), "taken: 30");
    assert_executed(&run, &["square", "sum", "add_3", "add_3.when"]);

    let run = branching(-3).on(&stack).quiet().run().await.unwrap();
    assert_eq!(run.output().await.unwrap().0.as_str(), "not taken");
    assert_eq!(calls.get(), 1, "a step of a branch that wasn't taken ran");
    assert_eq!(run.status(), Status::Completed);
    let skipped = [
        ("square", Status::Skipped),
        ("list", Status::Skipped),
        ("sum", Status::Skipped),
    ];
    assert_statuses(&run, &skipped);
    // The skip ends with the branch: who reads the `Option` and who only waits for it runs.
    assert_statuses(
        &run,
        &[("add_3.when", Status::Completed), ("describe", Status::Completed)],
    );
    assert_statuses(&run, &[("note", Status::Cached)]);
    assert!(run.step("square").unwrap().error().unwrap().contains("not taken"));
}

#[pipeline]
fn constant_branch(yes: bool) -> (Artifact<Option<i64>>, Artifact<Option<i64>>) {
    when(yes, || (add(1, 1), add(2, 2)))
}

#[tokio::test]
async fn a_branch_may_return_several_handles_and_depend_on_a_parameter() {
    let stack = memory();
    let (a, b) = constant_branch(true)
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap()
        .output()
        .await
        .unwrap();
    assert_eq!((*a, *b), (Some(2), Some(4)));
    let (a, b) = constant_branch(false)
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap()
        .output()
        .await
        .unwrap();
    assert_eq!((*a, *b), (None, None));
}

#[pipeline]
fn effects_only() -> (Artifact<Vec<()>>, Artifact<Option<()>>) {
    let done = list(vec![1, 2, 3]).each(|x| {
        square(x);
    });
    let branch = when(positive(1), || {
        square(9);
    });
    (done, branch)
}

#[tokio::test]
async fn closures_may_return_nothing() {
    let (stack, calls) = counting();
    let run = effects_only().on(&stack).quiet().run().await.unwrap();
    let (done, branch) = run.output().await.unwrap();
    assert_eq!((done.len(), branch.is_some(), calls.get()), (3, true, 4));
}

#[step]
fn fails_on_two(x: i64) -> Result<i64> {
    match x {
        2 => Err("two is too much".into()),
        x => Ok(x),
    }
}

#[pipeline]
fn failing_element() -> Artifact<i64> {
    sum(list(vec![1, 2, 3]).each(|x| fails_on_two(x)))
}

#[tokio::test]
async fn a_failing_element_stops_what_needs_the_list_and_not_the_other_elements() {
    let stack = memory();
    let error = failing_element().on(&stack).quiet().run().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`fails_on_two[1]` failed: two is too much"),
        "{error}"
    );
    let run = Client::of(stack).run(error.run().unwrap()).unwrap();
    let expected = [
        ("fails_on_two[0]", Status::Completed),
        ("fails_on_two[1]", Status::Failed),
        ("fails_on_two[2]", Status::Completed),
        ("fails_on_two.each", Status::Skipped),
        ("sum", Status::Skipped),
    ];
    assert_statuses(&run, &expected);
}

#[pipeline]
fn identity() -> (Artifact<Vec<i64>>, Artifact<Option<i64>>) {
    let x = add(20, 22);
    (list(vec![4, 5]).each(|x| x), when(true, || x))
}

#[tokio::test]
async fn a_closure_may_return_a_handle_it_was_given_or_found() {
    let run = identity().on(&memory()).quiet().run().await.unwrap();
    let (list, x) = run.output().await.unwrap();
    assert_eq!((list.as_slice(), *x), (&[4, 5][..], Some(42)));
}
