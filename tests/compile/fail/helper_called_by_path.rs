use zen_core::prelude::*;

mod helpers {
    pub fn half(x: f64) -> f64 {
        x / 2.0
    }
}

#[step]
fn trainer(rate: f64) -> f64 {
    rate
}

#[pipeline]
fn training() -> Artifact<f64> {
    trainer(helpers::half(0.5))
}

fn main() {}
