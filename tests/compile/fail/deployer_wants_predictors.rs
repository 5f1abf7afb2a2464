use zen_core::deploy::{DeployConfig, model_deployer};
use zen_core::prelude::*;

#[derive(Serialize, Deserialize)]
struct Line(f64);

#[step]
fn trainer() -> Line {
    Line(1.0)
}

#[pipeline]
fn deployment() -> Artifact<Service<Line>> {
    model_deployer(true, trainer(), DeployConfig::named("line"))
}

fn main() {}
