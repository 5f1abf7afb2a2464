//! Running one step: which others that takes.

use super::*;
use crate::graph::{Graph, NodeId, NodeKind, ScopeId};

/// What a node is there for, when one step is to be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It is the step, or something that the step needs.
    Needed,
    /// Its body is opened, because the step stands in it; what the body makes isn't collected.
    Opened,
    /// Nothing.
    Left,
}

/// The one step that is to be run, with what it needs.
#[derive(Debug, Clone)]
pub(crate) struct Only {
    step: NodeId,
    roles: Vec<Role>,
    /// Why the others aren't run.
    reason: String,
}

impl Only {
    pub(crate) fn new(graph: &Graph, step: NodeId) -> Self {
        let mut only = Self {
            step,
            roles: vec![Role::Left; graph.nodes().len()],
            reason: format!(
                "not run because only `{}` was asked for, which doesn't need it",
                graph.get(step).name()
            ),
        };
        // A list instead of recursion: chains are long.
        let mut needed = vec![step];
        while let Some(id) = needed.pop() {
            if only.role(id) == Role::Needed {
                continue;
            }
            only.roles[id as usize] = Role::Needed;
            let node = graph.get(id);
            needed.extend(node.dependencies());
            if let Some((body, results)) = node.body() {
                needed.extend(results.iter().map(|result| result.node));
                needed.extend(graph.scope(body).nodes.iter().copied());
            }
            only.open_around(graph, node.scope, &mut needed);
        }
        only
    }

    /// The closures around a step are opened, for which their own inputs are needed.
    fn open_around(&mut self, graph: &Graph, scope: ScopeId, needed: &mut Vec<NodeId>) {
        let mut around = graph.scope(scope).parent;
        while let Some((scope, owner)) = around {
            if self.role(owner) == Role::Left {
                self.roles[owner as usize] = Role::Opened;
                needed.extend(graph.get(owner).dependencies());
            }
            around = graph.scope(scope).parent;
        }
    }

    fn role(&self, node: NodeId) -> Role {
        self.roles[node as usize]
    }

    /// Whether it is the step itself.
    pub(crate) fn is_step(&self, node: NodeId) -> bool {
        self.step == node
    }

    /// Why a node isn't run, if it isn't.
    pub(crate) fn leaves(&self, node: NodeId) -> Option<&str> {
        (self.role(node) == Role::Left).then_some(self.reason.as_str())
    }
}

impl State {
    /// Ends the instances of a scope, from `first` on, that the step to be run doesn't need.
    pub(super) fn leave_out(&mut self, first: InstanceId) {
        let Some(only) = self.only.clone() else { return };
        for id in first..self.instances.len() {
            let node = self.node(id);
            // An element is there as soon as its scope is.
            if matches!(node.kind, NodeKind::Element { .. }) {
                continue;
            }
            if let Some(reason) = only.leaves(node.id()) {
                self.note_not_run(id, Status::Skipped, reason.to_owned(), None);
                self.close(id, Status::Skipped);
            }
        }
    }

    /// Whether all that was wanted of a fan-out or branch is what stands inside. Then it ends without having collected anything.
    pub(super) fn is_only_opened(&self, id: InstanceId) -> Option<String> {
        let only = self.only.as_ref()?;
        let opened = only.role(self.instances[id].node) == Role::Opened && self.instances[id].body.is_some();
        opened.then(|| only.reason.clone())
    }
}
