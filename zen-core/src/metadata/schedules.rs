//! The rows of schedules, of their slots and of the schedulers that fire them.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{ParseStatusError, ProgramRecord};

/// Where a schedule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ScheduleState {
    /// Its slots are fired as they come due.
    Active,
    /// Nothing is fired until somebody resumes it.
    Paused,
    /// No slot comes any more: its end has passed, or it has had all its runs.
    Ended,
}

impl ScheduleState {
    /// All states.
    pub const ALL: [ScheduleState; 3] = [ScheduleState::Active, ScheduleState::Paused, ScheduleState::Ended];

    /// The state in lower case, as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            ScheduleState::Active => "active",
            ScheduleState::Paused => "paused",
            ScheduleState::Ended => "ended",
        }
    }
}

impl fmt::Display for ScheduleState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ScheduleState {
    type Err = ParseStatusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ScheduleState::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| ParseStatusError(text.to_owned()))
    }
}

/// Where a slot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SlotState {
    /// To be fired as soon as a scheduler can.
    Queued,
    /// A scheduler has taken it, and fires it or waits for the end of its run.
    Claimed,
    /// Fired, and its run completed.
    Completed,
    /// Fired, and its run failed or could not be started.
    Failed,
    /// Fired, and its run was cancelled.
    Cancelled,
    /// Not fired, because of the overlap policy.
    Skipped,
    /// Not fired in time, and not to be made up for.
    Missed,
}

impl SlotState {
    /// All states.
    pub const ALL: [SlotState; 7] = [
        SlotState::Queued,
        SlotState::Claimed,
        SlotState::Completed,
        SlotState::Failed,
        SlotState::Cancelled,
        SlotState::Skipped,
        SlotState::Missed,
    ];

    /// The state in lower case, as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            SlotState::Queued => "queued",
            SlotState::Claimed => "claimed",
            SlotState::Completed => "completed",
            SlotState::Failed => "failed",
            SlotState::Cancelled => "cancelled",
            SlotState::Skipped => "skipped",
            SlotState::Missed => "missed",
        }
    }

    /// Nothing more will happen to it.
    pub const fn is_settled(self) -> bool {
        !matches!(self, SlotState::Queued | SlotState::Claimed)
    }

    /// It has led to a run, or to the attempt to start one.
    pub const fn has_fired(self) -> bool {
        matches!(
            self,
            SlotState::Completed | SlotState::Failed | SlotState::Cancelled
        )
    }
}

impl fmt::Display for SlotState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for SlotState {
    type Err = ParseStatusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        SlotState::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| ParseStatusError(text.to_owned()))
    }
}

/// A pipeline that is to be run again and again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScheduleRecord {
    /// Time-ordered (UUID version 7).
    pub id: Uuid,
    /// The schedule's name, unique in a store.
    pub name: String,
    /// Changes with everything that is written of the schedule or of one of its slots: the store's counter of such changes
    /// ([`MetadataStore::schedule_revision`](super::MetadataStore::schedule_revision)) at the last of them. Assigned by the store.
    pub revision: u64,
    /// The pipeline's name.
    pub pipeline: String,
    /// Where the pipeline function stands (`crate::module::function`).
    pub pipeline_path: String,
    /// When it is due and by which policies, as `zen_core::schedule::Schedule` writes it.
    pub timing: Value,
    /// How its runs are launched, what is called after them, when it is paused.
    pub options: Value,
    /// The pipeline's arguments by name, for people, as [`RunRecord::arguments`](super::RunRecord::arguments).
    pub arguments: Value,
    /// The arguments as zen's codec writes them, as [`RunRecord::arguments_encoded`](super::RunRecord::arguments_encoded): of large ones
    /// the digest of an object.
    pub arguments_encoded: Vec<u8>,
    /// The name of the stack it was made on.
    pub stack: String,
    /// The URL of that stack's artifact store, without credentials.
    pub artifacts: String,
    /// The program that has the pipeline; a copy is kept while the schedule refers to it.
    pub program: ProgramRecord,
    /// Where it stands.
    pub state: ScheduleState,
    /// Why it is paused or has ended.
    pub reason: Option<String>,
    /// What was due until then is decided: its slots are recorded, or belong to the time before the schedule.
    pub cursor: DateTime<Utc>,
    /// The latest time the cursor ever stood at: it goes back when the clock does.
    pub reached: DateTime<Utc>,
    /// How many of its slots were fired, by time: what [`max_runs`] counts. Those fired on request don't count.
    ///
    /// [`max_runs`]: crate::schedule::Schedule::max_runs
    pub fired: u64,
    /// How many runs have failed since the last one that completed.
    pub failures: u32,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When somebody changed it last.
    pub updated: DateTime<Utc>,
}

/// Why a slot is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SlotCause {
    /// The schedule was due.
    Due,
    /// Somebody asked for a run now.
    Trigger,
}

impl SlotCause {
    /// In lower case, as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            SlotCause::Due => "due",
            SlotCause::Trigger => "trigger",
        }
    }
}

impl fmt::Display for SlotCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for SlotCause {
    type Err = ParseStatusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [SlotCause::Due, SlotCause::Trigger]
            .into_iter()
            .find(|cause| cause.as_str() == text)
            .ok_or_else(|| ParseStatusError(text.to_owned()))
    }
}

/// One time a schedule was due, and what became of it. Slots in a row that were missed or skipped for the same reason may share a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlotRecord {
    /// Time-ordered (UUID version 7).
    pub id: Uuid,
    /// The schedule.
    pub schedule: Uuid,
    /// When it was due; of several, the first. Unique among a schedule's slots of cause [`SlotCause::Due`].
    pub due: DateTime<Utc>,
    /// When the last of them was due; `due` for a single one.
    pub last: DateTime<Utc>,
    /// How many they are.
    pub count: u64,
    /// Why it is there.
    pub cause: SlotCause,
    /// Where it stands.
    pub state: SlotState,
    /// It was, or is to be, fired although the following one was due already, or its time of grace had passed.
    pub late: bool,
    /// Why it was skipped or missed, or what went wrong.
    pub reason: Option<String>,
    /// The run it led to; of several attempts, the newest.
    pub run: Option<Uuid>,
    /// The fencing token: rises with every claim and with every takeover. Whoever has an older one can record nothing; see
    /// [`Change::SlotFenced`](super::Change::SlotFenced).
    pub token: u64,
    /// How often a scheduler died while it held this slot.
    pub deaths: u32,
    /// The scheduler that has, or had, the slot: [`SchedulerRecord::id`].
    pub holder: Option<Uuid>,
    /// When it was claimed last.
    pub claimed: Option<DateTime<Utc>>,
    /// When it was settled.
    pub ended: Option<DateTime<Utc>>,
}

/// A scheduler at work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchedulerRecord {
    /// Time-ordered (UUID version 7).
    pub id: Uuid,
    /// The name of its process's liveness lock; see [`crate::stack::Liveness`].
    pub process: Option<Uuid>,
    /// The process id.
    pub pid: u32,
    /// The machine's name.
    pub host: String,
    /// Rises while it holds slots, every few seconds. Another scheduler that sees it stand still for long enough, by its own
    /// monotonic clock, takes these slots over.
    pub beat: u64,
    /// When it started.
    pub started: DateTime<Utc>,
}

/// Which slot a run is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSlot {
    /// The schedule.
    pub schedule: Uuid,
    /// The schedule's name when the run started.
    pub name: String,
    /// The slot: [`SlotRecord::id`].
    pub slot: Uuid,
    /// When it was due.
    pub due: DateTime<Utc>,
}

/// Which schedules to list. The default lists all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScheduleFilter {
    /// Of this pipeline.
    pub pipeline: Option<String>,
    /// In this state.
    pub state: Option<ScheduleState>,
    /// Whose name follows this one: the name of the last one of the page before.
    pub after: Option<String>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// Which slots to list. The default lists all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlotFilter {
    /// Of this schedule.
    pub schedule: Option<Uuid>,
    /// In this state.
    pub state: Option<SlotState>,
    /// Only those that are settled, or only those that aren't.
    pub settled: Option<bool>,
    /// Whose last time due is this or later.
    pub from: Option<DateTime<Utc>>,
    /// That come after this slot in the list: the last one of the page before. None do when it is not recorded any more.
    pub before: Option<Uuid>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// What has changed about schedules since a revision.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScheduleChanges {
    /// The store's revision now.
    pub revision: u64,
    /// Schedules that were made, or of which or of whose slots something was written: by revision, the last one at the end.
    pub changed: Vec<ScheduleRecord>,
    /// All slots of these schedules that aren't settled, by schedule ([`ScheduleRecord::id`]) and time due.
    pub open: Vec<SlotRecord>,
    /// Schedules that were deleted, the last one at the end.
    pub deleted: Vec<Uuid>,
}

/// A function that was called after a step, a run or a slot, and how that went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HookRecord {
    /// Time-ordered (UUID version 7).
    pub id: Uuid,
    /// The run it was called after; none for a slot that led to no run.
    pub run: Option<Uuid>,
    /// The step it was called after; none for that of a run or a slot.
    pub step: Option<Uuid>,
    /// The slot it was called after; none for that of a step or a pipeline.
    pub slot: Option<Uuid>,
    /// The function: `crate::module::function`.
    pub hook: String,
    /// What it was called for: `success` or `failure`.
    pub event: String,
    /// When it was called.
    pub started: DateTime<Utc>,
    /// When it returned or was given up.
    pub ended: DateTime<Utc>,
    /// Why it failed.
    pub error: Option<String>,
}
