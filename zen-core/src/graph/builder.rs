//! The public builder, for graphs made from configuration.

use super::node::Binding;
use super::{Artifact, GraphError, InputSource, NodeHandle, OutputRef, Place, StepDefinition, ambient};
use crate::artifact::Materialize;

/// Adds steps to the graph that [`Pipeline::build`](super::Pipeline::build) makes.
///
/// This is what `#[pipeline]` and `#[step]` stand on. Wiring is checked while the graph is built: a mistake becomes an
/// error of the pipeline with the place of the call.
///
/// ```
/// use zen_core::graph::Pipeline;
/// use zen_core::prelude::*;
///
/// #[step]
/// fn double(x: i64) -> i64 { 2 * x }
///
/// // As a configuration file might say it:
/// let steps = vec!["double", "double"];
/// let pipeline = Pipeline::build("from_config", |graph| {
///     let mut value = None;
///     for name in &steps {
///         let definition = match *name {
///             "double" => double::definition(),
///             other => panic!("unknown step {other}"),
///         };
///         let step = graph.add(definition);
///         let step = match value {
///             None => step.json("x", 21.into()),
///             Some(value) => step.input("x", value),
///         };
///         value = Some(step.finish().output("output"));
///     }
///     graph.typed::<i64>(value.unwrap())
/// });
/// assert_eq!(pipeline.graph().unwrap().nodes().len(), 2);
/// ```
#[derive(Debug)]
pub struct GraphBuilder {
    pub(crate) _private: (),
}

impl GraphBuilder {
    /// Begins a step; [`StepBuilder::finish`] adds it.
    #[track_caller]
    pub fn add(&mut self, definition: StepDefinition) -> StepBuilder {
        let inputs = definition.inputs.iter().map(|_| None).collect();
        StepBuilder {
            definition,
            inputs,
            name: None,
            place: Place::caller(),
        }
    }

    /// Gives an output its type back. When the output has another type, the pipeline gets an error.
    #[track_caller]
    pub fn typed<T: Materialize>(&mut self, output: OutputRef) -> Artifact<T> {
        let place = Place::caller();
        if let Some((_, found)) = type_of(output)
            && found != std::any::type_name::<T>()
        {
            let reason = format!("it is a `{found}`, not a `{}`", std::any::type_name::<T>());
            ambient::fail(GraphError::ForeignHandle { place, reason });
        }
        output.node.output(output.output)
    }
}

/// A step that is being wired.
#[derive(Debug)]
pub struct StepBuilder {
    definition: StepDefinition,
    inputs: Vec<Option<InputSource>>,
    name: Option<String>,
    place: Place,
}

impl StepBuilder {
    /// Takes an argument from another step's output.
    #[must_use]
    #[track_caller]
    pub fn input(self, argument: &str, output: OutputRef) -> Self {
        let place = Place::caller();
        if let (Some(spec), Some((id, found))) = (
            self.definition.inputs.iter().find(|spec| spec.name == argument),
            type_of(output),
        ) && spec.type_id != id
        {
            self.wrong(
                argument,
                place,
                format!("expected a `{}`, got a `{found}`", spec.type_name),
            );
        }
        self.set(argument, place, |_| Ok(InputSource::Handle(output)))
    }

    /// Takes an argument from a value.
    #[must_use]
    #[track_caller]
    pub fn value<T: Materialize>(self, argument: &str, value: T) -> Self {
        let place = Place::caller();
        let id = std::any::TypeId::of::<T>();
        self.set(argument, place, |spec| match spec.type_id == id {
            true => Ok(InputSource::value(value)),
            false => Err(format!(
                "expected a `{}`, got a `{}`",
                spec.type_name,
                std::any::type_name::<T>()
            )),
        })
    }

    /// Takes an argument from a value written as JSON.
    #[must_use]
    #[track_caller]
    pub fn json(self, argument: &str, value: serde_json::Value) -> Self {
        let place = Place::caller();
        self.set(argument, place, |spec| match spec.from_json {
            None => Err(format!("a `{}` can't be given as JSON", spec.type_name)),
            Some(read) => match read(value) {
                InputSource::Broken(reason) => Err(reason),
                source => Ok(source),
            },
        })
    }

    /// Names the step.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds the step to the graph.
    #[track_caller]
    pub fn finish(self) -> AddedStep {
        for (spec, input) in self.definition.inputs.iter().zip(&self.inputs) {
            if input.is_none() {
                self.wrong(
                    &spec.name,
                    self.place,
                    format!("it is missing: give a `{}`", spec.type_name),
                );
            }
        }
        let outputs = self
            .definition
            .outputs
            .iter()
            .map(|output| output.name.clone())
            .collect();
        let (place, name) = (self.place, self.name);
        let inputs = self
            .inputs
            .into_iter()
            .map(|input| input.unwrap_or_else(|| InputSource::value(())))
            .collect();
        let step = self.definition.name.clone();
        let node = ambient::with(|building| {
            let node = building.add_step(self.definition, inputs, place);
            if let Some(name) = name {
                building.rename(node, name, place);
            }
            node
        });
        AddedStep {
            step,
            node: node.unwrap_or(ambient::ORPHAN),
            outputs,
        }
    }

    fn wrong(&self, input: &str, place: Place, reason: String) {
        ambient::fail(GraphError::Input {
            step: self.definition.name.clone(),
            input: input.to_owned(),
            place,
            reason,
        });
    }

    fn set(
        mut self,
        argument: &str,
        place: Place,
        source: impl FnOnce(&super::definition::InputSpec) -> Result<InputSource, String>,
    ) -> Self {
        let Some(index) = self
            .definition
            .inputs
            .iter()
            .position(|spec| spec.name == argument)
        else {
            let known: Vec<_> = self.definition.input_names().collect();
            self.wrong(
                argument,
                place,
                format!("there is no such argument (there is: {})", known.join(", ")),
            );
            return self;
        };
        if self.inputs[index].is_some() {
            self.wrong(argument, place, "it is given twice".into());
        }
        let source = match source(&self.definition.inputs[index]) {
            Ok(source) => source,
            Err(reason) => {
                self.wrong(argument, place, reason);
                InputSource::value(())
            }
        };
        self.inputs[index] = Some(source);
        self
    }
}

/// A step that was added to the graph.
#[derive(Debug, Clone)]
pub struct AddedStep {
    step: String,
    node: NodeHandle,
    outputs: Vec<String>,
}

impl AddedStep {
    /// One of its outputs by name; `output` for a step that returns a single value. An unknown name is an error of the
    /// pipeline.
    #[track_caller]
    pub fn output(&self, name: &str) -> OutputRef {
        let index = self
            .outputs
            .iter()
            .position(|output| output == name)
            .unwrap_or_else(|| {
                ambient::fail(GraphError::Input {
                    step: self.step.clone(),
                    input: name.to_owned(),
                    place: Place::caller(),
                    reason: format!("there is no such output (there is: {})", self.outputs.join(", ")),
                });
                0
            });
        OutputRef {
            node: self.node,
            output: index as u16,
        }
    }

    /// The step's node, for options: `use zen_core::graph::Handle`.
    pub fn node(&self) -> NodeHandle {
        self.node
    }
}

fn type_of(output: OutputRef) -> Option<(std::any::TypeId, &'static str)> {
    ambient::with(|building| {
        if output.node.graph != building.graph {
            return None;
        }
        let node = building.node_mut(output.node.node);
        let output = node.outputs.get(output.output as usize)?;
        Some((output.codec.type_id(), output.codec.type_name()))
    })?
}

/// The parameters among a node's inputs, by name, as JSON for people.
pub(crate) fn parameters_json(node: &super::Node) -> serde_json::Value {
    let mut map = serde_json::Map::new();
    for input in &node.inputs {
        if let Binding::Value(value) = &input.binding {
            map.insert(input.name.clone(), value.json.clone());
        }
    }
    serde_json::Value::Object(map)
}
