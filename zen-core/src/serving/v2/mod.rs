//! The tensors of the Open Inference Protocol, version 2, as REST carries them: JSON, and the binary tensor extension.
//!
//! Both sides are here: a server reads requests with [`parse_infer`] and answers with [`write_infer`]; a client writes with
//! [`write_request`] and reads with [`parse_answer`]. These are functions of bytes; whoever calls them does the input and output.
//!
//! ```
//! use zen_core::serving::{Datatype, Tensor, v2};
//!
//! let rows = Tensor::new("x", Datatype::Int32, vec![1, 2], vec![1, 0, 0, 0, 2, 0, 0, 0])?;
//! let (body, json_length) = v2::write_request(Some("42"), &[rows], false);
//! assert_eq!(body, br#"{"id":"42","inputs":[{"name":"x","shape":[1,2],"datatype":"INT32","data":[1,2]}]}"#);
//! assert_eq!(json_length, None);
//!
//! let mut request = v2::parse_infer(&body.into(), None)?;
//! let tensors = request.take_inputs();
//! let answer = v2::write_infer(&request, "echo", "1", tensors)?;
//! let text = br#"{"id":"42","model_name":"echo","model_version":"1","outputs":[{"name":"x","datatype":"INT32","shape":[1,2],"data":[1,2]}]}"#;
//! assert_eq!(answer.body, text[..]);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # What JSON holds
//!
//! `data` is flat or nested as the shape says, row by row. Whole numbers are written without a point and without an exponent, and
//! must be in the range of their type. `FP32` and `FP64` are rounded once, from the decimal digits, and a number beyond their range
//! is refused. JSON has no NaN and no infinity, and texts in their place are refused too: send them as binary. `FP16` and
//! `BF16` are only taken and given as binary, and so are byte strings that are no text.
//!
//! # Memory
//!
//! Nothing is allocated by what a shape or a size claims: reading needs at most a few times the body's size. Binary
//! tensors are parts of the body and not copied.

mod answer;
mod client;
mod data;
mod element;
mod error;
mod frame;
mod object;
mod parameters;
mod request;
mod scan;
mod write;

pub use answer::{InferAnswer, write_infer};
pub use client::{parse_answer, write_request};
pub use error::V2Error;
pub use request::{InferRequest, WantedOutput, parse_infer};
