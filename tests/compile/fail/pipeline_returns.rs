use zen_core::prelude::*;

struct Model;

#[step]
fn trainer(rate: f64) -> f64 {
    rate
}

#[pipeline]
fn own_type() -> Model {
    Model
}

#[pipeline]
fn other_type() -> Artifact<String> {
    trainer(0.5)
}

#[pipeline]
fn no_return_type() {
    trainer(0.5)
}

fn main() {}
