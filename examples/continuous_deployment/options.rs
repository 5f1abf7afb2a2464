//! The command line.

use clap::{Parser, ValueEnum};
use zen_examples::digits::{EPOCHS, LR};

/// Trains a classifier of handwritten digits, serves it, and asks the server for predictions.
#[derive(Debug, Parser)]
#[command(name = "continuous_deployment")]
pub(crate) struct Options {
    /// Which of the two pipelines to run
    #[arg(long, value_enum, default_value_t = Config::DeployAndPredict)]
    pub(crate) config: Config,

    /// How often the trainer goes through all images
    #[arg(long, default_value_t = EPOCHS, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) epochs: u32,

    /// The learning rate
    #[arg(long, default_value_t = LR, value_parser = rate)]
    pub(crate) lr: f32,

    /// The accuracy from which on a model is deployed
    #[arg(long, value_name = "SHARE", default_value_t = 0.92, value_parser = share)]
    pub(crate) min_accuracy: f64,

    /// Another stack than the active one, as `zen stack list` shows them
    #[arg(long, value_name = "NAME")]
    pub(crate) stack: Option<String>,

    /// Stop the server instead
    #[arg(long)]
    pub(crate) stop_service: bool,
}

/// Which pipelines to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Config {
    /// Train a model and deploy it
    Deploy,
    /// Ask the server
    Predict,
    /// Both
    DeployAndPredict,
}

fn rate(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(rate),
        _ => Err("not a number above 0".into()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("not a number from 0 to 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_pipelines_run_unless_told_otherwise() {
        assert_eq!(Options::parse_from(["it"]).config, Config::DeployAndPredict);
        assert_eq!(
            Options::parse_from(["it", "--config", "predict"]).config,
            Config::Predict
        );
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused() {
        for wrong in [
            ["--epochs", "0"],
            ["--lr", "0"],
            ["--lr", "inf"],
            ["--lr", "NaN"],
            ["--min-accuracy", "1.5"],
            ["--min-accuracy", "NaN"],
        ] {
            assert!(
                Options::try_parse_from(["it", wrong[0], wrong[1]]).is_err(),
                "{wrong:?}"
            );
        }
    }
}
