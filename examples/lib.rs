//! The examples of zen live beside this file, one folder each: `cargo run --example hello`.
