//! What was not delivered.

use std::collections::BTreeMap;

use super::queue::Item;
use crate::metadata::Undelivered;
use crate::tracking::TrackedBatch;

/// More different things than this are counted together.
const NAMED: usize = 100;

/// Counts what was not delivered, by what it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Lost {
    counts: BTreeMap<String, u64>,
    others: u64,
}

impl Lost {
    pub(super) fn add(&mut self, what: String, count: u64) {
        match self.counts.len() < NAMED || self.counts.contains_key(&what) {
            true => *self.counts.entry(what).or_default() += count,
            false => self.others += count,
        }
    }

    pub(super) fn parameter(&mut self, name: &str) {
        self.add(format!("parameter `{name}`"), 1);
    }

    pub(super) fn metric(&mut self, step: &str, name: &str) {
        self.add(format!("metric `{name}` of step `{step}`"), 1);
    }

    pub(super) fn adopted(&mut self, step: &str) {
        self.add(format!("metrics of the cached step `{step}`"), 1);
    }

    pub(super) fn artifact(&mut self, step: &str, output: &str) {
        let what = match output {
            "" => format!("artifact of step `{step}`"),
            output => format!("artifact `{output}` of step `{step}`"),
        };
        self.add(what, 1);
    }

    pub(super) fn batch(&mut self, batch: &TrackedBatch) {
        batch.parameters.iter().for_each(|(name, _)| self.parameter(name));
        for metric in &batch.metrics {
            self.metric(&metric.step, &metric.name);
        }
        batch
            .tags
            .keys()
            .for_each(|key| self.add(format!("tag `{key}`"), 1));
    }

    /// Takes away what was delivered after all, or counted elsewhere.
    pub(super) fn without(&mut self, batch: &TrackedBatch) {
        let mut other = Self::default();
        other.batch(batch);
        for (what, count) in other.counts {
            if let Some(own) = self.counts.get_mut(&what) {
                *own = own.saturating_sub(count);
            }
        }
        self.others = self.others.saturating_sub(other.others);
        self.counts.retain(|_, count| *count > 0);
    }

    pub(super) fn item(&mut self, item: &Item) {
        match item {
            Item::Parameter(name, _) => self.parameter(name),
            Item::Metric(metric) => self.metric(&metric.step, &metric.name),
            Item::Adopted { step, .. } => self.adopted(step),
            Item::Artifact { step, output, .. } => self.artifact(step, output),
        }
    }

    pub(super) fn all(&mut self, other: Lost) {
        for (what, count) in other.counts {
            self.add(what, count);
        }
        self.others += other.others;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.others == 0
    }

    /// For the record.
    pub(super) fn into_list(self) -> Vec<Undelivered> {
        let named = self.counts.into_iter();
        let others = (self.others > 0).then(|| ("other things".to_owned(), self.others));
        named
            .chain(others)
            .map(|(what, count)| Undelivered { what, count })
            .collect()
    }
}

/// For people: the first few.
pub(super) fn told(undelivered: &[Undelivered]) -> String {
    const SHOWN: usize = 4;
    let one = |entry: &Undelivered| match entry.count {
        1 => entry.what.clone(),
        count => format!("{} ({count})", entry.what),
    };
    let mut text: Vec<_> = undelivered.iter().take(SHOWN).map(one).collect();
    if undelivered.len() > SHOWN {
        text.push(format!("and {} more", undelivered.len() - SHOWN));
    }
    text.join(", ")
}
