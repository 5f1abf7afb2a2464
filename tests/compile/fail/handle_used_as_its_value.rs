use zen_core::prelude::*;

#[step]
fn score(rate: f64) -> f64 {
    rate
}

#[step]
fn good(rate: f64) -> bool {
    rate > 0.5
}

#[step]
fn deploy(score: f64) -> String {
    score.to_string()
}

#[pipeline]
fn compared() -> Artifact<String> {
    if score(0.5) > 0.5 {
        return deploy(1.0);
    }
    deploy(2.0)
}

#[pipeline]
fn condition() -> Artifact<String> {
    if good(0.5) {
        return deploy(1.0);
    }
    deploy(2.0)
}

fn main() {}
