//! Where there are no processes of ours: the run is refused before it comes here.

use super::*;
use crate::graph::{ContextFacts, Isolation, Node, StepDefinition, StepEvents};
use crate::runner::core::RunCore;
use crate::runner::state::{Task, TaskInput};

/// There is none.
pub(super) struct Isolated {
    pub(super) isolation: Isolation,
    pub(super) inputs: std::convert::Infallible,
}

impl RunCore {
    pub(in crate::runner) fn isolation(&self, _: &Node, _: &StepDefinition) -> Option<Isolation> {
        None
    }

    pub(super) fn execute_isolated(
        self: &Arc<Self>,
        _: Task,
        _: Prepared,
        isolated: Isolated,
        _: ContextFacts,
        _: Arc<dyn StepEvents>,
        _: &[TaskInput],
    ) {
        match isolated.inputs {}
    }

    pub(super) fn to_send(
        self: &Arc<Self>,
        _: &Task,
        _: &Node,
        _: &[TaskInput],
    ) -> Option<std::convert::Infallible> {
        None
    }
}
