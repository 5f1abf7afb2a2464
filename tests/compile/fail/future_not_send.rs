use std::rc::Rc;

use zen_core::prelude::*;

#[step]
async fn score() -> f64 {
    let shared = Rc::new(1.0);
    std::future::ready(()).await;
    *shared
}

fn main() {}
