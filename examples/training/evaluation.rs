//! How good the model is, and whether that is good enough.

use std::fmt;

use zen_core::prelude::*;

use crate::matrix::{Labels, Matrix};
use crate::model::Digits;

/// The digits: 0 to 9.
const CLASSES: usize = 10;

/// How often each digit was taken for each digit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Confusion {
    /// `counts[truth][answer]`.
    counts: [[u32; CLASSES]; CLASSES],
}

impl Confusion {
    /// Counts. Both are digits from 0 to 9.
    fn of(truth: &Labels, answers: &Labels) -> Result<Self> {
        if truth.0.len() != answers.0.len() {
            return Err(format!("{} labels but {} answers", truth.0.len(), answers.0.len()).into());
        }
        let mut counts = [[0; CLASSES]; CLASSES];
        for (&truth, &answer) in truth.0.iter().zip(&answers.0) {
            let cell = counts
                .get_mut(usize::from(truth))
                .and_then(|row| row.get_mut(usize::from(answer)));
            *cell.ok_or_else(|| format!("{truth} or {answer} is no digit from 0 to 9"))? += 1;
        }
        Ok(Self { counts })
    }

    fn total(&self) -> u32 {
        self.counts.iter().flatten().sum()
    }

    fn right(&self, class: usize) -> u32 {
        self.counts[class][class]
    }

    /// The share of right answers.
    fn accuracy(&self) -> Accuracy {
        let right: u32 = (0..CLASSES).map(|class| self.right(class)).sum();
        Accuracy(f64::from(right) / f64::from(self.total()))
    }

    /// The mean of the F1 of the digits that occur.
    fn macro_f1(&self) -> F1 {
        let f1 = |class: usize| {
            let truths: u32 = self.counts[class].iter().sum();
            let answers: u32 = self.counts.iter().map(|row| row[class]).sum();
            (truths + answers > 0).then(|| 2.0 * f64::from(self.right(class)) / f64::from(truths + answers))
        };
        let known: Vec<f64> = (0..CLASSES).filter_map(f1).collect();
        F1(known.iter().sum::<f64>() / known.len() as f64)
    }
}

impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads: String = (0..CLASSES).map(|class| format!("{class:>5}")).collect();
        writeln!(f, "  digit taken for{}", &heads[2..])?;
        for (class, row) in self.counts.iter().enumerate() {
            write!(f, "  {class:>5}    ")?;
            for (answer, count) in row.iter().enumerate() {
                match count {
                    0 if class != answer => write!(f, "{:>5}", ".")?,
                    count => write!(f, "{count:>5}")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// What the test says.
#[derive(Debug, Outputs)]
pub(crate) struct Evaluation {
    /// The share of right answers.
    pub(crate) accuracy: Accuracy,
    /// The mean of the F1 of all digits: a digit that is rarely recognised shows here though it be a rare one.
    pub(crate) macro_f1: F1,
    /// What was taken for what.
    pub(crate) confusion: Confusion,
}

/// Tests the model with images it has never seen.
#[step(depends(Digits, Matrix, Labels))]
pub(crate) async fn evaluator(
    ctx: &StepContext,
    model: &Digits,
    x: &Matrix,
    y: &Labels,
) -> Result<Evaluation> {
    let confusion = Confusion::of(y, &model.predict(x)?)?;
    let (accuracy, macro_f1) = (confusion.accuracy(), confusion.macro_f1());
    ctx.log(format!(
        "{} images, accuracy {accuracy:.4}, macro F1 {macro_f1:.4}",
        confusion.total()
    ));
    ctx.log_metric("val_accuracy", accuracy)?;
    ctx.log_metric("val_macro_f1", macro_f1)?;
    Ok(Evaluation {
        accuracy,
        macro_f1,
        confusion,
    })
}

/// Whether the model is worth deploying. The metric knows which way is better.
#[step]
pub(crate) fn deployment_trigger(accuracy: Accuracy, min_accuracy: f64) -> bool {
    accuracy.meets(min_accuracy)
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::model::{TrainerParams, trainer};

    /// The result of an asynchronous function that never waits.
    fn now<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("it waits"),
        }
    }

    #[test]
    fn scores_are_those_of_the_books() {
        let confusion = Confusion::of(&Labels(vec![0, 0, 0, 1]), &Labels(vec![0, 0, 1, 1])).unwrap();
        assert_eq!(confusion.accuracy(), Accuracy(0.75));
        // 0: precision 1, recall 2/3; 1: precision 1/2, recall 1.
        assert!((confusion.macro_f1().0 - (0.8 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn evaluates_and_logs() {
        let x = Matrix {
            columns: 1,
            values: vec![0.0, 1.0, 0.0, 1.0],
        };
        let y = Labels(vec![3, 8, 3, 8]);
        let params = TrainerParams {
            trees: 9,
            features: 1,
            ..TrainerParams::default()
        };
        let model = trainer(&x, &y, params).unwrap();
        let (ctx, said) = StepContext::recording();
        let evaluation = now(evaluator(&ctx, &model, &x, &y)).unwrap();
        assert_eq!(evaluation.accuracy, Accuracy(1.0));
        assert_eq!(
            said.metrics(),
            [("val_accuracy".to_owned(), 1.0), ("val_macro_f1".to_owned(), 1.0)]
        );
        assert!(now(evaluator(&StepContext::for_test(), &model, &x, &Labels(vec![3]))).is_err());
    }

    #[test]
    fn the_trigger_takes_the_bound_itself() {
        assert!(deployment_trigger(Accuracy(0.95), 0.95));
        assert!(!deployment_trigger(Accuracy(0.9499), 0.95));
        assert!(!deployment_trigger(Accuracy(f64::NAN), 0.0));
    }
}
