//! What of a run's records the tracker gets.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use uuid::Uuid;

use super::queue::{Item, Queue};
use crate::graph::{Graph, parameters_json};
use crate::metadata::{Change, MetricRecord, RunRecord, Status, StepRecord};
use crate::tracking::TrackedMetric;

/// Hears what has been recorded, in its order.
#[derive(Debug)]
pub(super) struct Feed {
    /// The outputs that are to be put there, by the node and the output's name, with what they are called: a step's only one by the step alone.
    logged: HashMap<(u32, String), String>,
    /// The names of the steps that are under way.
    names: Mutex<HashMap<Uuid, String>>,
}

impl Feed {
    pub(super) fn of(graph: &Graph) -> Self {
        let logged = graph.nodes().iter().flat_map(|node| {
            let only = node.outputs.len() == 1;
            let called = move |name: &str| if only { String::new() } else { name.to_owned() };
            let outputs = node.outputs.iter().filter(|output| output.logged);
            outputs.map(move |output| ((node.id(), output.name.clone()), called(&output.name)))
        });
        Self {
            logged: logged.collect(),
            names: Mutex::default(),
        }
    }

    pub(super) fn hear(&self, changes: &[Change], queue: &Queue) {
        for change in changes {
            match change {
                Change::Step(step) => self.step(step, queue),
                Change::Metric(metric) => {
                    let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(step) = names.get(&metric.step) {
                        queue.put(Item::Metric(tracked(step, metric)));
                    }
                }
                _ => {}
            }
        }
    }

    fn step(&self, step: &StepRecord, queue: &Queue) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if !step.status.is_final() {
            names.entry(step.id).or_insert_with(|| step.name.clone());
            return;
        }
        names.remove(&step.id);
        drop(names);
        if step.status == Status::Cached
            && let Some(source) = step.source_step
        {
            let step = step.name.clone();
            queue.put(Item::Adopted { step, source });
        }
        if !step.status.is_success() || self.logged.is_empty() {
            return;
        }
        for output in &step.outputs {
            if let Some(called) = self.logged.get(&(step.node, output.name.clone())) {
                queue.put(Item::Artifact {
                    step: step.name.clone(),
                    output: called.clone(),
                    artifact: output.artifact,
                });
            }
        }
    }
}

/// The value as the tracker gets it.
pub(super) fn tracked(step: &str, metric: &MetricRecord) -> TrackedMetric {
    TrackedMetric {
        step: step.to_owned(),
        name: metric.name.clone(),
        value: metric.value,
        at: metric.time,
        index: i64::try_from(metric.position).unwrap_or(i64::MAX),
    }
}

/// The arguments of the pipeline by their names, and the parameters of its steps as `step.name`.
pub(super) fn parameters(run: &RunRecord, graph: &Graph) -> Vec<(String, String)> {
    let arguments = fields(&run.arguments).map(|(name, value)| (name.clone(), text(value)));
    let of_steps = graph.nodes().iter().flat_map(|node| {
        let parameters = parameters_json(node);
        let named = fields(&parameters).map(|(name, value)| (format!("{}.{name}", node.name()), text(value)));
        named.collect::<Vec<_>>()
    });
    let mut seen = HashSet::new();
    let all = arguments.chain(of_steps);
    all.filter(|(name, _)| seen.insert(name.clone())).collect()
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// As people would write it.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
