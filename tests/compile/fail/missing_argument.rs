use zen_core::prelude::*;

#[step]
fn trainer(x: &[f64], rate: f64) -> f64 {
    x.len() as f64 * rate
}

#[pipeline]
fn training() -> Artifact<f64> {
    trainer(vec![1.0])
}

fn main() {}
