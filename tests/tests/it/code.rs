//! What counts as the code of a step, as compiled: each file of the folder is a variant of `base.rs`.

use zen_core::prelude::*;
use zen_core::{Tracked, tracked};

mod base;
mod constant;
mod deeper;
mod depends_one;
mod depends_two;
mod helper;
mod literal;
#[rustfmt::skip]
mod reformatted;
mod unrelated;

#[tracked]
#[allow(dead_code)]
pub fn tracked_one() -> u32 {
    1
}

#[tracked]
#[allow(dead_code)]
pub fn tracked_two() -> u32 {
    2
}

#[test]
fn formatting_comments_and_trailing_commas_do_not_count() {
    assert_eq!(
        <base::train as Tracked>::CODE,
        <reformatted::train as Tracked>::CODE
    );
}

#[test]
fn an_unrelated_function_of_the_file_does_not_count() {
    assert_eq!(
        <base::train as Tracked>::CODE,
        <unrelated::train as Tracked>::CODE
    );
}

#[test]
fn literals_helpers_and_constants_count() {
    let base = <base::train as Tracked>::CODE;
    let changed = [
        ("literal", <literal::train as Tracked>::CODE),
        ("helper", <helper::train as Tracked>::CODE),
        ("a helper's helper", <deeper::train as Tracked>::CODE),
        ("constant", <constant::train as Tracked>::CODE),
    ];
    changed
        .iter()
        .for_each(|(what, code)| assert_ne!(base, *code, "a changed {what} went unnoticed"));
}

#[pipeline]
fn with_dependencies() -> Artifact<Vec<u32>> {
    gather([depends_one::train(1, 2), depends_two::train(1, 2)])
}

#[tokio::test]
async fn depends_adds_what_lies_elsewhere() {
    // The attribute itself isn't code.
    assert_eq!(
        <base::train as Tracked>::CODE,
        <depends_one::train as Tracked>::CODE
    );
    let run = with_dependencies()
        .on(&crate::support::memory())
        .quiet()
        .run()
        .await
        .unwrap();
    let field = |step: &str| {
        let fields = run.step(step).unwrap().record().key_fields.clone();
        fields
            .into_iter()
            .find(|(name, _)| name.starts_with("depends."))
            .unwrap()
            .1
    };
    assert_ne!(field("train"), field("train_2"));
    assert_eq!(field("train"), <tracked_one as Tracked>::CODE);
}
