use zen_core::prelude::*;

#[step]
fn bounded<'a, T: Clone + 'a>(x: &'a T) -> T {
    x.clone()
}

#[step(retry(delay = "1s"))]
fn how_often<'a, T: Clone>(x: &'a T) -> T {
    x.clone()
}

fn main() {}
