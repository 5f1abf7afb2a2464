//! Continuing an interrupted or failed run.

use std::collections::HashMap;

use uuid::Uuid;

use super::RunError;
use crate::artifact::Digest;
use crate::client::ClientError;
use crate::metadata::{RunFilter, Status, StepRecord};
use crate::stack::Stack;

/// Which run to continue.
#[derive(Debug, Clone, Copy)]
pub(super) enum Resume {
    Run(Uuid),
    Last,
}

/// The finished steps of a run, by name.
pub(super) type Finished = HashMap<String, StepRecord>;

/// The finished steps of the run to continue.
pub(super) fn resumed(
    stack: &Stack,
    pipeline: &str,
    graph: Digest,
    resume: Option<Resume>,
) -> Result<Option<(Uuid, Finished)>, RunError> {
    let metadata = stack.metadata();
    let record = match resume {
        None => return Ok(None),
        Some(Resume::Run(run)) => metadata.run(run)?.ok_or(ClientError::NoRun(run))?,
        Some(Resume::Last) => {
            let filter = RunFilter {
                pipeline: Some(pipeline.to_owned()),
                limit: Some(1),
                ..RunFilter::default()
            };
            match metadata.runs(&filter)?.pop() {
                Some(last) if last.status != Status::Completed && last.graph_hash == graph => last,
                _ => return Ok(None),
            }
        }
    };
    let refuse = |reason: String| {
        Err(RunError::Resume {
            run: record.id,
            reason,
        })
    };
    if record.pipeline != pipeline {
        return refuse(format!(
            "it is a run of pipeline `{}`, not of `{pipeline}`",
            record.pipeline
        ));
    }
    if record.graph_hash != graph {
        return refuse(
            "the pipeline's graph has changed since: run it anew, and unchanged steps come from the cache"
                .into(),
        );
    }
    if !record.status.is_final() {
        return refuse(format!(
            "it is {} in process {} on {}",
            record.status, record.pid, record.host
        ));
    }
    let mut finished = Finished::new();
    let mut next = Some(record.id);
    while let Some(run) = next {
        for step in metadata
            .steps(run)?
            .into_iter()
            .filter(|step| step.status.is_success())
        {
            // The newest run comes first, and counts.
            finished.entry(step.name.clone()).or_insert(step);
        }
        // That run may have been interrupted before it came to all that it was to adopt.
        next = metadata.run(run)?.and_then(|run| run.resumed_from);
    }
    Ok(Some((record.id, finished)))
}
