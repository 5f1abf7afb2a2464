use zen_core::prelude::*;

#[predictor]
#[derive(Serialize, Deserialize)]
struct Line(f64);

#[derive(Serialize, Deserialize)]
struct Forest<T>(Vec<T>);

#[predictor]
impl<T: Send + Sync + 'static> Predictor for Forest<T> {
    type Input = f64;
    type Output = f64;

    fn predict(&self, batch: &[f64]) -> Result<Vec<f64>> {
        Ok(batch.to_vec())
    }
}

fn main() {}
