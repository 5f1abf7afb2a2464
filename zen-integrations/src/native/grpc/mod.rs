//! The Open Inference Protocol (version 2) over gRPC: the service `inference.GRPCInferenceService`.
//!
//! [`router`] makes the service's routes, which stand beside those of HTTP on one port: gRPC clients speak HTTP/2 from
//! the first byte, and ask for paths below `/inference.GRPCInferenceService/`. What predicts is a [`Backend`].
//!
//! Tensors come typed or raw, one or the other for all inputs of a request, and go back in the same way; the types FP16 and
//! BF16 can only be raw. Errors are gRPC's statuses: see [`status`]. A client is in [`proto`].

mod backend;
mod codec;
mod contents;
mod engine;
#[rustfmt::skip]
#[allow(missing_docs, missing_debug_implementations, unreachable_pub, clippy::all)]
#[path = "generated.rs"]
pub mod proto;
mod request;
mod router;
mod service;
mod status;

pub use backend::Backend;
pub use codec::{MessageCodec, MessageDecoder};
pub use router::{GrpcLimits, router};
pub use status::status;
