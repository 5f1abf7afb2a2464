//! Looking for what is refused.

use crate::tracking::TrackedBatch;

/// The first half of a batch, and the second.
pub(super) fn halves(mut batch: TrackedBatch) -> (TrackedBatch, TrackedBatch) {
    let half = batch.len() / 2;
    let parameters = half.min(batch.parameters.len());
    let metrics = (half - parameters).min(batch.metrics.len());
    let tags = half - parameters - metrics;
    let later_tags = match batch.tags.keys().nth(tags).cloned() {
        Some(key) => batch.tags.split_off(&key),
        None => Default::default(),
    };
    let second = TrackedBatch {
        parameters: batch.parameters.split_off(parameters),
        metrics: batch.metrics.split_off(metrics),
        tags: later_tags,
    };
    (batch, second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::TrackedMetric;

    #[test]
    fn halves_are_the_whole() {
        for (parameters, metrics, tags) in [(0, 0, 2), (1, 1, 0), (3, 0, 1), (0, 5, 4), (2, 7, 3)] {
            let batch = TrackedBatch {
                parameters: (0..parameters).map(|n| (n.to_string(), String::new())).collect(),
                metrics: (0..metrics)
                    .map(|index| TrackedMetric {
                        step: "s".into(),
                        name: "m".into(),
                        value: 0.0,
                        at: Default::default(),
                        index,
                    })
                    .collect(),
                tags: (0..tags).map(|n| (n.to_string(), String::new())).collect(),
            };
            let (mut first, second) = halves(batch.clone());
            assert!(!first.is_empty() && !second.is_empty(), "{first:?} {second:?}");
            assert!(first.len().abs_diff(second.len()) <= 1);
            first.parameters.extend(second.parameters);
            first.metrics.extend(second.metrics);
            first.tags.extend(second.tags);
            assert_eq!(first, batch);
        }
    }
}
