//! Operators of scikit-learn's models that the engine doesn't have, in terms of those that it has.

use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto};

/// Rewrites what can be rewritten, and leaves everything else as it is.
pub(super) fn lower(graph: &mut GraphProto) {
    for node in std::mem::take(&mut graph.node) {
        let mut writer = Writer {
            graph,
            base: node.output.first().cloned().unwrap_or_default(),
            made: 0,
        };
        let unchanged = match node.op_type.as_str() {
            "Scaler" => writer.scaler(&node),
            "TreeEnsembleRegressor" => writer.trees(&node),
            "TreeEnsembleClassifier" => writer.text_labels(&node, "classlabels_int64s"),
            "LinearClassifier" => writer.text_labels(&node, "classlabels_ints"),
            _ => None,
        };
        if unchanged.is_none() {
            graph.node.push(node);
        }
    }
}

/// Writes what stands for one node. Its methods write nothing and answer with none where the node can't be rewritten.
struct Writer<'a> {
    graph: &'a mut GraphProto,
    base: String,
    made: usize,
}

impl Writer<'_> {
    /// `(x - offset) * scale`.
    fn scaler(&mut self, node: &NodeProto) -> Option<()> {
        let [input] = node.input.as_slice() else {
            return None;
        };
        let [output] = node.output.as_slice() else {
            return None;
        };
        let (offset, scale) = (floats(node, "offset")?, floats(node, "scale")?);
        let to = AttributeProto {
            i: DataType::Float as i64,
            ..attribute("to", AttributeType::Int)
        };
        let float = self.name();
        self.node("Cast", &[input], &float, vec![to]);
        let (offset, scale) = (self.floats(offset), self.floats(scale));
        let centred = self.name();
        self.node("Sub", &[&float, &offset], &centred, vec![]);
        self.node("Mul", &[&centred, &scale], output, vec![]);
        Some(())
    }

    /// A classifier of the same trees, whose scores are what the regressor's targets are.
    fn trees(&mut self, node: &NodeProto) -> Option<()> {
        let [output] = node.output.as_slice() else {
            return None;
        };
        let text = |name| find(node, name).map(|attribute| attribute.s.as_slice());
        let targets = usize::try_from(find(node, "n_targets").map_or(1, |attribute| attribute.i)).ok()?;
        let trees = find(node, "nodes_treeids")?.ints.iter().max()?.checked_add(1)?;
        let base = floats(node, "base_values");
        let average = match text("aggregate_function") {
            None | Some(b"SUM") => false,
            Some(b"AVERAGE") => true,
            _ => return None,
        };
        let plain = matches!(text("post_transform"), None | Some(b"NONE"));
        if !plain
            || targets == 0
            || targets > 1 << 16
            || base.as_ref().is_some_and(|base| base.len() != targets)
        {
            return None;
        }
        floats(node, "target_weights")?;
        // With one label or two, the engine makes probabilities of the scores.
        let labels = targets.max(3) as i64;
        let kept = node
            .attribute
            .iter()
            .filter(|attribute| attribute.name.starts_with("nodes_"));
        let leaves = node.attribute.iter().filter_map(|attribute| {
            let name = attribute.name.strip_prefix("target_")?;
            Some(AttributeProto {
                name: format!("class_{name}"),
                ..attribute.clone()
            })
        });
        let mut attributes: Vec<_> = kept.cloned().chain(leaves).collect();
        attributes.push(AttributeProto {
            ints: (0..labels).collect(),
            ..attribute("classlabels_int64s", AttributeType::Ints)
        });
        let (label, scores) = (self.name(), self.name());
        self.graph.node.push(NodeProto {
            input: node.input.clone(),
            output: vec![label, scores.clone()],
            name: scores.clone(),
            op_type: "TreeEnsembleClassifier".into(),
            attribute: attributes,
            ..Default::default()
        });
        let indices = self.name();
        self.graph.initializer.push(TensorProto {
            name: indices.clone(),
            dims: vec![targets as i64],
            data_type: DataType::Int64.into(),
            int64_data: (0..targets as i64).collect(),
            ..Default::default()
        });
        // What is written last has the output's name.
        let mut steps = vec![("Gather", indices)];
        if average {
            steps.push(("Mul", self.floats(vec![1.0 / trees as f32])));
        }
        if let Some(base) = base {
            steps.push(("Add", self.floats(base)));
        }
        let last = steps.len() - 1;
        let mut value = scores;
        for (place, (operator, constant)) in steps.into_iter().enumerate() {
            let name = if place == last {
                output.clone()
            } else {
                self.name()
            };
            let axis = (operator == "Gather").then(|| AttributeProto {
                i: 1,
                ..attribute("axis", AttributeType::Int)
            });
            self.node(operator, &[&value, &constant], &name, axis.into_iter().collect());
            value = name;
        }
        Some(())
    }

    /// A classifier whose labels are numbers, and the texts of these numbers.
    fn text_labels(&mut self, node: &NodeProto, numbers: &str) -> Option<()> {
        let texts = find(node, "classlabels_strings").filter(|labels| !labels.strings.is_empty())?;
        let output = node.output.first().filter(|output| !output.is_empty())?;
        let places: Vec<i64> = (0..).take(texts.strings.len()).collect();
        let label = self.name();
        let mut classifier = node.clone();
        classifier.output[0] = label.clone();
        classifier
            .attribute
            .retain(|attribute| !attribute.name.starts_with("classlabels_"));
        classifier.attribute.push(AttributeProto {
            ints: places.clone(),
            ..attribute(numbers, AttributeType::Ints)
        });
        self.graph.node.push(classifier);
        let attributes = vec![
            AttributeProto {
                ints: places,
                ..attribute("cats_int64s", AttributeType::Ints)
            },
            AttributeProto {
                strings: texts.strings.clone(),
                ..attribute("cats_strings", AttributeType::Strings)
            },
            attribute("default_string", AttributeType::String),
        ];
        self.node("CategoryMapper", &[&label], output, attributes);
        Some(())
    }

    /// A name that no value of the graph has.
    fn name(&mut self) -> String {
        self.made += 1;
        format!("{}/zen/{}", self.base, self.made)
    }

    fn node(&mut self, operator: &str, inputs: &[&str], output: &str, attribute: Vec<AttributeProto>) {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![output.to_owned()],
            name: format!("{output}/{operator}"),
            op_type: operator.to_owned(),
            attribute,
            ..Default::default()
        });
    }

    /// A constant vector; answers its name.
    fn floats(&mut self, values: Vec<f32>) -> String {
        let name = self.name();
        self.graph.initializer.push(TensorProto {
            name: name.clone(),
            dims: vec![values.len() as i64],
            data_type: DataType::Float.into(),
            float_data: values,
            ..Default::default()
        });
        name
    }
}

fn find<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name == name)
}

fn floats(node: &NodeProto, name: &str) -> Option<Vec<f32>> {
    find(node, name)
        .map(|attribute| attribute.floats.clone())
        .filter(|values| !values.is_empty())
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: kind.into(),
        ..Default::default()
    }
}
