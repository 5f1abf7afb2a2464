//! The behaviour of zen across its crates, seen from outside. One binary: a test file is a module of it.

// A test binary has no public interface; `pub` here only means "for the other modules".
#![allow(unreachable_pub)]

mod arrays;
mod big;
mod branches;
mod caching;
#[cfg(unix)]
mod cancelling;
#[cfg(unix)]
mod cli;
mod clients;
mod code;
mod codec;
#[cfg(unix)]
mod configured;
mod deploying;
mod exporting;
mod failures;
mod faults;
mod formats;
mod grpc;
mod hooks;
mod isolation;
mod language;
mod local_code;
mod metadata;
#[cfg(unix)]
mod mlflow_deployer;
mod mlflow_rest;
mod mlflow_runs;
mod named;
mod onnx;
mod planned;
mod processes;
#[cfg(unix)]
mod progress;
mod protocols;
mod prune;
mod running;
mod saying;
mod scale;
mod schedules;
mod secrets;
mod services;
mod serving;
mod stacks;
mod stopping;
mod stored;
mod stores;
mod support;
mod timing;
mod tracking;
