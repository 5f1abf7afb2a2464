use zen_core::prelude::*;

struct Trainer {
    rate: f64,
}

impl Trainer {
    #[step]
    fn train(&self, x: &[f64]) -> f64 {
        self.rate * x.len() as f64
    }
}

fn main() {}
