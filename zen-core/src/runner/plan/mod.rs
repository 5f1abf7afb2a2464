//! What a run would do, without doing any of it.

mod look;
mod reasons;
mod show;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cache::FieldChange;
use crate::metadata::Status;

/// What a run would do now: made by [`Launch::plan`](super::Launch::plan). Its text is for people, its JSON for programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunPlan {
    /// The pipeline's name.
    pub pipeline: String,
    /// The run that would be continued.
    pub resumes: Option<Uuid>,
    /// The steps in the order in which the pipeline's body makes them; of a step inside a fan-out each element, as far as it is known how many there
    /// are.
    pub steps: Vec<PlannedStep>,
}

/// What would become of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedStep {
    /// Its name in the run: `trainer`, `score[3]`. Of a step inside a closure that can't be looked into, its name in the graph.
    pub name: String,
    /// Where the step function stands: `crate::module::function`.
    pub step: String,
    /// What would become of it.
    #[serde(flatten)]
    pub outcome: PlannedOutcome,
}

/// What would become of a step in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlannedOutcome {
    /// Its outputs are taken from an earlier run.
    Hit {
        /// The run that made them.
        run: Uuid,
        /// The step run that made them.
        step_run: Uuid,
        /// When.
        made: Option<DateTime<Utc>>,
    },
    /// It is executed.
    Run {
        /// Why.
        reasons: Vec<RunReason>,
    },
    /// That depends on what steps before it make: when they make the same bytes as before, it is taken from the cache, else it is executed.
    Maybe {
        /// On which ones.
        reasons: Vec<RunReason>,
    },
    /// It stands in the closure of a fan-out or a branch, and whether or how often it is executed depends on what steps before it make.
    Unknown {
        /// The fan-out or branch.
        within: String,
    },
    /// It is not executed.
    Skipped {
        /// Why not.
        reason: String,
    },
    /// It can't succeed.
    Fails {
        /// Why.
        reason: String,
    },
}

/// Why a step would be executed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunReason {
    /// The cache is off for it.
    CacheOff {
        /// Who says so.
        by: CacheLevel,
    },
    /// It is the one step that is asked for.
    AskedFor,
    /// No run of the pipeline has this step.
    NeverRun,
    /// It differs from what the newest run that has this step did.
    Changed {
        /// That run.
        since: Uuid,
        /// The fields of the cache key that differ.
        fields: Vec<FieldChange>,
    },
    /// The newest run that has this step, with the same key, has not completed it.
    NotCompleted {
        /// That run.
        run: Uuid,
        /// What became of the step there.
        status: Status,
    },
    /// Its outputs are too old.
    Expired {
        /// Which, and why.
        note: String,
    },
    /// Its outputs are gone or damaged, or can't be reached.
    Gone {
        /// Which, and why.
        note: String,
    },
    /// What it reads is made by a step that will be executed, or may be.
    Upstream {
        /// The argument; none when it only waits for that step.
        input: Option<String>,
        /// The step.
        step: String,
    },
}

/// Who says how a step uses the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CacheLevel {
    /// Whoever starts the run.
    Run,
    /// The call in the pipeline's body, or the run's configuration.
    Call,
    /// The step's attribute.
    StepAttribute,
    /// The pipeline's attribute.
    PipelineAttribute,
}
