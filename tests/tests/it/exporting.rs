//! Models that are written as ONNX say what they said in Rust: run by tract, and by onnxruntime.

mod agreement;
mod code;
mod digits;
mod expected;
mod labels;
mod onnxruntime;
mod random;
mod refused;
mod stored;
mod tensors;
