//! Setting options and parameters of a graph's steps.

use std::sync::Arc;

use serde_json::Value;

use super::error::{ConfigError, ConfigPlace};
use super::merge::changed;
use super::overrides::Overrides;
use super::step::StepConfig;
use crate::artifact::bare_type_name;
use crate::graph::{Binding, Graph, Node, NodeId, NodeKind, Pipeline};
use crate::near::choices;
use crate::table::join;

impl<O> Pipeline<O> {
    /// The pipeline with these options and parameters of its steps, which are recorded with its arguments.
    pub(crate) fn overridden(mut self, overrides: &Overrides) -> Result<Self, ConfigError> {
        if overrides.is_empty() {
            return Ok(self);
        }
        let mut shared = self.graph.clone()?;
        let graph = Arc::make_mut(&mut shared);
        for node in &mut graph.nodes {
            node.options.cache = overrides.cache.over(&node.options.cache);
        }
        for (name, config) in &overrides.steps {
            let path = join("steps", name);
            let node = find_step(&self.name, graph, name).map_err(|reason| ConfigError::UnknownStep {
                place: ConfigPlace::of(path.clone()),
                pipeline: self.name.clone(),
                step: name.clone(),
                reason,
            })?;
            set_options(&mut graph.nodes[node as usize], config, &path)?;
            for (argument, value) in &config.parameters {
                let place = ConfigPlace::of(join(&join(&path, "parameters"), argument));
                set_parameter(graph, node, argument, value, place)?;
            }
        }
        self.graph = Ok(shared);
        self.arguments.overridden(overrides.record());
        Ok(self)
    }
}

/// The node of a step by its name in the run, of a step inside a closure by its template's; or else, in words, what there is.
pub(crate) fn find_step(pipeline: &str, graph: &Graph, name: &str) -> Result<NodeId, String> {
    let steps = || {
        graph
            .nodes()
            .iter()
            .filter(|node| matches!(node.kind, NodeKind::Step))
    };
    if let Some(node) = steps().find(|node| node.name() == name) {
        return Ok(node.id());
    }
    if let Some((template, _)) = name.split_once('[')
        && steps().any(|node| node.name() == template)
    {
        return Err(format!(
            "it is an element of a fan-out: name the step `{template}`, which stands for all its elements"
        ));
    }
    if let Some(node) = graph.node(name) {
        return Err(match node.definition {
            Some(_) => format!(
                "at {} it only collects what steps make: name one of them",
                node.place()
            ),
            None => format!(
                "at {} it is an artifact, which no step of `{pipeline}` makes",
                node.place()
            ),
        });
    }
    let known: Vec<&str> = steps().map(Node::name).collect();
    Err(choices(name, &known))
}

fn set_options(node: &mut Node, config: &StepConfig, path: &str) -> Result<(), ConfigError> {
    let wrong = |key: &str, reason: String| ConfigError::Setting {
        place: ConfigPlace::of(join(path, key)),
        reason,
    };
    let options = &mut node.options;
    options.cache = config.cache.over(&options.cache);
    options.retry = config.retry.or(options.retry);
    options.timeout = config.timeout.or(options.timeout);
    options.isolation = config.isolation.over(&options.isolation);
    options.tags.extend(config.tags.iter().cloned());
    let Some(definition) = &node.definition else {
        return Ok(());
    };
    let known: Vec<&str> = definition.input_names().collect();
    let ignored = config.cache.ignore.iter().flatten();
    for name in ignored {
        if !known.contains(&name.as_str()) {
            let choices = choices(name, &known);
            return Err(wrong(
                "cache",
                format!(
                    "names the argument `{name}`, which step `{}` doesn't have ({choices})",
                    node.name
                ),
            ));
        }
    }
    if config
        .retry
        .is_some_and(|retry| !(retry.backoff.is_finite() && retry.backoff > 0.0))
    {
        return Err(wrong(
            "retry",
            "needs a backoff factor that is a positive number".into(),
        ));
    }
    if config.timeout.is_some_and(|timeout| timeout.is_zero()) {
        return Err(wrong("timeout", "has to be longer than nothing".into()));
    }
    if let Some(reason) = config.isolation.fault() {
        return Err(wrong("isolation", format!("can't be: {reason}")));
    }
    if let (Some(true), Some(reason)) = (config.isolation.process, definition.stays) {
        let reason = format!(
            "can't be: step `{}` can't run in a process of its own: {reason}",
            node.name
        );
        return Err(wrong("isolation", reason));
    }
    Ok(())
}

fn set_parameter(
    graph: &mut Graph,
    node: NodeId,
    argument: &str,
    value: &Value,
    place: Box<ConfigPlace>,
) -> Result<(), ConfigError> {
    let (step, index) = {
        let node = graph.get(node);
        let index = node.inputs.iter().position(|input| input.name == argument);
        (node.name().to_owned(), index)
    };
    let Some(index) = index else {
        let known: Vec<&str> = graph
            .get(node)
            .inputs
            .iter()
            .map(|input| input.name.as_str())
            .collect();
        return Err(ConfigError::UnknownArgument {
            place,
            step,
            argument: argument.to_owned(),
            choices: choices(argument, &known),
        });
    };
    let old = match &graph.get(node).inputs[index].binding {
        Binding::Value(old) => Arc::clone(old),
        Binding::Output(source) => {
            return Err(ConfigError::Fed {
                place,
                step,
                argument: argument.to_owned(),
                from: graph.get(source.node).name().to_owned(),
            });
        }
    };
    let spec = graph
        .get(node)
        .definition
        .as_ref()
        .and_then(|definition| definition.inputs.get(index));
    let read = spec.and_then(|spec| spec.from_json);
    let new = match read {
        Some(read) => changed(&old, read, value),
        None => Err("a value of it can't be given as text: set it in the pipeline's code".to_owned()),
    };
    let new = new.map_err(|reason| ConfigError::Value {
        place,
        step,
        argument: argument.to_owned(),
        type_name: bare_type_name(old.codec.type_name()),
        reason,
    })?;
    graph.nodes[node as usize].inputs[index].binding = Binding::Value(new);
    Ok(())
}
