//! Whether steps that are to run in processes of their own can.

use super::RunError;
use crate::graph::{Graph, Isolation, Pipeline};
use crate::stack::Stack;

/// Looks before anything starts.
pub(super) fn check<O>(
    pipeline: &Pipeline<O>,
    graph: &Graph,
    run: &Isolation,
    stack: Option<&Stack>,
) -> Result<(), RunError> {
    let first = graph.nodes().iter().find(|node| {
        node.definition.as_ref().is_some_and(|definition| {
            let asked = run.over(&node.options.isolation).over(&definition.isolation);
            asked.process == Some(true) && definition.stays.is_none()
        })
    });
    let Some(node) = first else {
        return Ok(());
    };
    match run.fault().or_else(|| obstacle(pipeline, stack)) {
        None => Ok(()),
        Some(reason) => Err(RunError::Isolation {
            pipeline: pipeline.name.clone(),
            step: node.name().to_owned(),
            reason,
        }),
    }
}

#[cfg(unix)]
fn obstacle<O>(pipeline: &Pipeline<O>, stack: Option<&Stack>) -> Option<String> {
    if pipeline.path.is_none() {
        return Some(
            "another process couldn't build the pipeline again: it has to be a function marked `#[pipeline]` whose arguments are of \
             concrete serde types"
                .into(),
        );
    }
    if let Some(reason) = pipeline.arguments.unrecorded() {
        return Some(format!(
            "another process couldn't build the pipeline again: {reason}"
        ));
    }
    let other = stack.is_some_and(Stack::has_program);
    (!other && !super::worker::is_hooked()).then(|| {
        "the process would be this program again: mark its `main` with `#[zen_core::main]`, or call `zen_core::runner::run_if_worker()` \
         first thing in it"
            .into()
    })
}

#[cfg(not(unix))]
fn obstacle<O>(_: &Pipeline<O>, _: Option<&Stack>) -> Option<String> {
    Some("this system is not supported: it needs Linux or macOS".into())
}
