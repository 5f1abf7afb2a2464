//! A graph while the pipeline's body runs.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::check::{check_circles, check_name, graph_hash};
use super::node::{Binding, CallOptions, NodeInput, NodeKind, NodeOutput, Scope, ScopeId, Source};
use super::{
    Graph, GraphError, InputSource, Node, NodeHandle, NodeId, OutputRef, Parameter, Place, StepDefinition,
};
use crate::artifact::ErasedCodec;

/// A graph while the pipeline's body runs. Mistakes are collected and reported by [`finish`](Self::finish).
#[derive(Debug)]
pub(crate) struct Building {
    pub(crate) graph: u32,
    pipeline: String,
    place: Place,
    nodes: Vec<Node>,
    /// The names given by `named`, and where.
    explicit: HashMap<NodeId, (String, Place)>,
    after_places: Vec<(NodeId, Place)>,
    scopes: Vec<Scope>,
    current: ScopeId,
    errors: Vec<GraphError>,
}

impl Building {
    pub(crate) fn new(pipeline: String, place: Place) -> Self {
        // 0 is for handles made outside any pipeline.
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Self {
            graph: NEXT.fetch_add(1, Ordering::Relaxed).max(1),
            pipeline,
            place,
            nodes: Vec::new(),
            explicit: HashMap::new(),
            after_places: Vec::new(),
            scopes: vec![Scope {
                parent: None,
                nodes: Vec::new(),
                captures: Vec::new(),
            }],
            current: 0,
            errors: Vec::new(),
        }
    }

    pub(crate) fn fail(&mut self, error: GraphError) {
        self.errors.push(error);
    }

    /// Adds a node that executes a step.
    pub(crate) fn add_step(
        &mut self,
        definition: StepDefinition,
        inputs: Vec<InputSource>,
        place: Place,
    ) -> NodeHandle {
        let name = definition.name.clone();
        let id = self.add_node(name, NodeKind::Step, place);
        let inputs = self.bind(&definition, inputs, place);
        self.define(id, definition, inputs);
        NodeHandle {
            graph: self.graph,
            node: id,
        }
    }

    /// Adds a node without definition and inputs.
    pub(crate) fn add_node(&mut self, name: String, kind: NodeKind, place: Place) -> NodeId {
        let id = self.nodes.len() as NodeId;
        let scope = &mut self.scopes[self.current as usize];
        let position = scope.nodes.len() as u32;
        scope.nodes.push(id);
        self.nodes.push(Node {
            id,
            name,
            kind,
            definition: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
            after: Vec::new(),
            options: CallOptions::default(),
            scope: self.current,
            position,
            place,
        });
        id
    }

    pub(crate) fn define(&mut self, id: NodeId, definition: StepDefinition, inputs: Vec<NodeInput>) {
        let node = &mut self.nodes[id as usize];
        node.outputs = definition
            .outputs
            .iter()
            .map(|spec| NodeOutput {
                name: spec.name.clone(),
                codec: Arc::clone(&spec.codec),
                artifact: None,
                logged: false,
            })
            .collect();
        node.inputs = inputs;
        node.definition = Some(Arc::new(definition));
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id as usize]
    }

    /// Opens the scope of an `each` or a `when`; [`leave`](Self::leave) closes it.
    pub(crate) fn enter(&mut self, owner: NodeId) -> ScopeId {
        let scope = self.scopes.len() as ScopeId;
        self.scopes.push(Scope {
            parent: Some((self.current, owner)),
            nodes: Vec::new(),
            captures: Vec::new(),
        });
        self.current = scope;
        scope
    }

    /// Closes the current scope.
    pub(crate) fn leave(&mut self) {
        if let Some((parent, _)) = self.scopes[self.current as usize].parent {
            self.current = parent;
        }
    }

    /// The last step inside a fan-out or branch, which names it: `train.each`.
    fn last_inside(&self, node: &Node) -> Option<NodeId> {
        let (body, _) = node.body()?;
        let inside = self.scopes[body as usize].nodes.iter().rev();
        inside
            .copied()
            .find(|id| self.nodes[*id as usize].definition.is_some())
    }

    /// Checks a handle that is used in the current scope.
    pub(crate) fn resolve(&mut self, reference: OutputRef, place: Place) -> Option<Source> {
        let scope = self.current;
        let node = self.visible(reference.node, scope, place)?;
        let source = Source {
            node,
            output: reference.output,
        };
        let from = self.nodes[node as usize].scope;
        let mut inner = scope;
        while inner != from {
            let scope = &mut self.scopes[inner as usize];
            if !scope.captures.contains(&source) {
                scope.captures.push(source);
            }
            let Some((parent, _)) = scope.parent else { break };
            inner = parent;
        }
        Some(source)
    }

    /// The node behind a handle, when it can be seen from `scope`.
    fn visible(&mut self, handle: NodeHandle, scope: ScopeId, place: Place) -> Option<NodeId> {
        let reason = if handle.graph == 0 {
            "it was made outside a pipeline: call the step in a function marked `#[pipeline]`".to_owned()
        } else if handle.graph != self.graph || handle.node as usize >= self.nodes.len() {
            "it belongs to another pipeline: use `latest` or `version` to take an artifact from another run"
                .to_owned()
        } else {
            let node = &self.nodes[handle.node as usize];
            if self.encloses(node.scope, scope) {
                return Some(handle.node);
            }
            let owner = self.scopes[node.scope as usize]
                .parent
                .map(|(_, owner)| &self.nodes[owner as usize]);
            match owner {
                Some(owner) => format!(
                    "`{}` was made in the closure at {}, and only what the closure returns can be used outside",
                    node.name, owner.place
                ),
                None => "it can't be seen from here".to_owned(),
            }
        };
        self.errors.push(GraphError::ForeignHandle { place, reason });
        None
    }

    fn encloses(&self, outer: ScopeId, inner: ScopeId) -> bool {
        let mut scope = Some(inner);
        while let Some(id) = scope {
            if id == outer {
                return true;
            }
            scope = self.scopes[id as usize].parent.map(|(parent, _)| parent);
        }
        false
    }

    fn bind(
        &mut self,
        definition: &StepDefinition,
        inputs: Vec<InputSource>,
        place: Place,
    ) -> Vec<NodeInput> {
        let names: Vec<_> = definition.input_names().map(str::to_owned).collect();
        let mut bound = Vec::with_capacity(inputs.len());
        for (index, input) in inputs.into_iter().enumerate() {
            let name = names.get(index).cloned().unwrap_or_else(|| index.to_string());
            let binding = match input {
                InputSource::Handle(reference) => self.resolve(reference, place).map(Binding::Output),
                InputSource::Value(parameter) => Some(Binding::Value(parameter)),
                InputSource::Broken(reason) => {
                    self.errors.push(GraphError::Parameter {
                        step: definition.name.clone(),
                        parameter: name.clone(),
                        place,
                        reason,
                    });
                    None
                }
            };
            // A node with a mistake stays in place, so that later mistakes are found too.
            if let Some(binding) = binding.or_else(nothing) {
                bound.push(NodeInput { name, binding });
            }
        }
        bound
    }

    /// The node of a handle whose options are being set.
    pub(crate) fn own(&mut self, handle: NodeHandle, place: Place) -> Option<NodeId> {
        if handle.graph == self.graph && (handle.node as usize) < self.nodes.len() {
            return Some(handle.node);
        }
        let reason = match handle.graph {
            0 => "it was made outside a pipeline: call the step in a function marked `#[pipeline]`",
            _ => "it belongs to another pipeline, whose body has ended",
        };
        self.errors.push(GraphError::ForeignHandle {
            place,
            reason: reason.into(),
        });
        None
    }

    pub(crate) fn rename(&mut self, handle: NodeHandle, name: String, place: Place) {
        let Some(id) = self.own(handle, place) else { return };
        if let Err(reason) = check_name(&name) {
            self.errors.push(GraphError::BadName { name, place, reason });
            return;
        }
        self.explicit.insert(id, (name, place));
    }

    pub(crate) fn after(&mut self, handle: NodeHandle, other: NodeHandle, place: Place) {
        let Some(id) = self.own(handle, place) else { return };
        let scope = self.nodes[id as usize].scope;
        let Some(other) = self.visible(other, scope, place) else {
            return;
        };
        self.nodes[id as usize].after.push(other);
        self.after_places.push((id, place));
    }

    pub(crate) fn set_codec(&mut self, reference: OutputRef, codec: Arc<dyn ErasedCodec>, place: Place) {
        let Some(id) = self.own(reference.node, place) else {
            return;
        };
        let node = &mut self.nodes[id as usize];
        match (&node.kind, node.outputs.get_mut(reference.output as usize)) {
            (NodeKind::Step | NodeKind::Each { .. } | NodeKind::When { .. }, Some(output)) => {
                output.codec = codec
            }
            _ => self.errors.push(GraphError::Option {
                step: node.name.clone(),
                option: "materializer",
                place,
                reason: "it belongs on the handle that a step returned".into(),
            }),
        }
    }

    pub(crate) fn publish(&mut self, reference: OutputRef, name: String, place: Place) {
        let Some(id) = self.own(reference.node, place) else {
            return;
        };
        if let Err(reason) = check_name(&name) {
            self.errors.push(GraphError::BadName { name, place, reason });
            return;
        }
        if let Some(output) = self.nodes[id as usize].outputs.get_mut(reference.output as usize) {
            output.artifact = Some(name);
        }
    }

    pub(crate) fn log_output(&mut self, reference: OutputRef, place: Place) {
        let Some(id) = self.own(reference.node, place) else {
            return;
        };
        if let Some(output) = self.nodes[id as usize].outputs.get_mut(reference.output as usize) {
            output.logged = true;
        }
    }

    /// Names the nodes, checks the whole, and closes it.
    pub(crate) fn finish(mut self, outputs: &[OutputRef]) -> Result<Graph, GraphError> {
        let place = self.place;
        self.current = 0;
        if let Err(reason) = check_name(&self.pipeline) {
            self.errors.push(GraphError::BadName {
                name: self.pipeline.clone(),
                place,
                reason,
            });
        }
        let outputs: Vec<_> = outputs
            .iter()
            .filter_map(|output| self.resolve(*output, place))
            .collect();
        if self.nodes.iter().all(|node| node.definition.is_none())
            && self.errors.is_empty()
            && outputs.is_empty()
        {
            self.errors.push(GraphError::Empty {
                pipeline: self.pipeline.clone(),
                place,
            });
        }
        self.name_nodes();
        self.check_options();
        if self.errors.is_empty()
            && let Err(error) = check_circles(&self.nodes, &self.scopes, &self.after_places)
        {
            self.errors.push(error);
        }
        if self.errors.len() > 1 {
            return Err(GraphError::Several {
                pipeline: self.pipeline,
                errors: self.errors,
            });
        }
        if let Some(error) = self.errors.pop() {
            return Err(error);
        }
        let hash = graph_hash(&self.pipeline, &self.nodes, &outputs);
        Ok(Graph {
            nodes: self.nodes,
            scopes: self.scopes,
            outputs,
            hash,
        })
    }

    /// Gives every node its final name: the explicit ones first, then `trainer`, `trainer_2`.. in order.
    fn name_nodes(&mut self) {
        let mut taken: HashMap<String, Place> = HashMap::new();
        for node in &mut self.nodes {
            let Some((name, place)) = self.explicit.get(&node.id) else {
                continue;
            };
            if let Some(first) = taken.get(name) {
                self.errors.push(GraphError::DuplicateName {
                    name: name.clone(),
                    place: *place,
                    first: *first,
                });
            }
            taken.insert(name.clone(), *place);
            node.name.clone_from(name);
        }
        let mut counters: HashMap<String, u32> = HashMap::new();
        // Fan-outs and branches are named after a step inside, which comes later and so has its name when the list is gone
        // through backwards; but steps are numbered in the order of the calls.
        let owners: Vec<_> = self
            .nodes
            .iter()
            .filter(|node| node.body().is_some())
            .map(|node| node.id)
            .collect();
        let steps: Vec<_> = self
            .nodes
            .iter()
            .filter(|node| node.body().is_none())
            .map(|node| node.id)
            .collect();
        for id in steps.into_iter().chain(owners.into_iter().rev()) {
            if let Some(last) = self.last_inside(&self.nodes[id as usize]) {
                let name = format!(
                    "{}.{}",
                    self.nodes[last as usize].name, self.nodes[id as usize].name
                );
                if !self.explicit.contains_key(&id) {
                    self.nodes[id as usize].name = name;
                }
            }
            let node = &mut self.nodes[id as usize];
            if self.explicit.contains_key(&node.id) {
                continue;
            }
            if let Err(reason) = check_name(&node.name) {
                self.errors.push(GraphError::BadName {
                    name: node.name.clone(),
                    place: node.place,
                    reason,
                });
            }
            let counter = counters.entry(node.name.clone()).or_insert(0);
            loop {
                *counter += 1;
                let name = match *counter {
                    1 => node.name.clone(),
                    n => format!("{}_{n}", node.name),
                };
                if !taken.contains_key(&name) {
                    taken.insert(name.clone(), node.place);
                    node.name = name;
                    break;
                }
            }
        }
    }

    fn check_options(&mut self) {
        for node in &self.nodes {
            let Some(definition) = &node.definition else {
                if !node.options.hooks.is_empty() {
                    self.errors.push(GraphError::Option {
                        step: node.name.clone(),
                        option: "hook",
                        place: node.place,
                        reason: "it is no step: nothing is executed that a hook could be called after".into(),
                    });
                }
                continue;
            };
            let mut wrong = |option, reason: String| {
                self.errors.push(GraphError::Option {
                    step: node.name.clone(),
                    option,
                    place: node.place,
                    reason,
                });
            };
            if matches!(definition.body, super::definition::StepBody::Missing) {
                wrong(
                    "body",
                    "the definition has none: call `sync` or `asynchronous`".into(),
                );
            }
            let policies = [&node.options.cache, &definition.cache];
            for name in policies
                .iter()
                .filter_map(|policy| policy.ignore.as_ref())
                .flatten()
            {
                if !definition.inputs.iter().any(|input| input.name == *name) {
                    let known: Vec<_> = definition.input_names().collect();
                    wrong(
                        "cache policy",
                        format!(
                            "there is no argument `{name}` to ignore (there is: {})",
                            known.join(", ")
                        ),
                    );
                }
            }
            let retries = [node.options.retry, definition.retry];
            if retries
                .iter()
                .flatten()
                .any(|retry| !(retry.backoff.is_finite() && retry.backoff > 0.0))
            {
                wrong("retry", "the backoff factor must be a positive number".into());
            }
            if let Some(fault) = node.options.isolation.over(&definition.isolation).fault() {
                wrong("isolation", fault);
            }
            let asked = [&node.options.isolation, &definition.isolation];
            if let Some(reason) = definition.stays
                && asked.iter().find_map(|isolation| isolation.process) == Some(true)
            {
                wrong(
                    "isolation",
                    format!("it can't run in a process of its own: {reason}"),
                );
            }
            let timeouts = [node.options.timeout, definition.timeout];
            if timeouts.iter().flatten().any(|timeout| timeout.is_zero()) {
                wrong("timeout", "it must be longer than nothing".into());
            }
        }
    }
}

fn nothing() -> Option<Binding> {
    Parameter::new(())
        .ok()
        .map(|parameter| Binding::Value(Arc::new(parameter)))
}
