//! How instances end, and what that does to those that wait.

use super::*;
use crate::graph::{NodeKind, StepFailure};
use crate::metadata::Status;
use crate::runner::FailurePolicy;
use std::sync::Arc;

impl State {
    /// The instance ended well, with these outputs.
    pub(crate) fn succeed(&mut self, id: InstanceId, status: Status, outputs: Vec<Slot>) {
        if !self.leave(id) {
            return;
        }
        let instance = &mut self.instances[id];
        instance.outputs = outputs;
        for (slot, readers) in instance.outputs.iter().zip(&instance.readers) {
            if *readers == 0 && slot.element.is_none() {
                slot.held.release();
            }
        }
        if !matches!(
            self.node(id).kind,
            NodeKind::Stored { .. } | NodeKind::Element { .. }
        ) {
            self.count(status);
        }
        self.end(id, status);
    }

    /// Whether the instance was being worked on, which then is over.
    pub(super) fn leave(&mut self, id: InstanceId) -> bool {
        match self.instances[id].phase {
            Phase::Running => {
                self.running -= 1;
                self.count_stopped(id);
                true
            }
            Phase::Pausing | Phase::Lingering => true,
            _ => false,
        }
    }

    /// The instance ended badly.
    pub(crate) fn fail(&mut self, id: InstanceId, failure: StepFailure) {
        if !self.leave(id) {
            return;
        }
        let name = self.name(id);
        if self.first_failure.is_none() {
            self.first_failure = Some((name.clone(), failure));
        }
        self.count(Status::Failed);
        self.end(id, Status::Failed);
        if self.policy == FailurePolicy::FailFast {
            self.stop(Status::Skipped, format!("not run because `{name}` failed"));
        }
    }

    /// The instance was stopped on request.
    pub(crate) fn cancelled(&mut self, id: InstanceId) {
        if self.leave(id) {
            self.count(Status::Cancelled);
            self.end(id, Status::Cancelled);
        }
    }

    pub(super) fn count(&mut self, status: Status) {
        match self.counts.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((status, 1)),
        }
    }

    /// Marks the end, lets go what was read, and tells who waits. A list instead of recursion: chains are long.
    pub(super) fn end(&mut self, id: InstanceId, status: Status) {
        self.close(id, status);
        let mut ended = vec![(id, status)];
        while let Some((id, status)) = ended.pop() {
            let graph = Arc::clone(&self.graph);
            let node = graph.get(self.instances[id].node);
            let scope = self.instances[id].scope;
            for source in reads(&graph, node) {
                self.release(scope, source);
            }
            for body in self.instances[id].body.clone().unwrap_or_default() {
                for source in node.body().map(|(_, results)| results).unwrap_or_default() {
                    self.release(body, *source);
                }
            }
            let waiters = std::mem::take(&mut self.instances[id].waiters);
            for (waiter, value) in waiters {
                if self.instances[waiter].phase != Phase::Waiting {
                    continue;
                }
                if self.lets_pass(status, value) {
                    self.instances[waiter].pending -= 1;
                    self.enqueue_if_ready(waiter);
                } else {
                    let reason = format!("not run because `{}` did not succeed", self.name(id));
                    self.note_not_run(waiter, Status::Skipped, reason, Some(id));
                    // Closed at once: it may wait for this one by several edges.
                    self.close(waiter, Status::Skipped);
                    ended.push((waiter, Status::Skipped));
                }
            }
        }
    }

    pub(super) fn close(&mut self, id: InstanceId, status: Status) {
        self.instances[id].phase = Phase::Ended(status);
        self.unfinished -= 1;
        self.count_ended(id, status);
    }

    /// Ends an instance that is not running, and all that depends on it.
    pub(super) fn drop_instance(
        &mut self,
        id: InstanceId,
        status: Status,
        reason: String,
        upstream: Option<InstanceId>,
    ) {
        if matches!(self.instances[id].phase, Phase::Waiting | Phase::Ready) {
            self.note_not_run(id, status, reason, upstream);
            self.end(id, status);
        }
    }

    pub(super) fn note_not_run(
        &mut self,
        id: InstanceId,
        status: Status,
        reason: String,
        upstream: Option<InstanceId>,
    ) {
        let node = self.node(id);
        if node.definition.is_none() {
            return;
        }
        let (node, step) = (node.id(), self.instances[id].step);
        self.count(status);
        let (name, element) = (self.name(id), self.within_element(id));
        self.not_run.push(NotRun {
            node,
            name,
            step,
            status,
            reason,
            element,
            upstream,
        });
    }

    /// Nothing new starts; what waits ends with this status.
    pub(crate) fn stop(&mut self, status: Status, reason: String) {
        if self.stopping.is_some() {
            return;
        }
        self.stopping = Some((status, reason.clone()));
        self.ready.clear();
        for id in 0..self.instances.len() {
            if matches!(self.instances[id].phase, Phase::Waiting | Phase::Ready) {
                // Its own waiters come by themselves: all that wait end here.
                self.note_not_run(id, status, reason.clone(), None);
                self.close(id, status);
            }
        }
    }
}
