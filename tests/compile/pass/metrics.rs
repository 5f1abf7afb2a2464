//! Metrics of one's own.

use zen_core::prelude::*;

#[derive(Debug, Clone, Copy, Serialize, Deserialize, Metric)]
#[metric(lower_is_better)]
struct PinballLoss(f64);

#[derive(Debug, Clone, Copy, Metric)]
#[metric(higher_is_better, name = "top_5")]
pub struct Top5(pub f64);

fn main() {
    assert_eq!((PinballLoss::NAME, Top5::NAME), ("pinball_loss", "top_5"));
    assert!(PinballLoss(0.1).is_better_than(&PinballLoss(0.2)));
    assert!(Top5(0.9).meets(0.8));
}
