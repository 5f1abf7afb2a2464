//! Models to deploy in tests.

use serde::{Deserialize, Serialize};
use zen_core::prelude::*;
use zen_core::serving::Row as _;
use zen_integrations::export::{ExportedOnnx, LinearRegression, RegressionOutput, ToOnnx};

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

/// A line that warms up badly is a file that is no model, for those who only have the file.
impl ToOnnx for Line {
    fn to_onnx(&self) -> Result<ExportedOnnx> {
        let Some(reason) = &self.cold else {
            let line = LinearRegression::new([self.slope], 0.0);
            return Ok(line.export_for(self, [("output", RegressionOutput::Value)])?);
        };
        let bytes = reason.clone().into_bytes();
        Ok(ExportedOnnx::new(
            bytes,
            f64::specs("input"),
            f64::specs("output"),
        ))
    }
}

zen_integrations::register_onnx!(Line);

/// The line, as if it had been trained.
#[step]
pub fn trainer(line: Line) -> Line {
    line
}

/// Deploys it.
#[pipeline]
pub fn deploying(line: Line, config: DeployConfig) -> Artifact<Service<Line>> {
    model_deployer(true, trainer(line), config)
}

/// Two numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Row)]
pub struct Pair {
    /// One.
    pub a: f64,
    /// The other.
    pub b: f64,
}

/// 0 in place of what no JSON can hold: that a prediction can't be told is its model's fault.
fn finite(number: f64) -> f64 {
    if number.is_finite() { number } else { 0.0 }
}

/// Adds pairs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pairs;

#[predictor]
impl Predictor for Pairs {
    type Input = Pair;
    type Output = f64;

    fn predict(&self, batch: &[Pair]) -> Result<Vec<f64>> {
        Ok(batch.iter().map(|pair| finite(pair.a + pair.b)).collect())
    }
}

/// The sum and the largest of four numbers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Vectors;

#[predictor]
impl Predictor for Vectors {
    type Input = [f32; 4];
    type Output = [f32; 2];

    fn predict(&self, batch: &[[f32; 4]]) -> Result<Vec<[f32; 2]>> {
        let predict = |row: &[f32; 4]| {
            let sum: f32 = row.iter().sum();
            let largest = row.iter().copied().fold(f32::MIN, f32::max);
            [sum, largest].map(|number| finite(number.into()) as f32)
        };
        Ok(batch.iter().map(predict).collect())
    }
}

/// Texts in capital letters.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Capitals;

#[predictor]
impl Predictor for Capitals {
    type Input = String;
    type Output = String;

    fn predict(&self, batch: &[String]) -> Result<Vec<String>> {
        Ok(batch.iter().map(|text| text.to_uppercase()).collect())
    }
}

/// What there is to say of a pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Row)]
pub struct Summary {
    /// The sum.
    pub total: f64,
    /// Whether the first number is the larger one.
    pub larger: bool,
    /// The numbers.
    pub both: [f64; 2],
    /// Of the sum.
    pub label: String,
    /// The sum without its fraction.
    pub whole: i64,
}

/// Summarises pairs: a model with several outputs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Summaries;

#[predictor]
impl Predictor for Summaries {
    type Input = Pair;
    type Output = Summary;

    fn predict(&self, batch: &[Pair]) -> Result<Vec<Summary>> {
        let totals = Pairs.predict(batch)?;
        let summary = |(pair, total): (&Pair, f64)| Summary {
            total,
            larger: pair.a > pair.b,
            both: [pair.a, pair.b].map(finite),
            label: if total < 0.0 { "negative" } else { "positive" }.into(),
            whole: total as i64,
        };
        Ok(batch.iter().zip(totals).map(summary).collect())
    }
}

/// Does what it is told: panics, hangs, fails, finds the input at fault, or answers with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Obedient;

#[predictor]
impl Predictor for Obedient {
    type Input = String;
    type Output = String;

    fn predict(&self, batch: &[String]) -> Result<Vec<String>> {
        for order in batch {
            match order.as_str() {
                "panic" => panic!("as told"),
                "hang" => loop {
                    std::thread::park();
                },
                "fail" => return Err("failed as told".into()),
                "refuse" => return Err(PredictError::input("refused as told").into()),
                "fewer" => return Ok(Vec::new()),
                _ => {}
            }
        }
        Ok(batch.to_vec())
    }
}
