//! Plans as text.

use std::fmt;

use super::{CacheLevel, PlannedOutcome, RunPlan, RunReason};

impl fmt::Display for RunPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.pipeline)?;
        if let Some(run) = self.resumes {
            write!(f, ", which continues run {run}")?;
        }
        let width = self.steps.iter().map(|step| step.name.chars().count()).max();
        for step in &self.steps {
            write!(
                f,
                "\n  {:width$}  {}",
                step.name,
                step.outcome,
                width = width.unwrap_or(0).min(40)
            )?;
        }
        Ok(())
    }
}

impl PlannedOutcome {
    /// In a word: `hit`, `run`, `maybe`, `unknown`, `skipped`, `fails`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Hit { .. } => "hit",
            Self::Run { .. } => "run",
            Self::Maybe { .. } => "maybe",
            Self::Unknown { .. } => "unknown",
            Self::Skipped { .. } => "skipped",
            Self::Fails { .. } => "fails",
        }
    }
}

impl fmt::Display for PlannedOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.as_str())?;
        match self {
            Self::Hit { run, made, .. } => {
                write!(f, "made by run {run}")?;
                match made {
                    Some(made) => write!(f, " on {}", made.format("%Y-%m-%d %H:%M:%S UTC")),
                    None => Ok(()),
                }
            }
            Self::Run { reasons } | Self::Maybe { reasons } => {
                for (index, reason) in reasons.iter().enumerate() {
                    if index > 0 {
                        f.write_str("; ")?;
                    }
                    write!(f, "{reason}")?;
                }
                match self {
                    Self::Maybe { .. } => f.write_str(", unless the same bytes are made there"),
                    _ => Ok(()),
                }
            }
            Self::Unknown { within } => {
                write!(
                    f,
                    "it is a part of `{within}`, which depends on what is made before"
                )
            }
            Self::Skipped { reason } | Self::Fails { reason } => f.write_str(reason),
        }
    }
}

impl fmt::Display for RunReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CacheOff { by } => {
                let by = match by {
                    CacheLevel::Run => "for the whole run",
                    CacheLevel::Call => "by its call or the configuration",
                    CacheLevel::StepAttribute => "step attribute",
                    CacheLevel::PipelineAttribute => "pipeline attribute",
                };
                write!(f, "the cache is off ({by})")
            }
            Self::AskedFor => f.write_str("it is asked for by its name"),
            Self::NeverRun => f.write_str("it was never run before"),
            Self::Changed { since, fields } if fields.is_empty() => {
                write!(f, "its cache key is another one than in run {since}")
            }
            Self::Changed { since, fields } => {
                write!(f, "since run {since} these changed:")?;
                for (index, field) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma} {field}")?;
                }
                Ok(())
            }
            Self::NotCompleted { run, status } => write!(f, "in run {run} it is {status}"),
            Self::Expired { note } | Self::Gone { note } => f.write_str(note),
            Self::Upstream {
                input: Some(input),
                step,
            } => write!(f, "its input `{input}` comes from `{step}`, which runs"),
            Self::Upstream { input: None, step } => write!(f, "it waits for `{step}`, which runs"),
        }
    }
}
