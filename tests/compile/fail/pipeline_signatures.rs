use zen_core::prelude::*;

#[step]
fn trainer(rate: f64) -> f64 {
    rate
}

#[pipeline]
async fn asynchronous() -> Artifact<f64> {
    trainer(0.5)
}

#[pipeline]
fn value() -> f64 {
    0.5
}

#[pipeline]
fn pattern((rate, _): (f64, f64)) -> Artifact<f64> {
    trainer(rate)
}

#[pipeline]
fn result() -> Result<Artifact<f64>> {
    Ok(trainer(0.5))
}

fn main() {}
