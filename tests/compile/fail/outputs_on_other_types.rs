use zen_core::prelude::*;

#[derive(Outputs)]
struct Pair(f64, f64);

#[derive(Outputs)]
struct Nothing;

#[derive(Outputs)]
enum Either {
    One(f64),
    Other(f64),
}

#[derive(Outputs)]
struct Borrowed<'a> {
    rows: &'a [f64],
}

#[derive(Outputs)]
#[outputs(handle = "Handles")]
struct Misspelt {
    rows: Vec<f64>,
}

fn main() {}
