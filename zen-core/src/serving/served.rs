//! A model as a server sees it: of whatever type.

use std::any::Any;
use std::fmt;

use super::column::fits;
use super::{PredictError, RowError, Tensor, TensorSpec};

/// Some rows of input, or their predictions: of a type only the model knows.
pub struct Batch {
    rows: usize,
    value: Box<dyn Any + Send>,
}

impl Batch {
    /// So many rows.
    pub fn new<T: Send + 'static>(rows: usize, value: T) -> Self {
        Self {
            rows,
            value: Box::new(value),
        }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The rows, when they are of this type.
    pub fn into_value<T: 'static>(self) -> Option<T> {
        self.value.downcast().ok().map(|value| *value)
    }

    /// The rows, when they are of this type.
    pub fn value<T: 'static>(&self) -> Option<&T> {
        self.value.downcast_ref()
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// A model as a server sees it. A server speaks several protocols; each turns its bytes into a [`Batch`] with one of the two readers,
/// lets it be predicted, and turns the result into bytes again.
///
/// Nothing here panics on bad input. [`predict`](Self::predict) runs the model's own code, which may panic, fail or hang.
pub trait ServedModel: Send + Sync + 'static {
    /// What it was made with, for clients: `zen`, `onnx_onnxv1`, ..
    fn platform(&self) -> &str;

    /// Its inputs.
    fn inputs(&self) -> Vec<TensorSpec>;

    /// Its outputs.
    fn outputs(&self) -> Vec<TensorSpec>;

    /// Whether [`predict`](Self::predict) may be called in a thread that handles connections.
    fn inline(&self) -> bool;

    /// Makes the model ready.
    ///
    /// # Errors
    /// When the model doesn't work.
    fn warm_up(&self) -> Result<(), PredictError>;

    /// Reads a JSON array of rows.
    ///
    /// # Errors
    /// [`PredictError::Input`] when it is none, or no rows of this model.
    fn read_json(&self, rows: &[u8]) -> Result<Batch, PredictError>;

    /// Reads tensors in any order, by their names.
    ///
    /// # Errors
    /// [`PredictError::Input`] when a name, a type or a shape is wrong.
    fn read_tensors(&self, tensors: Vec<Tensor>) -> Result<Batch, PredictError>;

    /// Predicts several batches in one go. As many results come back as batches were given.
    ///
    /// # Errors
    /// Each batch has a result of its own: one whose rows are at fault fails alone.
    fn predict(&self, batches: Vec<Batch>) -> Vec<Result<Batch, PredictError>>;

    /// Writes predictions as a JSON array.
    ///
    /// # Errors
    /// [`PredictError::Model`] when they can't be.
    fn write_json(&self, predictions: &Batch) -> Result<Vec<u8>, PredictError>;

    /// Writes predictions as tensors, in the order of [`outputs`](Self::outputs).
    ///
    /// # Errors
    /// [`PredictError::Model`] when they can't be.
    fn write_tensors(&self, predictions: &Batch) -> Result<Vec<Tensor>, PredictError>;
}

impl fmt::Debug for dyn ServedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedModel")
            .field("platform", &self.platform())
            .field("inputs", &self.inputs())
            .field("outputs", &self.outputs())
            .finish()
    }
}

/// Puts tensors in the order of the model's inputs.
///
/// # Errors
/// [`PredictError::Input`] when one is missing, unknown or there twice, or has another type or shape.
pub fn arrange(tensors: Vec<Tensor>, inputs: &[TensorSpec]) -> Result<Vec<Tensor>, PredictError> {
    let names = || {
        let names: Vec<_> = inputs.iter().map(|spec| format!("`{}`", spec.name)).collect();
        names.join(", ")
    };
    let mut places: Vec<Option<Tensor>> = inputs.iter().map(|_| None).collect();
    for tensor in tensors {
        let Some(place) = inputs.iter().position(|spec| spec.name == tensor.name()) else {
            let name: String = tensor.name().chars().take(100).collect();
            return Err(PredictError::input(format!(
                "unexpected input `{name}`; the model's inputs are {}",
                names()
            )));
        };
        if places[place].replace(tensor).is_some() {
            return Err(PredictError::input(format!(
                "input `{}` is given twice",
                inputs[place].name
            )));
        }
    }
    let mut arranged = Vec::with_capacity(places.len());
    for (place, spec) in places.into_iter().zip(inputs) {
        match place {
            Some(tensor) => {
                check(&tensor, spec)?;
                arranged.push(tensor);
            }
            None => {
                return Err(PredictError::input(format!(
                    "input `{}` is missing; the model's inputs are {}",
                    spec.name,
                    names()
                )));
            }
        }
    }
    Ok(arranged)
}

fn check(tensor: &Tensor, spec: &TensorSpec) -> Result<(), PredictError> {
    if tensor.datatype() != spec.datatype {
        return Err(PredictError::input(RowError::Datatype {
            name: spec.name.clone(),
            expected: spec.datatype,
            found: tensor.datatype(),
        }));
    }
    match fits(&spec.shape, tensor.shape()) {
        true => Ok(()),
        false => Err(PredictError::input(RowError::Shape {
            name: spec.name.clone(),
            expected: spec.shape.clone(),
            found: tensor.shape().to_vec(),
        })),
    }
}
