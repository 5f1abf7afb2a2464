use zen_core::prelude::*;

struct Model {
    weights: Vec<f64>,
}

#[step]
fn score(model: &Model) -> f64 {
    model.weights[0]
}

fn main() {}
