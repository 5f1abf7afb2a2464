//! Models to deploy in tests.

use serde::{Deserialize, Serialize};
use zen_core::prelude::*;

/// A line whose slope tells which one it is, with what may go wrong.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// y = slope x.
    pub slope: f64,
    /// Warming up fails with this.
    pub cold: Option<String>,
    /// Warming up never ends.
    pub frozen: bool,
    /// What makes it large.
    pub padding: Vec<u8>,
}

impl Line {
    /// A line that works.
    pub fn new(slope: f64) -> Self {
        Self {
            slope,
            ..Self::default()
        }
    }
}

#[predictor]
impl Predictor for Line {
    type Input = f64;
    type Output = f64;

    fn predict(&self, batch: &[f64]) -> Result<Vec<f64>> {
        Ok(batch.iter().map(|x| self.slope * x).collect())
    }

    fn warm_up(&self) -> Result<()> {
        if self.frozen {
            loop {
                std::thread::park();
            }
        }
        match &self.cold {
            Some(reason) => Err(reason.clone().into()),
            None => Ok(()),
        }
    }
}

/// The line, as if it had been trained.
#[step]
pub fn trainer(line: Line) -> Line {
    line
}

/// Deploys it.
#[pipeline]
pub fn deploying(line: Line) -> Artifact<Service<Line>> {
    model_deployer(true, trainer(line), DeployConfig::named("line"))
}
