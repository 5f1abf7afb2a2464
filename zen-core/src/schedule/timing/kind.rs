//! The three kinds of schedules.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::cron::Expression;
use super::interval::Interval;

/// Which instants a schedule names, before its window is looked at.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A cron expression, which is read in the schedule's zone.
    Cron(Arc<Expression>),
    /// A fixed distance of elapsed time.
    Every(Interval),
    /// One instant.
    Once(DateTime<Utc>),
}
