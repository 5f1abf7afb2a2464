use zen_core::prelude::*;

#[derive(Serialize, Deserialize, Outputs)]
struct Split {
    train: Vec<f64>,
    test: Vec<f64>,
}

#[step]
fn split() -> Split {
    Split { train: vec![], test: vec![] }
}

fn main() {}
