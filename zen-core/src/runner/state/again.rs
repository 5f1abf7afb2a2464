//! Instances that are worked on more than once.

use super::*;
use crate::graph::NodeKind;
use std::sync::Arc;

impl State {
    /// The attempt is over and another one follows later.
    pub(crate) fn pause(&mut self, id: InstanceId, phase: Phase) {
        if self.leave(id) {
            self.instances[id].phase = phase;
        }
    }

    /// The pause is over.
    pub(crate) fn resume(&mut self, id: InstanceId) {
        if matches!(self.instances[id].phase, Phase::Pausing | Phase::Lingering) {
            self.instances[id].phase = Phase::Ready;
            self.ready.push_back(id);
        }
    }

    /// An input of `id`, which was `lost`, can't be read: its producer runs again, and `id` after it. Returns false when that has
    /// been tried.
    pub(crate) fn make_again(
        &mut self,
        id: InstanceId,
        producer: InstanceId,
        lost: &Arc<Held>,
        reason: String,
    ) -> bool {
        let ended = matches!(self.instances[producer].phase, Phase::Ended(_));
        let remade = ended
            && !self.instances[producer]
                .outputs
                .iter()
                .any(|slot| Arc::ptr_eq(&slot.held, lost));
        if remade && self.stopping.is_none() {
            // Another reader found the damage first, and it is mended: this one only has to look again.
            self.instances[id].attempt -= 1;
            self.pause(id, Phase::Ready);
            self.ready.push_back(id);
            return true;
        }
        let can = matches!(
            self.node(producer).kind,
            NodeKind::Step | NodeKind::Each { .. } | NodeKind::When { .. }
        );
        if !can || (ended && self.instances[producer].bypass.is_some()) || self.stopping.is_some() {
            return false;
        }
        self.instances[id].attempt -= 1;
        self.pause(id, Phase::Waiting);
        if ended {
            let graph = Arc::clone(&self.graph);
            let scope = self.instances[producer].scope;
            for source in reads(&graph, graph.get(self.instances[producer].node)) {
                self.add_readers(scope, source, 1);
            }
            if let Phase::Ended(status) = self.instances[producer].phase
                && let Some((_, count)) = self.counts.iter_mut().find(|(known, _)| *known == status)
            {
                *count -= 1;
            }
            self.unfinished += 1;
            self.count_again(producer);
            let instance = &mut self.instances[producer];
            instance.bypass = Some(reason);
            instance.phase = Phase::Ready;
            // A new record: the one that was adopted stays as it was.
            instance.attempt = 0;
            self.ready.push_back(producer);
        }
        self.instances[id].pending += 1;
        self.instances[producer].waiters.push((id, true));
        true
    }
}
