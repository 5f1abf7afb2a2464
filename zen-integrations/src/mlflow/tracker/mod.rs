//! The experiment tracker.

mod artifact;
mod content;
mod flavor;
mod keys;
mod requests;
#[allow(clippy::module_inception)]
mod tracker;
mod values;
mod writer;

use flavor::MetricNames;
