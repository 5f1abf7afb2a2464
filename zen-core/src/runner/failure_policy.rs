//! What a failure does to the rest of a run.

/// What becomes of the other steps when one fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailurePolicy {
    /// Nothing more starts, and what runs is stopped.
    FailFast,
    /// What depends on it, by a value or by `.after(..)`, is skipped; everything else goes on.
    #[default]
    StopDependents,
    /// As `StopDependents`, but steps that only wait for it (`.after(..)`) run.
    Continue,
}
