use zen_core::prelude::*;

mod steps {
    use zen_core::prelude::*;

    #[step]
    pub fn scorer(rate: f64) -> f64 {
        rate
    }
}

#[step]
fn trainer(rate: f64) -> f64 {
    rate
}

#[pipeline]
fn training() -> Artifact<Vec<f64>> {
    let models = [0.1, 0.2].map(trainer);
    let _ = [0.1, 0.2].map(steps::scorer);
    gather(models)
}

fn main() {}
