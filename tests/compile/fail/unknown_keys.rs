use zen_core::prelude::*;

#[step(retries = 3, cache(expire = "1d"), retry(maximum = 3), owner = "me")]
fn trainer(rate: f64) -> f64 {
    rate
}

#[pipeline(chache = false)]
fn training() -> Artifact<f64> {
    trainer(0.5)
}

fn main() {}
