//! What classes are called.

use std::collections::BTreeSet;

use zen_core::serving::{Datatype, TensorSpec};

use super::ExportError;
use super::graph::{Graph, Value, integer};

/// The labels of the classes, in the order of the model's.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Classes {
    Numbers(Vec<i128>),
    Names(Vec<String>),
}

impl Classes {
    /// Checks that there are so many, all different.
    pub(super) fn check(&self, classes: usize) -> Result<(), ExportError> {
        fn twice<T: Ord>(labels: &[T]) -> Option<&T> {
            let mut seen = BTreeSet::new();
            labels.iter().find(|label| !seen.insert(*label))
        }
        let (labels, twice) = match self {
            Self::Numbers(numbers) => (numbers.len(), twice(numbers).map(i128::to_string)),
            Self::Names(names) => (names.len(), twice(names).cloned()),
        };
        if labels != classes {
            return Err(ExportError::Shape(format!(
                "there are {labels} labels, and the model has {classes} classes"
            )));
        }
        match twice {
            Some(label) => Err(ExportError::Shape(format!(
                "two classes have the label `{label}`"
            ))),
            None => Ok(()),
        }
    }

    /// Whether the labels can be written as this output's type.
    pub(super) fn check_output(&self, spec: &TensorSpec) -> Result<(), ExportError> {
        let shape = |reason: String| Err(ExportError::Shape(format!("output `{}` {reason}", spec.name)));
        let range = range(spec.datatype);
        match (self, spec.datatype, range) {
            (Self::Names(_), Datatype::Bytes, _) => Ok(()),
            (Self::Names(_), other, _) => shape(format!(
                "is of the type {other}, and the labels of the classes are names (BYTES)"
            )),
            (Self::Numbers(numbers), datatype, Some((least, greatest))) => {
                match numbers
                    .iter()
                    .find(|number| !(least..=greatest).contains(*number))
                {
                    Some(number) => shape(format!(
                        "is of the type {datatype}, in which there is no {number}, the label of a class"
                    )),
                    None => Ok(()),
                }
            }
            (Self::Numbers(_), other, None) => shape(format!(
                "is of the type {other}, and the labels of the classes are whole numbers"
            )),
        }
    }

    /// The labels of classes that are given by their places, of an output that was checked.
    pub(super) fn write(&self, graph: &mut Graph, places: &Value, datatype: Datatype) -> Value {
        let labels = match self {
            Self::Names(names) => graph.texts(names),
            Self::Numbers(numbers) => {
                let size = datatype.size().unwrap_or_default();
                let bytes = numbers
                    .iter()
                    .flat_map(|number| number.to_le_bytes().into_iter().take(size));
                graph.raw(datatype, &[numbers.len()], bytes.collect())
            }
        };
        graph.node("Gather", &[&labels, places], vec![integer("axis", 0)])
    }
}

/// The least and the greatest number of an integer type; a `BOOL` is 0 or 1.
fn range(datatype: Datatype) -> Option<(i128, i128)> {
    Some(match datatype {
        Datatype::Bool => (0, 1),
        Datatype::Uint8 => (0, u8::MAX.into()),
        Datatype::Uint16 => (0, u16::MAX.into()),
        Datatype::Uint32 => (0, u32::MAX.into()),
        Datatype::Uint64 => (0, u64::MAX.into()),
        Datatype::Int8 => (i8::MIN.into(), i8::MAX.into()),
        Datatype::Int16 => (i16::MIN.into(), i16::MAX.into()),
        Datatype::Int32 => (i32::MIN.into(), i32::MAX.into()),
        Datatype::Int64 => (i64::MIN.into(), i64::MAX.into()),
        _ => return None,
    })
}
