//! Slots at a fixed distance of elapsed time.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::ScheduleError;

/// The distance between slots, and what it is counted from when the schedule has no start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    /// In microseconds; at least 1000.
    micros: i64,
    /// The instant just before the first slot: slots are at `anchor + k * interval`, k >= 1.
    pub(super) anchor: Option<DateTime<Utc>>,
}

impl Interval {
    /// The shortest interval, in microseconds.
    const SHORTEST: i64 = 1000;

    /// Cut to microseconds.
    pub(super) fn new(interval: Duration) -> Result<Self, ScheduleError> {
        if interval.is_zero() {
            return Err(ScheduleError::ZeroInterval);
        }
        let micros =
            i64::try_from(interval.as_micros()).map_err(|_| ScheduleError::IntervalTooLong { interval })?;
        match micros < Self::SHORTEST {
            true => Err(ScheduleError::IntervalTooShort { interval }),
            false => Ok(Self { micros, anchor: None }),
        }
    }

    pub(super) fn duration(&self) -> Duration {
        Duration::from_micros(self.micros.unsigned_abs())
    }

    /// The next slot strictly after an instant; none beyond what an instant can be. `start` is the first slot and the anchor at once.
    pub(super) fn next_after(
        &self,
        time: DateTime<Utc>,
        start: Option<DateTime<Utc>>,
    ) -> Option<DateTime<Utc>> {
        let (anchor, first) = match (start, self.anchor) {
            (Some(start), _) => (start, 0),
            (None, Some(anchor)) => (anchor, 1),
            (None, None) => (super::instant::micros(&time), 1),
        };
        // Instants are within ±2^63 microseconds, so their difference needs one bit more.
        let elapsed = i128::from(time.timestamp_micros()) - i128::from(anchor.timestamp_micros());
        let count = (elapsed.div_euclid(i128::from(self.micros)) + 1).max(first);
        let offset = i64::try_from(count * i128::from(self.micros)).ok()?;
        anchor.checked_add_signed(TimeDelta::microseconds(offset))
    }
}
