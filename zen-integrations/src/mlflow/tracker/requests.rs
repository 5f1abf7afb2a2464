//! A batch in calls that MLflow takes.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::mlflow::rest::{LogBatch, Tag};

/// The most of each, and of all, in one call.
const PARAMETERS: usize = 100;
const TAGS: usize = 100;
const ALL: usize = 1000;
/// The most bytes; MLflow takes a million.
const BYTES: usize = 900_000;

/// One value of a metric, as MLflow takes it.
#[derive(Debug, Serialize)]
pub(super) struct Metric {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) timestamp: i64,
    pub(super) step: i64,
}

/// What is put together, in the order in which it is logged.
#[derive(Debug)]
pub(super) struct Requests<'a> {
    run: &'a str,
    full: Vec<LogBatch<'a>>,
    open: LogBatch<'a>,
    bytes: usize,
}

impl<'a> Requests<'a> {
    /// Nothing yet, for this run.
    pub(super) fn new(run: &'a str) -> Self {
        Self {
            run,
            full: Vec::new(),
            open: empty(run),
            bytes: 0,
        }
    }

    pub(super) fn parameter(&mut self, parameter: &Tag) -> serde_json::Result<()> {
        let text = serde_json::value::to_raw_value(parameter)?;
        self.make_room(&text, |open| open.params.len() >= PARAMETERS);
        self.open.params.push(text);
        Ok(())
    }

    pub(super) fn tag(&mut self, tag: &Tag) -> serde_json::Result<()> {
        let text = serde_json::value::to_raw_value(tag)?;
        self.make_room(&text, |open| open.tags.len() >= TAGS);
        self.open.tags.push(text);
        Ok(())
    }

    pub(super) fn metric(&mut self, metric: &Metric) -> serde_json::Result<()> {
        let text = serde_json::value::to_raw_value(metric)?;
        self.make_room(&text, |_| false);
        self.open.metrics.push(text);
        Ok(())
    }

    /// Begins the next call when this one has no room.
    fn make_room(&mut self, text: &RawValue, is_full: impl Fn(&LogBatch<'a>) -> bool) {
        // A comma comes between.
        let size = text.get().len() + 1;
        let count = count(&self.open);
        if count > 0 && (count >= ALL || self.bytes + size > BYTES || is_full(&self.open)) {
            self.full.push(std::mem::replace(&mut self.open, empty(self.run)));
            self.bytes = 0;
        }
        self.bytes += size;
    }

    /// The calls, in order.
    pub(super) fn finish(mut self) -> Vec<LogBatch<'a>> {
        if count(&self.open) > 0 {
            self.full.push(self.open);
        }
        self.full
    }
}

fn empty(run: &str) -> LogBatch<'_> {
    LogBatch {
        run_id: run,
        ..LogBatch::default()
    }
}

fn count(batch: &LogBatch<'_>) -> usize {
    batch.metrics.len() + batch.params.len() + batch.tags.len()
}
