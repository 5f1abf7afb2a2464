//! The README's programs, compiled as documentation tests.
#![doc = include_str!("../../README.md")]
