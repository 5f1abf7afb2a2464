use zen_core::prelude::*;

#[derive(Outputs)]
struct Split {
    train: Vec<f64>,
    test: Vec<f64>,
}

#[derive(Default)]
struct NoCodec;

#[step(outputs(train, tset))]
fn split() -> Split {
    Split { train: vec![], test: vec![] }
}

#[step(outputs(tset = NoCodec))]
fn split_again() -> Split {
    split()
}

#[step(outputs(score = NoCodec))]
fn score() -> f64 {
    1.0
}

struct Untracked;

#[step(depends(Untracked))]
fn untracked_type() {
    let _ = Untracked;
}

#[step(fallible)]
fn not_a_result() -> f64 {
    1.0
}

fn main() {}
