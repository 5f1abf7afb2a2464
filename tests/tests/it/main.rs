//! The behaviour of zen across its crates, seen from outside. One binary: a test file is a module of it.

mod codec;
mod metadata;
