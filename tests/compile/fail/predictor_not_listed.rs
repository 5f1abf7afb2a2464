use zen_core::prelude::*;

#[derive(Serialize, Deserialize)]
struct Line(f64);

impl Predictor for Line {
    type Input = f64;
    type Output = f64;

    fn predict(&self, batch: &[f64]) -> Result<Vec<f64>> {
        Ok(batch.to_vec())
    }
}

fn main() {}
