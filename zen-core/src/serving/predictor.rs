//! What a model does behind a prediction server.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Row, ServedModel, TensorSpec, Typed};
use crate::artifact::{Materialize, decode_with};

/// Any error.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// A model that can be put behind a prediction server.
///
/// Write `#[predictor]` above the implementation: it lists the type, so that a server's process, which is this
/// program started again, finds it by name. Without it, the implementation doesn't compile.
///
/// ```
/// use zen_core::prelude::*;
///
/// #[derive(Serialize, Deserialize)]
/// pub struct Line { slope: f64, offset: f64 }
///
/// #[predictor]
/// impl Predictor for Line {
///     type Input = f64; // one row
///     type Output = f64;
///
///     fn predict(&self, batch: &[f64]) -> Result<Vec<f64>> {
///         Ok(batch.iter().map(|x| self.slope * x + self.offset).collect())
///     }
/// }
/// ```
///
/// The rows of several requests may come in one batch. A predictor that fails, panics or hangs harms no request but those
/// of its batch. (A program that is built with `panic = "abort"` ends at a panic, of course, and its server with it.)
pub trait Predictor: Materialize + RegisteredPredictor {
    /// One row of input.
    type Input: Row + Serialize + DeserializeOwned + Send + 'static;
    /// What is predicted of one row.
    type Output: Row + Serialize + DeserializeOwned + Send + 'static;

    /// Whether predictions are so quick (microseconds) that they may be made in the thread that handles the connection. It must
    /// never block: a predictor that hangs there stops other requests. Without, predictions are made in threads of their own.
    const INLINE: bool = false;

    /// Predicts a batch: as many outputs as inputs, in their order.
    ///
    /// # Errors
    /// Any. [`PredictError::input`] says that the input is at fault, which clients see as their own error (status 400);
    /// any other error is the model's (500).
    fn predict(&self, batch: &[Self::Input]) -> Result<Vec<Self::Output>, BoxError>;

    /// Changes or refuses a row before it is predicted.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    fn preprocess(&self, input: Self::Input) -> Result<Self::Input, BoxError> {
        Ok(input)
    }

    /// Changes or refuses a prediction before it is sent.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    fn postprocess(&self, output: Self::Output) -> Result<Self::Output, BoxError> {
        Ok(output)
    }

    /// Called once before the first request, and before a new version replaces a running one: predict something here that makes
    /// caches warm, or that proves that the model works.
    ///
    /// # Errors
    /// Any: the server doesn't start then, and the running version stays.
    fn warm_up(&self) -> Result<(), BoxError> {
        Ok(())
    }

    /// What clients see as the model's inputs, in the order of the type's tensors: other names, or sizes in place of -1.
    fn inputs(&self) -> Vec<TensorSpec> {
        Self::Input::specs("input")
    }

    /// What clients see as the model's outputs.
    fn outputs(&self) -> Vec<TensorSpec> {
        Self::Output::specs("output")
    }
}

/// Why a prediction failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PredictError {
    /// The input is at fault (status 400).
    #[error("{0}")]
    Input(String),
    /// The model failed (status 500).
    #[error("{0}")]
    Model(String),
}

impl PredictError {
    /// The input is at fault, and this says why.
    pub fn input(reason: impl fmt::Display) -> Self {
        Self::Input(reason.to_string())
    }

    /// The model is at fault, and this says why.
    pub fn model(reason: impl fmt::Display) -> Self {
        Self::Model(reason.to_string())
    }

    /// What a predictor's own code returned.
    pub(super) fn of(error: BoxError) -> Self {
        match error.downcast::<PredictError>() {
            Ok(error) => *error,
            Err(error) => Self::Model(crate::graph::failure::chain(&*error)),
        }
    }
}

/// That a type is listed as a predictor, so that a server's process finds it. `#[predictor]` implements it, or
/// [`register_predictor!`](crate::register_predictor).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not listed as a predictor",
    label = "a server's process would not find it",
    note = "write `#[predictor]` above the `impl Predictor for {Self}`",
    note = "for a type with parameters, let the implementation ask for it, `impl<T> Predictor for Forest<T> where Forest<T>: \
            zen_core::serving::RegisteredPredictor`, and list the types you serve, `zen_core::register_predictor!(Forest<f64>);`"
)]
pub trait RegisteredPredictor: 'static {}

/// Decodes a model from its codec's name and version and the bytes.
type Decode = fn(&str, u32, &[u8]) -> Result<Arc<dyn ServedModel>, BoxError>;

/// A listed predictor.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct PredictorEntry {
    /// `std::any::type_name` of the model.
    pub name: fn() -> &'static str,
    /// Decodes the model.
    pub decode: Decode,
}

impl fmt::Debug for PredictorEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str((self.name)())
    }
}

inventory::collect!(PredictorEntry);

impl PredictorEntry {
    /// The entry of a predictor.
    pub const fn of<P: Predictor>() -> Self {
        Self {
            name: std::any::type_name::<P>,
            decode: |codec, version, bytes| {
                let model = decode_with(&P::codecs(), &"the model", codec, version, bytes)?;
                Ok(Arc::new(Typed::new(Arc::new(model))))
            },
        }
    }
}

/// The names of all predictors this program can serve, sorted.
pub fn registered_predictors() -> Vec<&'static str> {
    let mut names: Vec<_> = inventory::iter::<PredictorEntry>
        .into_iter()
        .map(|entry| (entry.name)())
        .collect();
    names.sort_unstable();
    names
}

/// The predictor of this type name.
pub(crate) fn predictor(name: &str) -> Option<&'static PredictorEntry> {
    inventory::iter::<PredictorEntry>
        .into_iter()
        .find(|entry| (entry.name)() == name)
}

/// Lists a type that implements [`Predictor`], so that a server's process finds it. `#[predictor]` does it; write it yourself for
/// each type that you serve of a generic one.
#[macro_export]
macro_rules! register_predictor {
    ($type:ty) => {
        const _: () = {
            impl $crate::__private::RegisteredPredictor for $type {}
            $crate::__private::inventory::submit! {
                $crate::__private::PredictorEntry::of::<$type>()
            }
        };
    };
}
