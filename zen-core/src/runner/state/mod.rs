//! Which step is next: the part of a run that knows the graph and does nothing.

mod again;
mod bodies;
mod elements;
mod ending;
mod only;
mod work;

use elements::{FanOut, Membership};
pub(crate) use only::Only;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::artifact::Digest;
use crate::graph::{
    Binding, Elements, Graph, Node, NodeId, NodeKind, Parameter, ScopeId, Source, StepFailure,
};
use crate::metadata::Status;
use crate::runner::FailurePolicy;
use crate::runner::held::Held;
use crate::runner::logs::Said;

/// A node in one of the places where it runs: nodes inside `each` have one for every element.
pub(crate) type InstanceId = usize;

/// One run of a scope: the pipeline itself, or the body of an `each` for one element or of a `when`.
#[derive(Debug)]
struct ScopeRun {
    scope: ScopeId,
    parent: Option<usize>,
    /// The instance of the scope's first own node; the others follow.
    first: InstanceId,
    /// Which element, for a body of `each`.
    element: Option<usize>,
    /// The fan-out it belongs to.
    member: Option<Membership>,
    /// How many of its own instances have not ended.
    left: usize,
    /// One of its steps, or of the scopes inside it, has failed; kept for the elements of the outermost fan-outs.
    failed: bool,
}

/// An output that can be read.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) held: Arc<Held>,
    /// The held value is a vector of which this element is meant.
    pub(crate) element: Option<usize>,
    pub(crate) digest: Digest,
    /// For the record: which artifact version, and which element of it.
    pub(crate) artifact: Uuid,
    pub(crate) artifact_element: Option<usize>,
}

impl From<Arc<Held>> for Slot {
    /// All of what is held.
    fn from(held: Arc<Held>) -> Self {
        Self {
            digest: held.digest,
            artifact: held.artifact,
            held,
            element: None,
            artifact_element: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// For other instances.
    Waiting,
    /// In the queue.
    Ready,
    /// An attempt is being made.
    Running,
    /// Between two attempts.
    Pausing,
    /// A body that was given up still runs, and the next attempt waits for it.
    Lingering,
    /// Ended.
    Ended(Status),
}

#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) node: NodeId,
    scope: usize,
    pub(crate) phase: Phase,
    pending: usize,
    /// Who waits for it; `true` for those that read a value of it.
    waiters: Vec<(InstanceId, bool)>,
    pub(crate) outputs: Vec<Slot>,
    readers: Vec<u32>,
    pub(crate) attempt: u32,
    pub(crate) step: Uuid,
    pub(crate) said: Arc<Said>,
    pub(crate) started: Option<Instant>,
    /// For `each` and `when`: the runs of the body, once it is known how many.
    body: Option<Vec<usize>>,
    /// Why the cache must not be used: its adopted output turned out to be unreadable.
    pub(crate) bypass: Option<String>,
}

/// What is to be done for an instance.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Find the stored artifact.
    Stored,
    /// Look at the vector of `each`: how many elements, and their digests.
    Expand {
        vector: TaskInput,
        elements: Elements,
        extract: Option<Elements>,
    },
    /// Look at the condition of `when`.
    Branch { condition: TaskInput },
    /// Execute the definition, or take its outputs from the cache.
    Step { inputs: Vec<TaskInput> },
}

/// One input of a task.
#[derive(Debug, Clone)]
pub(crate) struct TaskInput {
    pub(crate) name: String,
    pub(crate) from: InputFrom,
}

#[derive(Debug, Clone)]
pub(crate) enum InputFrom {
    Slot {
        slot: Slot,
        /// Who made it, to be asked again when it can't be read.
        producer: InstanceId,
        /// Nobody else will read it.
        last: bool,
    },
    Value(Arc<Parameter>),
}

/// One attempt of one instance.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) instance: InstanceId,
    pub(crate) node: NodeId,
    pub(crate) name: String,
    pub(crate) step: Uuid,
    pub(crate) said: Arc<Said>,
    pub(crate) attempt: u32,
    pub(crate) element: bool,
    pub(crate) bypass: Option<String>,
    pub(crate) work: Work,
}

/// An instance that ended without having been executed.
#[derive(Debug, Clone)]
pub(crate) struct NotRun {
    pub(crate) node: NodeId,
    pub(crate) name: String,
    pub(crate) step: Uuid,
    pub(crate) status: Status,
    pub(crate) reason: String,
    pub(crate) element: bool,
    /// Whom it waited for, when it ended because that one did not succeed.
    pub(crate) upstream: Option<InstanceId>,
}

#[derive(Debug)]
pub(crate) struct State {
    graph: Arc<Graph>,
    policy: FailurePolicy,
    /// The one step that is to be run, if not all are.
    only: Option<Arc<Only>>,
    instances: Vec<Instance>,
    scopes: Vec<ScopeRun>,
    ready: VecDeque<InstanceId>,
    /// Became ready since somebody last looked.
    fresh: Vec<InstanceId>,
    pub(crate) running: usize,
    unfinished: usize,
    pub(crate) counts: Vec<(Status, usize)>,
    pub(crate) first_failure: Option<(String, StepFailure)>,
    /// Nothing new starts any more, and why.
    pub(crate) stopping: Option<(Status, String)>,
    /// To be recorded.
    pub(crate) not_run: Vec<NotRun>,
    fan_outs: Vec<FanOut>,
}

impl State {
    pub(crate) fn new(graph: Arc<Graph>, policy: FailurePolicy, only: Option<Arc<Only>>) -> Self {
        let mut state = Self {
            graph: Arc::clone(&graph),
            policy,
            only,
            instances: Vec::new(),
            scopes: Vec::new(),
            ready: VecDeque::new(),
            fresh: Vec::new(),
            running: 0,
            unfinished: 0,
            counts: Vec::new(),
            first_failure: None,
            stopping: None,
            not_run: Vec::new(),
            fan_outs: Vec::new(),
        };
        let top = state.open(0, None, None);
        // The pipeline's outputs are for whoever started the run.
        for source in &graph.outputs {
            state.add_readers(top, *source, 1);
        }
        state.wire(top);
        state
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.unfinished == 0
    }

    pub(crate) fn instance(&mut self, id: InstanceId) -> &mut Instance {
        &mut self.instances[id]
    }

    /// How long its attempt has taken so far.
    pub(crate) fn took(&self, id: InstanceId) -> Option<Duration> {
        self.instances[id].started.map(|started| started.elapsed())
    }

    fn node(&self, id: InstanceId) -> &Node {
        self.graph.get(self.instances[id].node)
    }

    /// The step's name in the run: with the numbers of the elements around it.
    pub(crate) fn name(&self, id: InstanceId) -> String {
        let mut name = self.node(id).name().to_owned();
        let mut elements = Vec::new();
        let mut scope = Some(self.instances[id].scope);
        while let Some(index) = scope {
            elements.extend(self.scopes[index].element);
            scope = self.scopes[index].parent;
        }
        for element in elements.iter().rev() {
            name.push_str(&format!("[{element}]"));
        }
        name
    }

    pub(crate) fn within_element(&self, id: InstanceId) -> bool {
        let mut scope = Some(self.instances[id].scope);
        while let Some(index) = scope {
            if self.scopes[index].element.is_some() {
                return true;
            }
            scope = self.scopes[index].parent;
        }
        false
    }

    /// Makes the instances of a scope; [`wire`](Self::wire) makes them wait for what they need.
    fn open(&mut self, scope: ScopeId, parent: Option<usize>, element: Option<usize>) -> usize {
        let graph = Arc::clone(&self.graph);
        let index = self.scopes.len();
        let nodes = &graph.scope(scope).nodes;
        self.scopes.push(ScopeRun {
            scope,
            parent,
            first: self.instances.len(),
            element,
            member: None,
            left: nodes.len(),
            failed: false,
        });
        self.instances.extend(nodes.iter().map(|node| Instance {
            node: *node,
            scope: index,
            phase: Phase::Waiting,
            pending: 0,
            waiters: Vec::new(),
            outputs: Vec::new(),
            readers: vec![0; graph.get(*node).outputs.len()],
            attempt: 0,
            step: crate::ids::next(),
            said: Arc::default(),
            started: None,
            body: None,
            bypass: None,
        }));
        self.unfinished += nodes.len();
        self.leave_out(self.scopes[index].first);
        index
    }

    fn wire(&mut self, scope: usize) {
        let graph = Arc::clone(&self.graph);
        let first = self.scopes[scope].first;
        for (position, node) in graph.scope(self.scopes[scope].scope).nodes.iter().enumerate() {
            let id = first + position;
            let node = graph.get(*node);
            if matches!(node.kind, NodeKind::Element { .. })
                || matches!(self.instances[id].phase, Phase::Ended(_))
            {
                continue;
            }
            for source in reads(&graph, node) {
                self.add_readers(scope, source, 1);
            }
            let values = node.inputs.iter().filter_map(|input| match &input.binding {
                Binding::Output(source) => Some((source.node, true)),
                Binding::Value(_) => None,
            });
            let waits: Vec<_> = values
                .chain(node.after.iter().map(|node| (*node, false)))
                .collect();
            for (other, value) in waits {
                let other = self.find(scope, other);
                self.wait_for(id, other, value);
            }
            self.enqueue_if_ready(id);
        }
    }

    /// Makes `id` wait for `other`, unless that has ended: then what it ended with counts.
    fn wait_for(&mut self, id: InstanceId, other: InstanceId, value: bool) {
        match self.instances[other].phase {
            Phase::Ended(status) if self.lets_pass(status, value) => {}
            Phase::Ended(_) => {
                let reason = format!("not run because `{}` did not succeed", self.name(other));
                self.drop_instance(id, Status::Skipped, reason, Some(other));
            }
            _ => {
                self.instances[id].pending += 1;
                self.instances[other].waiters.push((id, value));
            }
        }
    }

    fn lets_pass(&self, status: Status, value: bool) -> bool {
        match status {
            status if status.is_success() => true,
            // A branch that wasn't taken: nobody reads a value of it from outside, waiting for it is over.
            Status::Skipped | Status::Failed | Status::Cancelled => {
                !value && self.policy == FailurePolicy::Continue
            }
            _ => false,
        }
    }

    fn enqueue_if_ready(&mut self, id: InstanceId) {
        let only_opened = self.is_only_opened(id);
        let instance = &mut self.instances[id];
        if instance.phase == Phase::Waiting && instance.pending == 0 {
            if let Some(reason) = only_opened {
                return self.drop_instance(id, Status::Skipped, reason, None);
            }
            instance.phase = Phase::Ready;
            self.ready.push_back(id);
            self.fresh.push(id);
        }
    }

    /// The steps that have become ready since the last call and still wait for a free slot. Those of elements of a fan-out, of which
    /// there may be very many, are left out.
    pub(crate) fn newly_queued(&mut self) -> Vec<(NodeId, String, Uuid)> {
        let fresh = std::mem::take(&mut self.fresh);
        let queued = fresh.into_iter().filter(|id| {
            self.instances[*id].phase == Phase::Ready
                && self.node(*id).definition.is_some()
                && !self.within_element(*id)
        });
        queued
            .map(|id| (self.instances[id].node, self.name(id), self.instances[id].step))
            .collect()
    }

    /// The instance of a node that is visible from a scope's run.
    fn find(&self, scope: usize, node: NodeId) -> InstanceId {
        let wanted = self.graph.get(node);
        let mut index = scope;
        while self.scopes[index].scope != wanted.scope {
            match self.scopes[index].parent {
                Some(parent) => index = parent,
                None => break,
            }
        }
        self.scopes[index].first + wanted.position as usize
    }

    fn add_readers(&mut self, scope: usize, source: Source, count: u32) {
        let id = self.find(scope, source.node);
        if let Some(readers) = self.instances[id].readers.get_mut(source.output as usize) {
            *readers += count;
        }
    }

    fn release(&mut self, scope: usize, source: Source) {
        let id = self.find(scope, source.node);
        let instance = &mut self.instances[id];
        let index = source.output as usize;
        if let Some(readers) = instance.readers.get_mut(index) {
            *readers = readers.saturating_sub(1);
            if *readers == 0
                && let Some(slot) = instance.outputs.get(index)
                && slot.element.is_none()
            {
                slot.held.release();
            }
        }
    }

    /// The attempts that are being made.
    pub(crate) fn under_way(&self) -> Vec<InstanceId> {
        let busy = |instance: &Instance| {
            matches!(instance.phase, Phase::Running | Phase::Pausing | Phase::Lingering)
        };
        (0..self.instances.len())
            .filter(|id| busy(&self.instances[*id]))
            .collect()
    }

    /// The slots of the pipeline's outputs, as far as they exist.
    pub(crate) fn outputs(&self) -> Vec<Option<Slot>> {
        let slot = |source: &Source| {
            let id = self.find(0, source.node);
            self.instances[id].outputs.get(source.output as usize).cloned()
        };
        self.graph.outputs.iter().map(slot).collect()
    }
}

/// The outputs a node keeps alive until it has ended: its inputs, and for a fan-out or branch what its body reads from outside.
fn reads(graph: &Graph, node: &Node) -> Vec<Source> {
    let inputs = node.inputs.iter().filter_map(|input| match &input.binding {
        Binding::Output(source) => Some(*source),
        Binding::Value(_) => None,
    });
    let captures = node
        .body()
        .map(|(body, _)| graph.scope(body).captures.as_slice())
        .unwrap_or_default();
    inputs.chain(captures.iter().copied()).collect()
}
