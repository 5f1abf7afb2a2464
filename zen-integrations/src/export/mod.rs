//! Models of Rust types as ONNX files, which other systems read: MLflow's server, onnxruntime, and everything else that runs ONNX.
//!
//! A model says how it is written with [`ToOnnx`], and is listed with [`register_onnx!`](crate::register_onnx), so that a deployer or a registry, which
//! knows a stored model's type only by its name, finds it.

mod error;
mod exported;
mod to_onnx;

pub use error::ExportError;
pub use exported::ExportedOnnx;
#[doc(hidden)]
pub use to_onnx::OnnxEntry;
pub use to_onnx::{RegisteredOnnx, ToOnnx, export, exportable};
