//! Removing what nobody needs; [`crate::metadata::upkeep`] tells how. One room each for what is needed by others (`needs`), what goes
//! (`plan`), the marks, their sweep, the slots of schedules, the objects of the artifact store, and the holds.

pub(super) mod holds;
pub(super) mod marks;
pub(super) mod needs;
pub(super) mod objects;
mod plan;
pub(super) mod slots;
pub(super) mod sweep;

pub(super) use plan::plan;

/// The queries that are made once for each run, artifact or object, and the index each must use.
#[cfg(test)]
pub(super) fn queries() -> impl Iterator<Item = (&'static str, &'static str)> {
    [
        (plan::ADOPTED, "step_by_run"),
        (plan::USED, "step_by_run"),
        (plan::STEPS, "step_by_run"),
        (sweep::USED, "edge_by_artifact (artifact=?"),
        (sweep::LOGS, "log USING PRIMARY KEY (step=? AND line=?)"),
        (sweep::METRICS, "metric_by_step (step=?"),
        (sweep::REMEMBER, "artifact_by_run"),
        (slots::NEWER, "slot_by_schedule (schedule=? AND (last,id)>(?,?))"),
        (needs::SLOTS, "slot_by_state (state=?)"),
        (objects::MARK, "condemned_object USING PRIMARY KEY (digest=?"),
    ]
    .into_iter()
}
