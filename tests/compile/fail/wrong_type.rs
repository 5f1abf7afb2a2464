use zen_core::prelude::*;

#[step]
fn names() -> Vec<String> {
    vec!["a".to_owned()]
}

#[step]
fn trainer(x: &[f64], rate: f64) -> f64 {
    x.len() as f64 * rate
}

#[pipeline]
fn training() -> Artifact<f64> {
    trainer(names(), 0.5)
}

#[pipeline]
fn with_a_text() -> Artifact<f64> {
    trainer(vec![1.0], "0.5")
}

fn main() {}
