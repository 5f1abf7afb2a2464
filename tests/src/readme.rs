//! The programs of the README and of the guides, compiled as documentation tests.
#![doc = include_str!("../../README.md")]
#![doc = include_str!("../../docs/scheduler.md")]
#![doc = include_str!("../../docs/mlflow.md")]
