use zen_core::prelude::*;

#[step]
fn trainer(rate: f64) -> f64 {
    rate
}

#[pipeline]
fn training() -> Artifact<f64> {
    trainer(&0.5)
}

fn main() {}
