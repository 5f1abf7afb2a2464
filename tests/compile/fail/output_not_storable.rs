use zen_core::prelude::*;

struct Model {
    weights: Vec<f64>,
}

#[step]
fn trainer(rate: f64) -> Model {
    Model { weights: vec![rate] }
}

#[step]
fn fallible_trainer(rate: f64) -> Result<Model> {
    Ok(Model { weights: vec![rate] })
}

#[step]
fn two(rate: f64) -> (f64, Model) {
    (rate, Model { weights: vec![rate] })
}

fn main() {}
