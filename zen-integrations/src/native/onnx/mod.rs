//! ONNX models, served without code.
//!
//! A step returns an [`OnnxModel`], as it would any other value; a server finds how to serve it by its type's name.
//!
//! ```no_run
//! use zen_integrations::native::onnx::OnnxModel;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model = OnnxModel::from_file("iris.onnx")?;
//! for input in model.inputs() {
//!     println!("{} {} {:?}", input.name, input.datatype, input.shape);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is served
//!
//! Models are run by [tract](https://docs.rs/tract-onnx), which knows most operators of the default domain up to operator set
//! 18 or so, and of `ai.onnx.ml` the linear models, the trees, `Scaler`, `Normalizer`, `ArrayFeatureExtractor` and `CategoryMapper`.
//! Weights must be in the file itself, and inputs and outputs must be tensors: convert scikit-learn's classifiers with `options={'zipmap': False}`. Anything
//! else is refused when the model is loaded, with the reason.
//!
//! # Batches
//!
//! When the first dimension of all inputs and all outputs is the same open one (`batch`, or one without a name), it is the
//! batch: requests have any number of rows, and those that wait at the same time share a run. A model is trusted to treat
//! each row for itself then. Where the first dimension is a fixed number, requests must have exactly so many rows; such models, and those
//! whose first dimensions have nothing to do with each other, run once for each request.

mod check;
mod codec;
mod dimensions;
mod error;
#[cfg(feature = "export")]
mod export;
mod lower;
mod model;
mod plan;
mod read_json;
mod rows;
mod served;
mod trees;
mod value;
mod write_json;

pub use codec::OnnxCodec;
pub use error::OnnxError;
pub use model::OnnxModel;
pub use served::OnnxServed;
