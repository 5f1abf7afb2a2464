//! Options of a step call: retries and the use of the cache.

use std::path::PathBuf;
use std::time::Duration;

/// How often and when a failed step is tried again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retry {
    /// How many attempts may follow the first one.
    pub max: u32,
    /// The pause before the second attempt.
    pub delay: Duration,
    /// The pause grows by this factor with every further attempt; 1.0 keeps it.
    pub backoff: f64,
    /// The longest pause.
    pub max_delay: Duration,
    /// Shortens each pause by a random part of up to a half, so that steps that failed together don't come back together.
    pub jitter: bool,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max: 0,
            delay: Duration::ZERO,
            backoff: 1.0,
            max_delay: Duration::from_secs(600),
            jitter: true,
        }
    }
}

impl From<u32> for Retry {
    fn from(max: u32) -> Self {
        Self {
            max,
            ..Self::default()
        }
    }
}

impl Retry {
    /// The pause before attempt `attempt` (2 is the first retry). `random` is a number from 0 to 1.
    pub(crate) fn pause(&self, attempt: u32, random: f64) -> Duration {
        let exponent = i32::try_from(attempt.saturating_sub(2)).unwrap_or(i32::MAX);
        let factor = self.backoff.max(0.0).powi(exponent);
        let seconds = (self.delay.as_secs_f64() * factor).min(self.max_delay.as_secs_f64());
        let seconds = if self.jitter {
            seconds * (1.0 - random.clamp(0.0, 1.0) / 2.0)
        } else {
            seconds
        };
        Duration::try_from_secs_f64(seconds).unwrap_or(self.max_delay)
    }
}

/// Whether and how a step's outputs are adopted from an earlier run instead of executing it.
///
/// Every part is optional: what is not given here comes from the next level (run, then call, then step, then pipeline).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CachePolicy {
    /// On or off. On by default.
    pub enabled: Option<bool>,
    /// Outputs older than this are not adopted.
    pub expires: Option<Duration>,
    /// Arguments that don't count.
    pub ignore: Option<Vec<String>>,
    /// Files and folders whose content counts, relative to the project's folder.
    pub files: Option<Vec<PathBuf>>,
    /// Whether the whole executable counts.
    pub strict: Option<bool>,
}

impl CachePolicy {
    /// Never adopts.
    pub fn off() -> Self {
        Self::from(false)
    }

    /// Adopts (the default).
    pub fn on() -> Self {
        Self::from(true)
    }

    /// Adopts what is younger than this.
    #[must_use]
    pub fn expires(mut self, age: Duration) -> Self {
        self.expires = Some(age);
        self
    }

    /// Leaves these arguments out of the key.
    #[must_use]
    pub fn ignore<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.ignore = Some(arguments.into_iter().map(Into::into).collect());
        self
    }

    /// Puts the content of these files and folders into the key.
    #[must_use]
    pub fn files<P: Into<PathBuf>>(mut self, files: impl IntoIterator<Item = P>) -> Self {
        self.files = Some(files.into_iter().map(Into::into).collect());
        self
    }

    /// Puts the digest of the whole executable into the key: always right, and every rebuild runs the step again.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = Some(strict);
        self
    }

    /// This policy, and what it leaves open from `lower`.
    #[must_use]
    pub fn over(&self, lower: &Self) -> Self {
        Self {
            enabled: self.enabled.or(lower.enabled),
            expires: self.expires.or(lower.expires),
            ignore: self.ignore.clone().or_else(|| lower.ignore.clone()),
            files: self.files.clone().or_else(|| lower.files.clone()),
            strict: self.strict.or(lower.strict),
        }
    }
}

impl From<bool> for CachePolicy {
    fn from(enabled: bool) -> Self {
        Self {
            enabled: Some(enabled),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let retry = Retry {
            max: 9,
            delay: Duration::from_secs(1),
            backoff: 2.0,
            max_delay: Duration::from_secs(5),
            jitter: false,
        };
        let pauses: Vec<_> = (2..6)
            .map(|attempt| retry.pause(attempt, 0.3).as_secs())
            .collect();
        assert_eq!(pauses, [1, 2, 4, 5]);
        assert_eq!(retry.pause(u32::MAX, 0.0), Duration::from_secs(5));
        assert_eq!(
            Retry {
                jitter: true,
                ..retry
            }
            .pause(2, 1.0),
            Duration::from_millis(500)
        );
        assert_eq!(
            Retry {
                backoff: f64::NAN,
                ..retry
            }
            .pause(4, 0.0),
            Duration::ZERO
        );
    }

    #[test]
    fn a_policy_keeps_what_it_says_and_takes_the_rest() {
        let call = CachePolicy::on();
        let step = CachePolicy::off().expires(Duration::from_secs(9));
        let both = call.over(&step);
        assert_eq!(
            (both.enabled, both.expires),
            (Some(true), Some(Duration::from_secs(9)))
        );
    }
}
