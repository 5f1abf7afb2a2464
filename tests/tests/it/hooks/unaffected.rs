//! Hooks are no part of the graph's hash, of a step's key, or of what is cached.

use zen_core::graph::GraphBuilder;
use zen_core::prelude::*;
use zen_core::testing::{assert_cached, assert_executed};

use super::notes::{archive, notify, noting, page};

mod before {
    use zen_core::prelude::*;

    #[step]
    pub fn grown(value: u32) -> u32 {
        value + 1
    }
}

mod after {
    use zen_core::prelude::*;

    use crate::hooks::notes::{archive, notify};

    #[step(on_success(notify, archive), on_failure = notify)]
    pub fn grown(value: u32) -> u32 {
        value + 1
    }
}

#[pipeline]
fn without(value: u32) -> Artifact<u32> {
    before::grown(value)
}

#[pipeline(on_success = archive)]
fn with(value: u32) -> Artifact<u32> {
    before::grown(value).on_success(notify).on_failure(page)
}

#[test]
fn the_code_of_a_step_is_that_of_its_function() {
    use zen_core::Tracked as _;
    assert_eq!(before::grown::CODE, after::grown::CODE);
}

#[test]
fn the_hash_of_a_graph_is_that_of_its_steps() {
    let of = |hooks: bool| {
        let body = |graph: &mut GraphBuilder| {
            let definition = match hooks {
                true => before::grown::definition().on_success(notify).on_failure(page),
                false => before::grown::definition(),
            };
            let step = graph.add(definition).value("value", 1_u32).finish();
            graph.typed::<u32>(step.output("output"))
        };
        let pipeline = Pipeline::build("built", body);
        let pipeline = match hooks {
            true => pipeline.on_success(notify),
            false => pipeline,
        };
        (
            pipeline.graph().unwrap().hash(),
            pipeline.to_json().unwrap()["hash"].clone(),
        )
    };
    assert_eq!(of(true), of(false));
}

#[tokio::test]
async fn with_other_hooks_everything_stays_cached() {
    let (stack, notes) = noting();
    let run = without(4).on(&stack).quiet().run().await.unwrap();
    assert_executed(&run, &["grown"]);
    let run = with(4).on(&stack).quiet().run().await.unwrap();
    assert_cached(&run, &["grown"]);
    assert_eq!(notes.take(), ["archive: run completed"]);
    let run = with(5).on(&stack).quiet().run().await.unwrap();
    assert_executed(&run, &["grown"]);
    assert_eq!(
        notes.take(),
        ["notify: grown completed", "archive: run completed"]
    );
    let run = without(5)
        .on(&stack)
        .quiet()
        .on_success(page)
        .run()
        .await
        .unwrap();
    assert_cached(&run, &["grown"]);
}
