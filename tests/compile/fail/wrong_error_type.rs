use zen_core::prelude::*;

struct NoError;

#[step]
fn score() -> std::result::Result<f64, NoError> {
    Err(NoError)
}

fn main() {}
