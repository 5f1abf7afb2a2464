use zen_core::prelude::*;

struct Model;

#[derive(Outputs)]
struct Trained {
    model: Model,
    score: f64,
}

fn main() {}
