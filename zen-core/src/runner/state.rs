//! Which step is next: the part of a run that knows the graph and does nothing.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use uuid::Uuid;

use super::FailurePolicy;
use super::held::Held;
use super::logs::Said;
use crate::artifact::Digest;
use crate::graph::{
    Binding, Elements, Graph, Node, NodeId, NodeKind, Parameter, ScopeId, Source, StepFailure,
};
use crate::metadata::Status;

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
}

#[derive(Debug)]
pub(crate) struct State {
    graph: Arc<Graph>,
    policy: FailurePolicy,
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
}

impl State {
    pub(crate) fn new(graph: Arc<Graph>, policy: FailurePolicy) -> Self {
        let mut state = Self {
            graph: Arc::clone(&graph),
            policy,
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

    fn within_element(&self, id: InstanceId) -> bool {
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
            step: Uuid::now_v7(),
            said: Arc::default(),
            started: None,
            body: None,
            bypass: None,
        }));
        self.unfinished += nodes.len();
        index
    }

    fn wire(&mut self, scope: usize) {
        let graph = Arc::clone(&self.graph);
        let first = self.scopes[scope].first;
        for (position, node) in graph.scope(self.scopes[scope].scope).nodes.iter().enumerate() {
            let id = first + position;
            let node = graph.get(*node);
            if matches!(node.kind, NodeKind::Element { .. }) {
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
                self.drop_instance(id, Status::Skipped, reason);
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
        let instance = &mut self.instances[id];
        if instance.phase == Phase::Waiting && instance.pending == 0 {
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

    /// The next attempt to make, if there is one.
    pub(crate) fn next(&mut self) -> Option<Task> {
        if self.stopping.is_some() {
            return None;
        }
        let id = self.ready.pop_front()?;
        let instance = &mut self.instances[id];
        instance.phase = Phase::Running;
        instance.attempt += 1;
        instance.started = Some(Instant::now());
        self.running += 1;
        let work = self.work(id);
        let instance = &self.instances[id];
        Some(Task {
            instance: id,
            node: instance.node,
            name: self.name(id),
            step: instance.step,
            said: Arc::clone(&instance.said),
            attempt: instance.attempt,
            element: self.within_element(id),
            bypass: instance.bypass.clone(),
            work,
        })
    }

    fn work(&self, id: InstanceId) -> Work {
        let graph = &self.graph;
        let instance = &self.instances[id];
        let node = graph.get(instance.node);
        let inputs = || {
            node.inputs
                .iter()
                .map(|input| self.input(instance.scope, &input.name, &input.binding))
                .collect()
        };
        match (&node.kind, &instance.body) {
            (NodeKind::Stored { .. } | NodeKind::Element { .. }, _) => Work::Stored,
            (NodeKind::Step, _) => Work::Step { inputs: inputs() },
            (NodeKind::Each { elements, .. }, None) => {
                let mut inputs: Vec<_> = inputs();
                match inputs.pop() {
                    Some(vector) => Work::Expand {
                        extract: self.outer_elements(&vector),
                        vector,
                        elements: elements.clone(),
                    },
                    None => Work::Step { inputs },
                }
            }
            (NodeKind::When { .. }, None) => {
                let mut inputs: Vec<_> = inputs();
                match inputs.pop() {
                    Some(condition) => Work::Branch { condition },
                    None => Work::Step { inputs },
                }
            }
            (NodeKind::Each { results, .. }, Some(body)) => {
                let mut inputs = Vec::with_capacity(results.len() * body.len());
                for result in results {
                    inputs.extend(
                        body.iter()
                            .map(|scope| self.slot_input(*scope, "element", *result)),
                    );
                }
                if results.is_empty() {
                    inputs = units(body.len());
                }
                Work::Step { inputs }
            }
            (NodeKind::When { results, .. }, Some(body)) => {
                let scopes = body.iter();
                let inputs = scopes.flat_map(|scope| {
                    results
                        .iter()
                        .map(|result| self.slot_input(*scope, "branch", *result))
                });
                let inputs: Vec<_> = inputs.collect();
                Work::Step {
                    inputs: if results.is_empty() {
                        units(body.len())
                    } else {
                        inputs
                    },
                }
            }
        }
    }

    /// How to take elements out of the vector that this input is itself an element of.
    fn outer_elements(&self, input: &TaskInput) -> Option<Elements> {
        let InputFrom::Slot { slot, producer, .. } = &input.from else {
            return None;
        };
        slot.element?;
        let NodeKind::Element { each } = &self.node(*producer).kind else {
            return None;
        };
        match &self.graph.get(*each).kind {
            NodeKind::Each { elements, .. } => Some(elements.clone()),
            _ => None,
        }
    }

    fn input(&self, scope: usize, name: &str, binding: &Binding) -> TaskInput {
        match binding {
            Binding::Output(source) => self.slot_input(scope, name, *source),
            Binding::Value(value) => TaskInput {
                name: name.to_owned(),
                from: InputFrom::Value(Arc::clone(value)),
            },
        }
    }

    fn slot_input(&self, scope: usize, name: &str, source: Source) -> TaskInput {
        let producer = self.find(scope, source.node);
        let instance = &self.instances[producer];
        let slot = instance.outputs[source.output as usize].clone();
        let last = instance.readers.get(source.output as usize) == Some(&1) && slot.element.is_none();
        TaskInput {
            name: name.to_owned(),
            from: InputFrom::Slot { slot, producer, last },
        }
    }

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
    fn leave(&mut self, id: InstanceId) -> bool {
        match self.instances[id].phase {
            Phase::Running => {
                self.running -= 1;
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

    fn count(&mut self, status: Status) {
        match self.counts.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((status, 1)),
        }
    }

    /// Marks the end, lets go what was read, and tells who waits. A list instead of recursion: chains are long.
    fn end(&mut self, id: InstanceId, status: Status) {
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
                    self.note_not_run(waiter, Status::Skipped, reason);
                    // Closed at once: it may wait for this one by several edges.
                    self.close(waiter, Status::Skipped);
                    ended.push((waiter, Status::Skipped));
                }
            }
        }
    }

    fn close(&mut self, id: InstanceId, status: Status) {
        self.instances[id].phase = Phase::Ended(status);
        self.unfinished -= 1;
    }

    /// Ends an instance that is not running, and all that depends on it.
    fn drop_instance(&mut self, id: InstanceId, status: Status, reason: String) {
        if matches!(self.instances[id].phase, Phase::Waiting | Phase::Ready) {
            self.note_not_run(id, status, reason);
            self.end(id, status);
        }
    }

    fn note_not_run(&mut self, id: InstanceId, status: Status, reason: String) {
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
                self.note_not_run(id, status, reason.clone());
                self.instances[id].phase = Phase::Ended(status);
                self.unfinished -= 1;
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
    fn skip_branch(&mut self, graph: &Graph, body: ScopeId, owner: InstanceId) {
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
                    step: Uuid::now_v7(),
                    status: Status::Skipped,
                    reason: reason.clone(),
                    element,
                });
                scopes.extend(node.body().map(|(scope, _)| scope));
            }
        }
    }

    fn open_body(&mut self, id: InstanceId, runs: Vec<Option<(usize, Slot)>>) {
        if !self.leave(id) {
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
        let mut scopes = Vec::with_capacity(runs.len());
        for run in runs {
            let element = run.as_ref().map(|(index, _)| *index);
            let scope = self.open(body, Some(parent), element);
            scopes.push(scope);
            if let Some((_, slot)) = run {
                // The element stands first in its scope.
                let first = self.scopes[scope].first;
                self.instances[first].outputs = vec![slot];
                self.instances[first].phase = Phase::Ended(Status::Completed);
                self.unfinished -= 1;
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
                if self.instances[producer].scope != *scope {
                    self.wait_for(id, producer, true);
                }
            }
        }
        self.enqueue_if_ready(id);
    }

    /// An input of `id` can't be read: its producer runs again, and `id` after it. Returns false when that has been tried.
    pub(crate) fn make_again(&mut self, id: InstanceId, producer: InstanceId, reason: String) -> bool {
        let can = matches!(
            self.node(producer).kind,
            NodeKind::Step | NodeKind::Each { .. } | NodeKind::When { .. }
        );
        let waiting = matches!(self.instances[producer].phase, Phase::Ended(_));
        if !can || (waiting && self.instances[producer].bypass.is_some()) || self.stopping.is_some() {
            return false;
        }
        self.instances[id].attempt -= 1;
        self.pause(id, Phase::Waiting);
        if waiting {
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

/// Stands for the results of a closure that returned nothing: only how often it ran counts.
fn units(count: usize) -> Vec<TaskInput> {
    let Ok(unit) = Parameter::new(()).map(Arc::new) else {
        return Vec::new();
    };
    let input = || TaskInput {
        name: "done".into(),
        from: InputFrom::Value(Arc::clone(&unit)),
    };
    std::iter::repeat_with(input).take(count).collect()
}
