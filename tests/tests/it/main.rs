//! The behaviour of zen across its crates, seen from outside. One binary: a test file is a module of it.

mod branches;
mod caching;
mod code;
mod codec;
mod failures;
mod language;
mod metadata;
mod processes;
mod saying;
mod scale;
mod stored;
mod support;
