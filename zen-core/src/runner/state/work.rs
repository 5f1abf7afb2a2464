//! What is to be done for an instance.

use super::*;
use crate::graph::{Binding, Elements, NodeKind, Parameter, Source};
use std::sync::Arc;
use std::time::Instant;

impl State {
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
        self.count_begun(id);
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

    pub(super) fn work(&self, id: InstanceId) -> Work {
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
    pub(super) fn outer_elements(&self, input: &TaskInput) -> Option<Elements> {
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

    pub(super) fn input(&self, scope: usize, name: &str, binding: &Binding) -> TaskInput {
        match binding {
            Binding::Output(source) => self.slot_input(scope, name, *source),
            Binding::Value(value) => TaskInput {
                name: name.to_owned(),
                from: InputFrom::Value(Arc::clone(value)),
            },
        }
    }

    pub(super) fn slot_input(&self, scope: usize, name: &str, source: Source) -> TaskInput {
        let producer = self.find(scope, source.node);
        let instance = &self.instances[producer];
        let slot = instance.outputs[source.output as usize].clone();
        let last = instance.readers.get(source.output as usize) == Some(&1) && slot.element.is_none();
        TaskInput {
            name: name.to_owned(),
            from: InputFrom::Slot { slot, producer, last },
        }
    }
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
