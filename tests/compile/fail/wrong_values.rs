use zen_core::prelude::*;

#[step(timeout = "10 minutes", retry(delay = 3, backoff = 0.5, max = 0))]
fn durations() {}

#[step(timeout = "0s", cache(expires = "-1d"), version = true)]
fn more() {}

#[step(cache = "off", retry = "3", name = "", strict = true)]
fn kinds() {}

#[step(ignore(verbos), version = 1, version = 2)]
fn names(verbose: bool) {
    let _ = verbose;
}

#[step(outputs(a))]
fn too_few() -> (f64, f64) {
    (1.0, 2.0)
}

#[step(outputs(a, a))]
fn twice() -> (f64, f64) {
    (1.0, 2.0)
}

#[step(fallible)]
fn nothing() {}

fn main() {}
