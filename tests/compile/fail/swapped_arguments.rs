use zen_core::prelude::*;

#[derive(Serialize, Deserialize)]
struct Matrix(Vec<f64>);

#[derive(Serialize, Deserialize)]
struct Labels(Vec<u8>);

#[step]
fn importer() -> (Matrix, Labels) {
    (Matrix(vec![]), Labels(vec![]))
}

#[step]
fn trainer(x: &Matrix, y: &Labels) -> f64 {
    (x.0.len() + y.0.len()) as f64
}

#[pipeline]
fn training() -> Artifact<f64> {
    let (x, y) = importer();
    trainer(y, x)
}

fn main() {}
