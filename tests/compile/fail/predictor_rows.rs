use zen_core::prelude::*;

#[derive(Serialize, Deserialize)]
struct Line(f64);

#[derive(Serialize, Deserialize)]
struct Point {
    x: f64,
}

#[predictor]
impl Predictor for Line {
    type Input = Point;
    type Output = f64;

    fn predict(&self, batch: &[Point]) -> Result<Vec<f64>> {
        Ok(batch.iter().map(|point| point.x).collect())
    }
}

#[derive(Row)]
enum Shape {
    Round,
}

#[derive(Row)]
struct Nested {
    name: String,
    place: std::path::PathBuf,
}

fn main() {}
