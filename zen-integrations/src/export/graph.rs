//! An ONNX graph while it is written.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use prost::Message;
use zen_core::serving::{Datatype, Number, TensorSpec};

use super::ExportError;
use super::generated::attribute_proto::AttributeType;
use super::generated::{AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto};
use super::value_info::{data_type, value_info};

/// The version of the file format, and of the operators: the oldest that have all that is written here, so that many programs read it.
const IR_VERSION: i64 = 7;
const OPERATORS: i64 = 13;

/// A graph while it is written: values are made by nodes, and become outputs.
#[derive(Debug)]
pub(super) struct Graph {
    proto: GraphProto,
    /// The names of inputs and outputs.
    names: BTreeSet<String>,
    /// Values that have become outputs, and are called so since.
    renamed: BTreeMap<String, String>,
    made: usize,
}

/// A value of the graph, by its name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value(String);

impl Graph {
    /// One with these inputs and outputs, whose names must all differ. Each output is to be made by [`output`](Self::output).
    pub(super) fn new(inputs: &[TensorSpec], outputs: &[TensorSpec]) -> Result<Self, ExportError> {
        let mut names = BTreeSet::new();
        for spec in inputs.iter().chain(outputs) {
            if spec.name.is_empty() {
                return Err(ExportError::Shape("an input or output has an empty name".into()));
            }
            if !names.insert(spec.name.clone()) {
                return Err(ExportError::Shape(format!(
                    "there are two inputs or outputs `{}`, and in ONNX all names differ",
                    spec.name
                )));
            }
        }
        let proto = GraphProto {
            name: Some("model".into()),
            input: inputs.iter().map(value_info).collect::<Result<_, _>>()?,
            output: outputs.iter().map(value_info).collect::<Result<_, _>>()?,
            ..Default::default()
        };
        Ok(Self {
            proto,
            names,
            renamed: BTreeMap::new(),
            made: 0,
        })
    }

    /// An input.
    pub(super) fn input(&self, spec: &TensorSpec) -> Value {
        Value(spec.name.clone())
    }

    /// A constant of this shape.
    pub(super) fn numbers<N: Number>(&mut self, shape: &[usize], values: &[N]) -> Value {
        let mut bytes = Vec::with_capacity(size_of_val(values));
        values.iter().for_each(|value| value.write(&mut bytes));
        self.raw(N::DATATYPE, shape, bytes)
    }

    /// A constant of these bytes, which are the elements as a tensor has them.
    pub(super) fn raw(&mut self, datatype: Datatype, shape: &[usize], bytes: Vec<u8>) -> Value {
        self.constant(TensorProto {
            dims: shape.iter().map(|size| *size as i64).collect(),
            data_type: data_type(datatype).map(i32::from),
            raw_data: Some(bytes.into()),
            ..Default::default()
        })
    }

    /// A constant vector of texts.
    pub(super) fn texts(&mut self, texts: &[String]) -> Value {
        let bytes = texts.iter().map(|text| Bytes::copy_from_slice(text.as_bytes()));
        self.constant(TensorProto {
            dims: vec![texts.len() as i64],
            data_type: data_type(Datatype::Bytes).map(i32::from),
            string_data: bytes.collect(),
            ..Default::default()
        })
    }

    fn constant(&mut self, tensor: TensorProto) -> Value {
        let same = |other: &&TensorProto| {
            (&other.dims, other.data_type, &other.raw_data, &other.string_data)
                == (
                    &tensor.dims,
                    tensor.data_type,
                    &tensor.raw_data,
                    &tensor.string_data,
                )
        };
        let known = self.proto.initializer.iter().find(same);
        if let Some(name) = known.and_then(|known| known.name.clone()) {
            return Value(name);
        }
        let value = self.value();
        self.proto.initializer.push(TensorProto {
            name: Some(value.0.clone()),
            ..tensor
        });
        value
    }

    /// What an operator of the default domain makes of these values. What is there already is not made again: it would be of no use, and there
    /// are engines that stumble over it.
    pub(super) fn node(
        &mut self,
        operator: &str,
        inputs: &[&Value],
        attributes: Vec<AttributeProto>,
    ) -> Value {
        let names: Vec<_> = inputs.iter().map(|value| self.name(value).to_owned()).collect();
        let same = |node: &&NodeProto| {
            node.op_type() == operator && node.input == names && node.attribute == attributes
        };
        let known = self.proto.node.iter().find(same);
        if let Some(name) = known.and_then(|known| known.output.first()) {
            return Value(name.clone());
        }
        let value = self.value();
        self.push(operator, names, value.0.clone(), attributes);
        value
    }

    /// The value as another type.
    pub(super) fn cast(&mut self, value: &Value, from: Datatype, to: Datatype) -> Value {
        let number = data_type(to).filter(|_| from != to);
        number.map_or_else(
            || value.clone(),
            |number| {
                self.node(
                    "Cast",
                    &[value],
                    vec![integer("to", i64::from(i32::from(number)))],
                )
            },
        )
    }

    /// The rows of a [batch, 1] value as [batch].
    pub(super) fn squeeze(&mut self, value: &Value) -> Value {
        let axes = self.numbers(&[1], &[1_i64]);
        self.node("Squeeze", &[value, &axes], vec![])
    }

    /// A [batch] value as [batch, 1].
    pub(super) fn unsqueeze(&mut self, value: &Value) -> Value {
        let axes = self.numbers(&[1], &[1_i64]);
        self.node("Unsqueeze", &[value, &axes], vec![])
    }

    /// A column of a [batch, k] value, as [batch].
    pub(super) fn column(&mut self, value: &Value, column: usize) -> Value {
        let index = self.numbers(&[], &[column as i64]);
        self.node("Gather", &[value, &index], vec![integer("axis", 1)])
    }

    /// Makes the value an output.
    pub(super) fn output(&mut self, spec: &TensorSpec, value: &Value) {
        // What is an input or another output already keeps its name.
        if self.names.contains(self.name(value)) {
            let name = self.name(value).to_owned();
            return self.push("Identity", vec![name], spec.name.clone(), vec![]);
        }
        for node in &mut self.proto.node {
            let names = node.input.iter_mut().chain(&mut node.output);
            names
                .filter(|name| **name == value.0)
                .for_each(|name| name.clone_from(&spec.name));
        }
        self.renamed.insert(value.0.clone(), spec.name.clone());
    }

    /// The file.
    pub(super) fn finish(self) -> Bytes {
        let model = ModelProto {
            ir_version: Some(IR_VERSION),
            // Without zen's version: the same model gives the same file.
            producer_name: Some("zen".into()),
            opset_import: vec![OperatorSetIdProto {
                domain: Some(String::new()),
                version: Some(OPERATORS),
            }],
            graph: Some(self.proto),
            ..Default::default()
        };
        model.encode_to_vec().into()
    }

    fn push(&mut self, operator: &str, input: Vec<String>, output: String, attribute: Vec<AttributeProto>) {
        let place = self.proto.node.len();
        self.proto.node.push(NodeProto {
            name: Some(format!("{operator}_{place}")),
            op_type: Some(operator.into()),
            input,
            output: vec![output],
            attribute,
            ..Default::default()
        });
    }

    /// What a value is called now.
    fn name<'a>(&'a self, value: &'a Value) -> &'a str {
        self.renamed.get(&value.0).unwrap_or(&value.0)
    }

    /// A name that no other value has.
    fn value(&mut self) -> Value {
        loop {
            self.made += 1;
            let name = format!("value_{}", self.made);
            if !self.names.contains(&name) {
                return Value(name);
            }
        }
    }
}

/// An attribute of a node.
pub(super) fn integer(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: Some(name.into()),
        r#type: Some(AttributeType::Int.into()),
        i: Some(value),
        ..Default::default()
    }
}

/// An attribute of a node, of several numbers.
pub(super) fn integers(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        name: Some(name.into()),
        r#type: Some(AttributeType::Ints.into()),
        ints: values.to_vec(),
        ..Default::default()
    }
}
