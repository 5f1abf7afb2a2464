//! Expansions are clean under strict lints.
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, rust_2018_idioms)]
#![forbid(unsafe_code)]

use zen_core::prelude::*;

/// Several outputs.
#[derive(Debug, Outputs)]
pub struct Split {
    /// One.
    pub train: Vec<f64>,
    /// Two.
    pub test: Vec<f64>,
}

/// A step.
///
/// See [`split`](fn@split) and [`Split`].
#[step]
pub fn split(rows: &[f64], share: f64) -> Result<Split> {
    let at = (rows.len() as f64 * share) as usize;
    Ok(Split { train: rows[..at].to_vec(), test: rows[at..].to_vec() })
}

/// Asynchronous.
#[step(retry(max = 1, delay = "1s", backoff = 1.0, jitter = true))]
pub async fn nothing() {}

#[step]
fn never_used() {}

#[step]
#[allow(clippy::too_many_arguments)]
fn eight(_a: u8, _b: u8, _c: u8, _d: u8, _e: u8, _f: u8, _g: u8, _h: u8) {}

/// A pipeline.
#[pipeline]
pub fn splitting(rows: Vec<f64>, share: f64) -> SplitArtifacts {
    nothing();
    eight(1, 2, 3, 4, 5, 6, 7, 8);
    #[expect(unused_variables)]
    let unused = 1;
    split(rows, share)
}

/// A constant.
#[zen_core::tracked]
pub const LIMIT: f64 = 1.0;

fn main() {
    let _ = splitting(vec![], LIMIT);
}
