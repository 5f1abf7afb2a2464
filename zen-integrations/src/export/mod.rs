//! Models of Rust types as ONNX files, which other systems read: MLflow's server, onnxruntime, and everything else that runs ONNX.
//!
//! A model says how it is written with [`ToOnnx`], and is listed with [`register_onnx!`](crate::register_onnx), so that a deployer or a registry, which
//! knows a stored model's type only by its name, finds it. [`LinearRegression`] and [`LogisticRegression`] write models of these kinds, with the names
//! and types that the model's predictor has:
//!
//! ```
//! use zen_core::prelude::*;
//! use zen_integrations::export::{ClassificationOutput, ExportedOnnx, LogisticRegression, StandardScaler, ToOnnx};
//!
//! #[derive(Serialize, Deserialize)]
//! pub struct Churn { mean: [f64; 2], deviation: [f64; 2], weights: [f64; 2], bias: f64 }
//!
//! #[derive(Row, Serialize, Deserialize)]
//! pub struct Customer { orders: u32, complaints: u32 }
//!
//! #[derive(Row, Serialize, Deserialize)]
//! pub struct Prediction { leaves: bool, probability: f32 }
//!
//! #[predictor]
//! impl Predictor for Churn {
//!     type Input = Customer;
//!     type Output = Prediction;
//!
//!     fn predict(&self, batch: &[Customer]) -> Result<Vec<Prediction>> {
//!         // ..
//! #         let predict = |customer: &Customer| {
//! #             let features = [customer.orders, customer.complaints].map(f64::from);
//! #             let sum: f64 = (0..2).map(|i| self.weights[i] * (features[i] - self.mean[i]) / self.deviation[i]).sum();
//! #             let probability = 1.0 / (1.0 + (-sum - self.bias).exp());
//! #             let leaves = probability > 0.5;
//! #             Prediction { leaves, probability: probability.max(1.0 - probability) as f32 }
//! #         };
//! #         Ok(batch.iter().map(predict).collect())
//!     }
//! }
//!
//! impl ToOnnx for Churn {
//!     fn to_onnx(&self) -> Result<ExportedOnnx> {
//!         let regression = LogisticRegression::binary(self.weights, self.bias)
//!             .scaled(StandardScaler::new(self.mean, self.deviation));
//!         let outputs = [
//!             ("leaves", ClassificationOutput::Label),
//!             ("probability", ClassificationOutput::Probability),
//!         ];
//!         Ok(regression.export_for(self, outputs)?)
//!     }
//! }
//! zen_integrations::register_onnx!(Churn);
//!
//! let model = Churn { mean: [9.0, 1.0], deviation: [4.0, 2.0], weights: [-0.7, 1.5], bias: -0.2 };
//! let file = model.to_onnx()?;
//! assert_eq!(file.inputs(), model.inputs());
//! assert_eq!(file.outputs(), model.outputs());
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```
//!
//! Only what the model computes is written: what a predictor refuses, or does in `preprocess` and `postprocess`, is not in the file. Inputs may be
//! of any number type; the model computes in that of its weights, `f32` or `f64`. Other models make an [`ExportedOnnx`] of bytes that they write
//! themselves.

mod classes;
mod error;
mod exported;
#[rustfmt::skip]
// The format has more than is written here.
#[allow(dead_code, missing_docs, missing_debug_implementations, unreachable_pub, clippy::all)]
mod generated;
mod graph;
mod inputs;
mod linear;
mod logistic;
mod outputs;
mod probabilities;
mod real;
mod scaler;
mod to_onnx;
mod value_info;
mod weighted;

pub use error::ExportError;
pub use exported::ExportedOnnx;
pub use linear::{LinearRegression, RegressionOutput};
pub use logistic::{ClassificationOutput, LogisticRegression};
pub use real::Real;
pub use scaler::StandardScaler;
#[doc(hidden)]
pub use to_onnx::OnnxEntry;
pub use to_onnx::{RegisteredOnnx, ToOnnx, export, exportable};
