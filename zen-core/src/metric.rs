//! Typed metrics: numbers that know which way is better.

use std::fmt;

use serde::{Deserialize, Serialize};

#[doc(no_inline)]
pub use zen_macros::Metric;

/// A number that measures a model and knows which way is better.
///
/// Metrics have no `<` and no `>`: they are compared by [`is_better_than`](Self::is_better_than) and
/// [`meets`](Self::meets), so that "deploy when the error is large" can't be written by accident. Derive it for a metric
/// of your own:
///
/// ```
/// use zen_core::prelude::*;
///
/// /// Pinball loss at the 90th percentile.
/// #[derive(Debug, Clone, Copy, Serialize, Deserialize, Metric)]
/// #[metric(lower_is_better)]
/// struct Pinball(f64);
///
/// assert!(Pinball(0.1).is_better_than(&Pinball(0.2)));
/// assert!(Accuracy(0.97).meets(0.9) && Mse(0.02).meets(0.05));
/// assert_eq!(Pinball::NAME, "pinball");
/// ```
pub trait Metric: Copy {
    /// The name under which it is logged.
    const NAME: &'static str;

    /// Whether a higher value is better.
    const HIGHER_IS_BETTER: bool;

    /// Makes one of a number.
    fn new(value: f64) -> Self;

    /// The number.
    fn value(&self) -> f64;

    /// Strictly better. NaN is never better than anything, and every number is better than NaN.
    fn is_better_than(&self, other: &Self) -> bool {
        let (mine, others) = (self.value(), other.value());
        match (mine.is_nan(), others.is_nan()) {
            (true, _) => false,
            (false, true) => true,
            (false, false) if Self::HIGHER_IS_BETTER => mine > others,
            (false, false) => mine < others,
        }
    }

    /// At least as good as this bound: not below it where higher is better, not above it where lower is. NaN meets nothing.
    fn meets(&self, bound: f64) -> bool {
        match Self::HIGHER_IS_BETTER {
            true => self.value() >= bound,
            false => self.value() <= bound,
        }
    }

    /// The better of two.
    #[must_use]
    fn best(self, other: Self) -> Self {
        match other.is_better_than(&self) {
            true => other,
            false => self,
        }
    }
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $type:ident $name:literal $higher:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type(pub f64);

        impl Metric for $type {
            const NAME: &'static str = $name;
            const HIGHER_IS_BETTER: bool = $higher;

            fn new(value: f64) -> Self {
                Self(value)
            }

            fn value(&self) -> f64 {
                self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

metrics! {
    /// The share of right answers, 0 to 1. Higher is better.
    Accuracy "accuracy" true;
    /// The mean of the recalls of all classes, 0 to 1. Higher is better.
    BalancedAccuracy "balanced_accuracy" true;
    /// The share of right ones among the positive answers, 0 to 1. Higher is better.
    Precision "precision" true;
    /// The share of the positives that were found, 0 to 1. Higher is better.
    Recall "recall" true;
    /// The harmonic mean of precision and recall, 0 to 1. Higher is better.
    F1 "f1" true;
    /// The area under the ROC curve, 0 to 1. Higher is better.
    RocAuc "roc_auc" true;
    /// The coefficient of determination, at most 1. Higher is better.
    R2 "r2" true;
    /// The mean squared error, in the target's unit squared. Lower is better.
    Mse "mse" false;
    /// The root of the mean squared error, in the target's unit. Lower is better.
    Rmse "rmse" false;
    /// The mean absolute error, in the target's unit. Lower is better.
    Mae "mae" false;
    /// The mean absolute percentage error, as a fraction. Lower is better.
    Mape "mape" false;
    /// The negative mean log-likelihood, in nats. Lower is better.
    LogLoss "log_loss" false;
}

/// What [`StepContext::log_metric`](crate::graph::StepContext::log_metric) takes: a typed metric or a plain number.
pub trait MetricValue {
    /// The number.
    fn number(&self) -> f64;

    /// Which way is better, when it is known.
    fn higher_is_better(&self) -> Option<bool>;
}

impl<T: Metric> MetricValue for T {
    fn number(&self) -> f64 {
        self.value()
    }

    fn higher_is_better(&self) -> Option<bool> {
        Some(T::HIGHER_IS_BETTER)
    }
}

macro_rules! plain_numbers {
    ($($type:ty),+) => {$(
        impl MetricValue for $type {
            fn number(&self) -> f64 {
                *self as f64
            }

            fn higher_is_better(&self) -> Option<bool> {
                None
            }
        }
    )+};
}

plain_numbers!(f64, f32, usize, u64, u32, i64, i32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_never_good() {
        assert!(!Accuracy(f64::NAN).meets(0.0));
        assert!(!Mse(f64::NAN).meets(1e300));
        assert!(!Mse(f64::NAN).is_better_than(&Mse(1.0)));
        assert!(Mse(1.0).is_better_than(&Mse(f64::NAN)));
        assert_eq!(Accuracy(f64::NAN).best(Accuracy(0.1)), Accuracy(0.1));
    }
}
