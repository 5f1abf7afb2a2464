use zen_core::prelude::*;

#[step]
fn trainer(ctx: &StepContext, rate: f64) -> f64 {
    let _ = ctx;
    rate
}

#[pipeline]
fn training() -> Artifact<f64> {
    trainer(0.5, 10)
}

fn main() {}
