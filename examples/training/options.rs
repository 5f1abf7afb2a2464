//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::data::SplitParams;
use crate::model::TrainerParams;

/// Trains a classifier of handwritten digits, and says which steps were taken from the cache.
#[derive(Debug, Parser)]
#[command(name = "training")]
pub(crate) struct Options {
    /// The images: 64 pixels from 0 to 16 and the digit a line
    #[arg(long, value_name = "CSV", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/training/data/digits.csv"))]
    pub(crate) data: PathBuf,

    /// How the images are divided.
    #[command(flatten)]
    pub(crate) split: SplitParams,

    /// What is trained.
    #[command(flatten)]
    pub(crate) trainer: TrainerParams,

    /// The accuracy from which on the model is worth deploying; below it the exit code is 3
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = share)]
    pub(crate) min_accuracy: f64,

    /// Take nothing from the cache
    #[arg(long)]
    pub(crate) fresh: bool,

    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A number from 0 to 1.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("not a number from 0 to 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_parameters_defaults() {
        let options = Options::parse_from(["training"]);
        assert_eq!(
            (options.split, options.trainer),
            (SplitParams::default(), TrainerParams::default())
        );
    }

    #[test]
    fn shares_are_from_0_to_1() {
        assert_eq!(share("0.25"), Ok(0.25));
        for wrong in ["1.5", "-0.1", "NaN", "much"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
