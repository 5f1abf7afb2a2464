//! Probabilities of classes, and what follows from them.

use zen_core::serving::Datatype;

use super::graph::{Graph, Value, integer, integers};
use super::real::Real;

/// The probabilities of a classifier's classes.
#[derive(Debug)]
pub(super) enum Probabilities {
    /// How likely the second of two classes is, and whether that is enough: `[batch]` both.
    Two { second: Value, enough: Value },
    /// How likely each class is: `[batch, classes]`.
    Many(Value),
}

impl Probabilities {
    /// Of one sum, `[batch, 1]`.
    pub(super) fn sigmoid<T: Real>(graph: &mut Graph, sums: &Value, threshold: Option<T>) -> Self {
        let sums = graph.squeeze(sums);
        let second = match T::DATATYPE {
            Datatype::Fp32 => graph.node("Sigmoid", &[&sums], vec![]),
            // Engines that have no sigmoid of double precision have its parts.
            _ => {
                let one = constant::<T>(graph, 1.0);
                let negated = graph.node("Neg", &[&sums], vec![]);
                let power = graph.node("Exp", &[&negated], vec![]);
                let sum = graph.node("Add", &[&one, &power], vec![]);
                graph.node("Div", &[&one, &sum], vec![])
            }
        };
        let threshold = match threshold {
            Some(threshold) => graph.numbers(&[], &[threshold]),
            None => constant::<T>(graph, 0.5),
        };
        let enough = graph.node("Greater", &[&second, &threshold], vec![]);
        Self::Two { second, enough }
    }

    /// Of a sum a class, `[batch, classes]`.
    pub(super) fn softmax(graph: &mut Graph, sums: &Value) -> Self {
        Self::Many(graph.node("Softmax", &[sums], vec![integer("axis", 1)]))
    }

    /// The place of the predicted class, `[batch]`.
    pub(super) fn place(&self, graph: &mut Graph) -> Value {
        match self {
            Self::Two { enough, .. } => graph.cast(enough, Datatype::Bool, Datatype::Int64),
            Self::Many(all) => graph.node("ArgMax", &[all], vec![integer("axis", 1), integer("keepdims", 0)]),
        }
    }

    /// How likely the predicted class is, `[batch]`.
    pub(super) fn highest<T: Real>(&self, graph: &mut Graph) -> Value {
        match self {
            Self::Two { second, enough } => {
                let first = first::<T>(graph, second);
                graph.node("Where", &[enough, second, &first], vec![])
            }
            Self::Many(all) => graph.node(
                "ReduceMax",
                &[all],
                vec![integers("axes", &[1]), integer("keepdims", 0)],
            ),
        }
    }

    /// How likely each class is, `[batch, classes]`.
    pub(super) fn all<T: Real>(&self, graph: &mut Graph) -> Value {
        match self {
            Self::Two { second, .. } => {
                let first = first::<T>(graph, second);
                let (first, second) = (graph.unsqueeze(&first), graph.unsqueeze(second));
                graph.node("Concat", &[&first, &second], vec![integer("axis", 1)])
            }
            Self::Many(all) => all.clone(),
        }
    }

    /// How likely the class at this place is, `[batch]`.
    pub(super) fn of<T: Real>(&self, graph: &mut Graph, class: usize) -> Value {
        match self {
            Self::Two { second, .. } if class == 1 => second.clone(),
            Self::Two { second, .. } => first::<T>(graph, second),
            Self::Many(all) => graph.column(all, class),
        }
    }
}

/// How likely the first of two classes is.
fn first<T: Real>(graph: &mut Graph, second: &Value) -> Value {
    let one = constant::<T>(graph, 1.0);
    graph.node("Sub", &[&one, second], vec![])
}

/// A number that both types have.
fn constant<T: Real>(graph: &mut Graph, number: f32) -> Value {
    match T::DATATYPE {
        Datatype::Fp64 => graph.numbers(&[], &[f64::from(number)]),
        _ => graph.numbers(&[], &[number]),
    }
}
