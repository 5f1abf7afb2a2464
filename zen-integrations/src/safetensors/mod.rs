//! Named tensors as artifacts, in the format of the [safetensors](https://huggingface.co/docs/safetensors) library: weights that programs in
//! Python and Rust exchange, and that reading runs no code for.
//!
//! ```
//! use zen_core::prelude::*;
//! use zen_integrations::safetensors::{Tensor, Tensors};
//!
//! #[step]
//! fn trained() -> Result<Tensors> {
//!     let mut weights = Tensors::new();
//!     weights.insert("layer.weight", Tensor::from_slice([2, 3], &[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0])?);
//!     weights.insert("layer.bias", Tensor::from(vec![0.5f32, -0.5]));
//!     Ok(weights)
//! }
//!
//! #[step]
//! fn bias(weights: &Tensors) -> Result<Vec<f32>> {
//!     Ok(weights.tensor("layer.bias")?.to_vec()?)
//! }
//!
//! #[pipeline]
//! fn training() -> Artifact<Vec<f32>> {
//!     bias(trained())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! # let stack = Stack::in_memory()?;
//! let run = training().on(&stack).quiet().run().await?;
//! assert_eq!(*run.output().await?, [0.5, -0.5]);
//! let artifact = run.step("trained")?.output("output")?;
//! assert_eq!(artifact.record().codec, "safetensors");
//! let statistics = artifact.statistics().ok_or("tensors have statistics")?;
//! assert_eq!(statistics.columns[1].to_string(), "layer.weight F32 [2, 3]");
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "ndarray")]
mod array;
mod codec;
mod element;
mod error;
mod read;
mod tensor;
mod tensors;
mod write;

pub use ::safetensors::Dtype;

pub use self::codec::Safetensors;
pub use self::element::Element;
pub use self::error::TensorError;
pub use self::tensor::Tensor;
pub use self::tensors::Tensors;
