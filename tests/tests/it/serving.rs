//! The native prediction server, over real sockets.

mod access;
mod answers;
mod engine;
mod grpc;
mod host;
mod http2;
mod limits;
mod memory;
mod models;
mod options;
mod stages;
mod wire;
