//! The bodies of fan-outs and branches.

use super::*;
use crate::artifact::Digest;
use crate::graph::{Graph, ScopeId};
use crate::metadata::Status;
use std::sync::Arc;

impl State {
    /// The vector of an `each` is known: makes its body once for every element.
    pub(crate) fn expand(&mut self, id: InstanceId, vector: &Slot, digests: &[Digest]) {
        let elements = digests.iter().enumerate().map(|(index, digest)| {
            let nested = vector.element.is_some() || vector.artifact_element.is_some();
            let slot = Slot {
                held: Arc::clone(&vector.held),
                element: Some(index),
                digest: *digest,
                artifact: vector.artifact,
                // An element of an element is recorded as the outer element.
                artifact_element: if nested {
                    vector.artifact_element
                } else {
                    Some(index)
                },
            };
            Some((index, slot))
        });
        let elements: Vec<_> = elements.collect();
        self.open_body(id, elements);
    }

    /// The condition of a `when` is known.
    pub(crate) fn branch(&mut self, id: InstanceId, taken: bool) {
        if taken {
            self.open_body(id, vec![None]);
            return;
        }
        let graph = Arc::clone(&self.graph);
        if let Some((body, _)) = graph.get(self.instances[id].node).body() {
            self.skip_branch(&graph, body, id);
        }
        self.open_body(id, Vec::new());
    }

    /// Records the steps of a branch that isn't taken, with those of branches and fan-outs inside.
    pub(super) fn skip_branch(&mut self, graph: &Graph, body: ScopeId, owner: InstanceId) {
        let suffix = self.name(owner)[self.node(owner).name().len()..].to_owned();
        let reason = format!("the branch `{}` was not taken", self.name(owner));
        let element = self.within_element(owner);
        let mut scopes = vec![body];
        while let Some(scope) = scopes.pop() {
            for node in graph.scope(scope).nodes.iter().map(|id| graph.get(*id)) {
                if node.definition.is_none() {
                    continue;
                }
                self.count(Status::Skipped);
                self.not_run.push(NotRun {
                    node: node.id(),
                    name: format!("{}{suffix}", node.name()),
                    step: crate::ids::next(),
                    status: Status::Skipped,
                    reason: reason.clone(),
                    element,
                    upstream: None,
                });
                scopes.extend(node.body().map(|(scope, _)| scope));
            }
        }
    }

    pub(super) fn open_body(&mut self, id: InstanceId, runs: Vec<Option<(usize, Slot)>>) {
        if !self.leave(id) {
            return;
        }
        if let Some((status, reason)) = self.stopping.clone() {
            // The run was stopped while its input was being looked at: what would be made now, nobody would end.
            self.note_not_run(id, status, reason, None);
            self.end(id, status);
            return;
        }
        let graph = Arc::clone(&self.graph);
        let owner = graph.get(self.instances[id].node);
        let Some((body, results)) = owner.body() else {
            return;
        };
        let parent = self.instances[id].scope;
        // The collecting is its first attempt; this one only looked at the input.
        self.instances[id].attempt = 0;
        self.instances[id].phase = Phase::Waiting;
        let fan_out = self.open_fan_out(id, runs.len());
        let mut scopes = Vec::with_capacity(runs.len());
        for run in runs {
            let element = run.as_ref().map(|(index, _)| *index);
            let scope = self.open(body, Some(parent), element);
            self.join(scope, fan_out);
            scopes.push(scope);
            if let Some((_, slot)) = run {
                // The element stands first in its scope.
                let first = self.scopes[scope].first;
                self.instances[first].outputs = vec![slot];
                self.close(first, Status::Completed);
            }
            for result in results {
                self.add_readers(scope, *result, 1);
            }
        }
        self.instances[id].body = Some(scopes.clone());
        for scope in &scopes {
            let first = self.scopes[*scope].first;
            for inner in first..first + graph.scope(body).nodes.len() {
                if !matches!(self.instances[inner].phase, Phase::Ended(_)) {
                    self.instances[id].pending += 1;
                    self.instances[inner].waiters.push((id, true));
                }
            }
        }
        for scope in &scopes {
            self.wire(*scope);
            for result in results {
                // The closure may have returned a handle from outside, which may not be ready yet.
                let producer = self.find(*scope, result.node);
                if self.instances[producer].scope != *scope && self.is_only_opened(id).is_none() {
                    self.wait_for(id, producer, true);
                }
            }
        }
        self.enqueue_if_ready(id);
    }
}
