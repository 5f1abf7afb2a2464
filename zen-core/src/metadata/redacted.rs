//! Changes without secrets.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    ArtifactRecord, Change, RunRecord, ServiceRecord, ServiceStatus, ServiceVersionRecord, StepRecord,
    TrackingRecord,
};
use crate::secrets::{is_redacting, redact_json, redact_string};

/// The changes as a store writes them: without the [secrets](crate::secrets) that were handed out in this process, in all that is kept for people.
///
/// Every implementation of [`MetadataStore`](super::MetadataStore) applies what this makes of the changes it is given. Here and not where the
/// texts come from, so that no text is forgotten. What programs read is left as it is: identities, names that are looked up, paths, URIs,
/// configurations and the bytes of artifacts.
pub fn redacted(changes: &[Change]) -> Cow<'_, [Change]> {
    if !is_redacting() {
        return Cow::Borrowed(changes);
    }
    let mut changes = changes.to_vec();
    changes.iter_mut().for_each(redact_change);
    Cow::Owned(changes)
}

/// No `_` at the end: whoever adds a change says what of it is for people.
fn redact_change(change: &mut Change) {
    match change {
        Change::RunStarted { run, graph } => {
            redact_run(run);
            graph.iter_mut().for_each(redact_json);
        }
        Change::RunEnded { error, .. } => redact_some(error),
        Change::RunDied { error, .. } => redact_string(error),
        Change::Step(step) => redact_step(step),
        Change::Artifact(artifact) => redact_artifact(artifact),
        Change::Metric(metric) => redact_string(&mut metric.name),
        Change::Log(log) => {
            redact_string(&mut log.target);
            redact_string(&mut log.message);
        }
        Change::CancelRequested { by, .. } => redact_string(by),
        Change::Service(service) => redact_service(service),
        Change::ServiceObserved { status, .. } => redact_status(status),
        Change::ServiceVersion(version) => redact_version(version),
        Change::Slot(slot) => redact_some(&mut slot.reason),
        Change::Hook(hook) => redact_some(&mut hook.error),
        Change::Tracking(tracking) => redact_tracking(tracking),
        Change::Schedule(schedule) => {
            redact_json(&mut schedule.arguments);
            redact_some(&mut schedule.reason);
        }
        Change::RunProgram { .. }
        | Change::Object { .. }
        | Change::ReplaceObject { .. }
        | Change::ServiceVersionsPruned { .. }
        | Change::ServiceDeleted { .. }
        | Change::ScheduleDeleted { .. }
        | Change::SlotWithdrawn { .. }
        | Change::SlotFenced { .. }
        | Change::Scheduler(_)
        | Change::SchedulerEnded { .. }
        | Change::Fenced { .. } => {}
    }
}

fn redact_run(run: &mut RunRecord) {
    redact_string(&mut run.name);
    redact_json(&mut run.arguments);
    redact_some(&mut run.error);
    run.tags.iter_mut().for_each(redact_string);
}

fn redact_step(step: &mut StepRecord) {
    step.key_fields
        .iter_mut()
        .for_each(|(_, shown)| redact_string(shown));
    redact_some(&mut step.cache_note);
    redact_json(&mut step.parameters);
    redact_some(&mut step.error);
    redact_facts(&mut step.metadata);
}

fn redact_artifact(artifact: &mut ArtifactRecord) {
    redact_some(&mut artifact.summary);
    for column in artifact.statistics.iter_mut().flat_map(|it| &mut it.columns) {
        redact_string(&mut column.name);
        let ends = [&mut column.min, &mut column.max];
        ends.into_iter().flatten().for_each(redact_json);
    }
    artifact.tags.iter_mut().for_each(redact_string);
    redact_facts(&mut artifact.metadata);
}

fn redact_tracking(tracking: &mut TrackingRecord) {
    let undelivered = tracking.undelivered.iter_mut();
    undelivered.for_each(|undelivered| redact_string(&mut undelivered.what));
    redact_some(&mut tracking.error);
}

fn redact_service(service: &mut ServiceRecord) {
    redact_status(&mut service.status);
}

fn redact_status(status: &mut ServiceStatus) {
    redact_some(&mut status.last_error);
}

fn redact_version(version: &mut ServiceVersionRecord) {
    redact_some(&mut version.error);
}

fn redact_some(text: &mut Option<String>) {
    text.iter_mut().for_each(redact_string);
}

fn redact_facts(facts: &mut BTreeMap<String, Value>) {
    let redacted = std::mem::take(facts).into_iter().map(|(mut name, mut value)| {
        redact_string(&mut name);
        redact_json(&mut value);
        (name, value)
    });
    *facts = redacted.collect();
}
