//! What steps may return.

use std::fmt;

use zen_core::artifact::{CodecError, CodecInfo};
use zen_core::prelude::*;

#[derive(Debug)]
struct Custom;

impl fmt::Display for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("custom")
    }
}

impl std::error::Error for Custom {}

type Outcome<T> = std::result::Result<T, Custom>;
type Named = std::result::Result<f64, Custom>;

/// Text as it is.
#[derive(Default)]
struct Plain;

impl Codec<f64> for Plain {
    fn info(&self) -> CodecInfo {
        CodecInfo { name: "plain", version: 1, media_type: "text/plain" }
    }
    fn encode(&self, value: &f64, out: &mut dyn std::io::Write) -> std::result::Result<(), CodecError> {
        Ok(write!(out, "{value}")?)
    }
    fn decode(&self, bytes: &[u8], _: u32) -> std::result::Result<f64, CodecError> {
        let text = std::str::from_utf8(bytes).map_err(|error| CodecError::Malformed(error.to_string()))?;
        text.parse().map_err(|_| CodecError::Malformed("no number".into()))
    }
}

/// A train and a test part.
#[derive(Outputs)]
struct Split {
    /// The first part.
    train: Vec<f64>,
    test: f64,
}

#[derive(Outputs)]
#[outputs(handles = "PairHandles")]
pub(crate) struct Pair<T: Clone> {
    pub left: T,
    pub(crate) right: Vec<T>,
}

#[step]
fn nothing() {}

#[step]
fn boxed() -> std::result::Result<f64, Box<dyn std::error::Error + Send + Sync>> {
    Err("why".into())
}

#[step]
fn io() -> std::io::Result<String> {
    std::fs::read_to_string("no such file")
}

#[step]
fn custom() -> std::result::Result<f64, Custom> {
    Err(Custom)
}

#[step]
fn text() -> std::result::Result<f64, String> {
    Err("text".to_owned())
}

#[step(fallible)]
fn outcome() -> Outcome<f64> {
    Err(Custom)
}

#[step(fallible)]
fn named() -> Named {
    Ok(1.0)
}

#[step(fallible, outputs(mean, spread = Plain))]
fn alias_of_two() -> Outcome<(f64, f64)> {
    Ok((1.0, 2.0))
}

#[step(outputs(mean, spread = Plain))]
fn two() -> Result<(f64, f64)> {
    Ok((1.0, 2.0))
}

#[step]
async fn three() -> (f64, String, Vec<u8>) {
    (1.0, String::new(), Vec::new())
}

#[step(outputs(score))]
fn renamed() -> f64 {
    1.0
}

#[step(outputs(score = Plain))]
fn renamed_with_codec() -> f64 {
    1.0
}

#[step]
fn split() -> Result<Split> {
    Ok(Split { train: vec![1.0], test: 2.0 })
}

#[step(outputs(test = Plain))]
fn split_with_codec() -> Split {
    Split { train: vec![1.0], test: 2.0 }
}

#[step(outputs(test = Plain, train))]
fn split_with_two() -> Split {
    Split { train: vec![1.0], test: 2.0 }
}

#[step]
fn pair() -> Pair<u8> {
    Pair { left: 1, right: vec![2] }
}

#[step]
fn optional(x: Option<f64>) -> Option<f64> {
    x
}

#[pipeline]
fn many() -> (Artifact<f64>, SplitArtifacts) {
    nothing();
    let (mean, _spread) = two().named("stats");
    let (_, _, bytes) = three();
    let parts = split().cache(false);
    let _: Artifact<Vec<f64>> = parts.train;
    let other: SplitArtifacts = split_with_codec();
    let _ = split_with_two();
    let PairHandles { left, right } = pair();
    let _ = (left, right, bytes, boxed(), io(), custom(), text(), outcome(), named(), renamed(), renamed_with_codec());
    let _ = alias_of_two();
    let _ = optional(Some(0.5));
    let _ = optional(None);
    (mean, other)
}

#[pipeline]
fn split_pipeline() -> SplitArtifacts {
    split()
}

fn main() {
    let pipeline = many();
    assert!(pipeline.graph().is_ok());
    assert!(split_pipeline().graph().is_ok());
    let names: Vec<_> = two::definition().outputs().map(str::to_owned).collect();
    assert_eq!(names, ["mean", "spread"]);
    let names: Vec<_> = renamed_with_codec::definition().outputs().map(str::to_owned).collect();
    assert_eq!(names, ["score"]);
    let names: Vec<_> = split_with_codec::definition().outputs().map(str::to_owned).collect();
    assert_eq!(names, ["train", "test"]);
}
