//! The model: a random forest.

use clap::Args;
use smartcore::ensemble::random_forest_classifier::{
    RandomForestClassifier, RandomForestClassifierParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;
use zen_core::prelude::*;
use zen_core::tracked;

use crate::matrix::{Labels, Matrix};

/// What is trained.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub(crate) struct TrainerParams {
    /// How many trees vote
    #[arg(long, default_value_t = Self::default().trees)]
    pub(crate) trees: u16,

    /// How deep a tree may grow; without it, until its leaves are pure
    #[arg(long)]
    pub(crate) max_depth: Option<u16>,

    /// How many pixels, drawn anew each time, a tree may choose from when it divides
    #[arg(long, default_value_t = Self::default().features)]
    pub(crate) features: usize,

    /// For what is drawn at random
    #[arg(long, default_value_t = Self::default().seed)]
    pub(crate) seed: u64,
}

impl Default for TrainerParams {
    fn default() -> Self {
        Self {
            trees: 60,
            max_depth: None,
            features: 8,
            seed: 1,
        }
    }
}

type Forest = RandomForestClassifier<f64, u8, DenseMatrix<f64>, Vec<u8>>;

/// Tells which digit an image shows.
#[tracked]
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Digits {
    columns: usize,
    forest: Forest,
}

impl Digits {
    /// The digit on each image.
    ///
    /// # Errors
    /// When the images are of another size than those it was trained with.
    pub(crate) fn predict(&self, x: &Matrix) -> Result<Labels> {
        if x.columns != self.columns {
            return Err(format!(
                "the model knows images of {} pixels, not of {}",
                self.columns, x.columns
            )
            .into());
        }
        Ok(Labels(self.forest.predict(&dense(x)?)?))
    }
}

/// Grows the forest.
#[step(depends(Matrix, Labels))]
pub(crate) fn trainer(x: &Matrix, y: &Labels, params: TrainerParams) -> Result<Digits> {
    if x.height() != y.0.len() {
        return Err(format!("{} images but {} labels", x.height(), y.0.len()).into());
    }
    // smartcore takes these without a word and then panics, or returns a forest that always answers the same.
    if params.trees == 0 || params.max_depth == Some(0) {
        return Err(
            "a forest has at least one tree (`trees`), of a depth of at least 1 (`max_depth`)".into(),
        );
    }
    if !(1..=x.columns).contains(&params.features) {
        return Err(format!("`features` is {}, not from 1 to {}", params.features, x.columns).into());
    }
    let mut settings = RandomForestClassifierParameters::default()
        .with_n_trees(params.trees)
        .with_m(params.features)
        .with_seed(params.seed);
    settings.max_depth = params.max_depth;
    let forest = Forest::fit(&dense(x)?, &y.0, settings)?;
    Ok(Digits {
        columns: x.columns,
        forest,
    })
}

fn dense(x: &Matrix) -> Result<DenseMatrix<f64>> {
    Ok(DenseMatrix::new(x.height(), x.columns, x.values.clone(), false)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes that the first column tells apart.
    fn sample() -> (Matrix, Labels) {
        let values = (0..40)
            .flat_map(|i| [f64::from(i % 2), f64::from(i % 7)])
            .collect();
        (
            Matrix { columns: 2, values },
            Labels((0..40).map(|i| i % 2).collect()),
        )
    }

    fn small() -> TrainerParams {
        TrainerParams {
            trees: 5,
            features: 2,
            ..TrainerParams::default()
        }
    }

    #[test]
    fn learns_and_survives_storage() {
        let (x, y) = sample();
        let model = trainer(&x, &y, small()).unwrap();
        assert_eq!(model.predict(&x).unwrap(), y);
        let stored = serde_json::to_string(&model).unwrap();
        let model: Digits = serde_json::from_str(&stored).unwrap();
        assert_eq!(model.predict(&x).unwrap(), y);
    }

    #[test]
    fn the_same_parameters_give_the_same_forest() {
        let (x, y) = sample();
        let stored = |seed| {
            serde_json::to_string(&trainer(&x, &y, TrainerParams { seed, ..small() }).unwrap()).unwrap()
        };
        assert_eq!(stored(1), stored(1));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let (x, y) = sample();
        let refused = |params| trainer(&x, &y, params).unwrap_err().to_string();
        assert_eq!(
            refused(TrainerParams {
                features: 3,
                ..small()
            }),
            "`features` is 3, not from 1 to 2"
        );
        assert!(refused(TrainerParams { trees: 0, ..small() }).starts_with("a forest has at least one tree"));
        let error = trainer(&x, &Labels(vec![1]), small()).unwrap_err().to_string();
        assert_eq!(error, "40 images but 1 labels");
        let wide = Matrix {
            columns: 3,
            values: vec![0.0; 3],
        };
        let error = trainer(&x, &y, small())
            .unwrap()
            .predict(&wide)
            .unwrap_err()
            .to_string();
        assert_eq!(error, "the model knows images of 2 pixels, not of 3");
    }
}
