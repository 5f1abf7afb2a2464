//! The rows of the metadata store: what is remembered of pipelines, runs, steps and artifacts.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::limits::{cut_shape, cut_summary};
use super::schedules::RunSlot;
use crate::artifact::{CodecInfo, Description, Digest, Statistics};

/// Where a run or a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// Known, not started.
    Queued,
    /// Being executed.
    Running,
    /// Not executed: the outputs of an earlier step with the same cache key were adopted.
    Cached,
    /// Executed, and everything it made is durable.
    Completed,
    /// Ended with an error.
    Failed,
    /// Not executed, because a branch was not taken or because of the failure policy.
    Skipped,
    /// An attempt failed and another one follows.
    Retrying,
    /// Stopped on request before it ended.
    Cancelled,
}

impl Status {
    /// All statuses.
    pub const ALL: [Status; 8] = [
        Status::Queued,
        Status::Running,
        Status::Cached,
        Status::Completed,
        Status::Failed,
        Status::Skipped,
        Status::Retrying,
        Status::Cancelled,
    ];

    /// The status in lower case, as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Queued => "queued",
            Status::Running => "running",
            Status::Cached => "cached",
            Status::Completed => "completed",
            Status::Failed => "failed",
            Status::Skipped => "skipped",
            Status::Retrying => "retrying",
            Status::Cancelled => "cancelled",
        }
    }

    /// Nothing more will happen.
    pub const fn is_final(self) -> bool {
        !matches!(self, Status::Queued | Status::Running | Status::Retrying)
    }

    /// Completed or cached: its outputs exist.
    pub const fn is_success(self) -> bool {
        matches!(self, Status::Completed | Status::Cached)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text names no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no status")]
pub struct ParseStatusError(pub String);

impl FromStr for Status {
    type Err = ParseStatusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Status::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| ParseStatusError(text.to_owned()))
    }
}

/// A pipeline: every run of the same name belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PipelineRecord {
    /// The pipeline's name, unique in a store.
    pub name: String,
    /// When it was first run.
    pub created: DateTime<Utc>,
    /// How many different graphs it has had.
    pub versions: u32,
    /// How many runs are recorded.
    pub runs: u64,
}

/// One graph a pipeline has had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PipelineVersionRecord {
    /// The pipeline.
    pub pipeline: String,
    /// 1 for the first graph.
    pub number: u32,
    /// The digest of the graph; the same graph is the same version.
    pub graph_hash: Digest,
    /// The graph as [`Pipeline::to_json`](crate::graph::Pipeline::to_json) gives it.
    pub graph: Value,
    /// When it was first run.
    pub created: DateTime<Utc>,
}

/// The program that executed a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramRecord {
    /// Where the executable was.
    pub path: String,
    /// The digest of its content, when it could be read.
    pub digest: Option<Digest>,
}

/// One execution of a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Time-ordered (UUID version 7).
    pub id: Uuid,
    /// The pipeline's name.
    pub pipeline: String,
    /// Which of the pipeline's graphs was run; see [`PipelineVersionRecord::number`].
    pub pipeline_version: u32,
    /// Where the pipeline function stands (`crate::module::function`), when it is registered and so can be started
    /// by name.
    pub pipeline_path: Option<String>,
    /// The digest of the graph that was run.
    pub graph_hash: Digest,
    /// The run's name, for people.
    pub name: String,
    /// Where it stands. The final status is written last, after everything the run made is durable.
    pub status: Status,
    /// The pipeline's arguments by name, for people; `null` for what JSON can't hold, and of a long one its length.
    pub arguments: Value,
    /// The arguments as zen's codec writes them, from which the pipeline can be built again. Of more than 16 KiB, only the digest of the object
    /// in the artifact store that they are: [`RunView::recorded_arguments`](crate::client::RunView::recorded_arguments) reads both.
    pub arguments_encoded: Vec<u8>,
    /// When it started.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// The name of the process's liveness lock; see [`crate::stack::Liveness`].
    pub process: Option<Uuid>,
    /// The process id.
    pub pid: u32,
    /// The machine's name.
    pub host: String,
    /// The user's name.
    pub user: String,
    /// The commit checked out in the working directory, if it is a git repository.
    pub git_commit: Option<String>,
    /// The version of zen.
    pub zen_version: String,
    /// The program.
    pub program: Option<ProgramRecord>,
    /// The run this one continues.
    pub resumed_from: Option<Uuid>,
    /// The slot of a schedule it is for.
    pub slot: Option<RunSlot>,
    /// Why it failed.
    pub error: Option<String>,
    /// It didn't end by itself: its process died, or could record nothing any more ([`Change::RunDied`](super::Change::RunDied)).
    pub died: bool,
    /// Free labels.
    pub tags: Vec<String>,
}

/// Somebody asked for a run to be cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelRequest {
    /// Who asked, for people.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Binds a name within a step to an artifact version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The argument's or the output's name.
    pub name: String,
    /// The artifact version.
    pub artifact: Uuid,
    /// For an element of a vector artifact (`each`): which one.
    pub element: Option<u64>,
}

/// One step of one run. A retried step is one record whose `attempt` rises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Time-ordered (UUID version 7).
    pub id: Uuid,
    /// The run it belongs to.
    pub run: Uuid,
    /// Unique in the run: `trainer`, `trainer_2`, `score[3]`.
    pub name: String,
    /// Where the step function stands: `crate::module::function`.
    pub step: String,
    /// The node of the graph.
    pub node: u32,
    /// Where it stands.
    pub status: Status,
    /// 1 for the first attempt; 0 when none was made.
    pub attempt: u32,
    /// The cache key, when one was computed.
    pub cache_key: Option<Digest>,
    /// The fields of the cache key, by name, shortened for people; what `explain` compares.
    pub key_fields: Vec<(String, String)>,
    /// Why the cache was not used, in words; empty on a hit.
    pub cache_note: Option<String>,
    /// For a cached step: the step whose outputs were adopted.
    pub source_step: Option<Uuid>,
    /// For a cached step: the run of that step.
    pub source_run: Option<Uuid>,
    /// When its outputs stop being adopted by later runs.
    pub expires: Option<DateTime<Utc>>,
    /// Parameters by name, as JSON for people; `null` for what JSON can't hold.
    pub parameters: Value,
    /// When the last attempt started.
    pub started: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// Why it failed, was skipped or was cancelled.
    pub error: Option<String>,
    /// What `StepContext::log_metadata` recorded.
    pub metadata: BTreeMap<String, Value>,
    /// Artifacts it read.
    pub inputs: Vec<Edge>,
    /// Artifacts it made or, when cached, adopted.
    pub outputs: Vec<Edge>,
}

/// One version of an artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArtifactRecord {
    /// Time-ordered (UUID version 7).
    pub id: Uuid,
    /// The artifact's name; several versions share it.
    pub name: String,
    /// 1, 2, 3.. within the name. Assigned by the store: 0 in a [`Change::Artifact`](super::Change::Artifact) not yet applied.
    pub number: u32,
    /// The digest of the encoded bytes.
    pub digest: Digest,
    /// The size of the encoded bytes.
    pub size: u64,
    /// The Rust type, as `std::any::type_name` gives it.
    pub type_name: String,
    /// The codec's name.
    pub codec: String,
    /// The codec's version.
    pub codec_version: u32,
    /// The media type of the bytes.
    pub media_type: String,
    /// Where the bytes are: `<store url>/objects/..`, or `inline:<digest>` when they are kept in the metadata store.
    pub uri: String,
    /// The value's shape, when the codec knows one.
    pub shape: Option<Vec<u64>>,
    /// One line about the value.
    pub summary: Option<String>,
    /// What stands in it, when the codec knows: rows and columns, of limited size.
    pub statistics: Option<Statistics>,
    /// The step that made it; none for an artifact saved outside any run.
    pub producer_step: Option<Uuid>,
    /// The run that made it.
    pub producer_run: Option<Uuid>,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Free labels.
    pub tags: Vec<String>,
    /// Free facts.
    pub metadata: BTreeMap<String, Value>,
}

impl ArtifactRecord {
    /// A version that is about to be stored; [`describe`](Self::describe) says of what.
    pub(crate) fn new(id: Uuid, name: String, digest: Digest, size: u64, created: DateTime<Utc>) -> Self {
        Self {
            id,
            name,
            number: 0,
            digest,
            size,
            type_name: String::new(),
            codec: String::new(),
            codec_version: 0,
            media_type: String::new(),
            uri: String::new(),
            shape: None,
            summary: None,
            statistics: None,
            producer_step: None,
            producer_run: None,
            created,
            tags: Vec::new(),
            metadata: BTreeMap::new(),
        }
    }

    pub(crate) fn describe(&mut self, type_name: &str, codec: CodecInfo, description: Description) {
        self.type_name = type_name.to_owned();
        self.codec = codec.name.to_owned();
        self.codec_version = codec.version;
        self.media_type = codec.media_type.to_owned();
        self.shape = description.shape.and_then(cut_shape);
        self.summary = description.summary.map(cut_summary);
        self.statistics = description.statistics.map(Statistics::limited);
    }
}

/// One value of a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricRecord {
    /// The step run that logged it.
    pub step: Uuid,
    /// The metric's name.
    pub name: String,
    /// The value; may be NaN or infinite.
    pub value: f64,
    /// 0, 1, 2.. within (step, name) when the caller gave none: an epoch or a batch number.
    pub position: u64,
    /// `Some(true)` for a metric that is better when higher, `Some(false)` when lower, `None` when it is not known.
    pub higher_is_better: Option<bool>,
    /// When it was logged.
    pub time: DateTime<Utc>,
}

/// One line of a step's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRecord {
    /// The step run that wrote it.
    pub step: Uuid,
    /// 0, 1, 2.. within the step run.
    pub line: u64,
    /// When it was written.
    pub time: DateTime<Utc>,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// Which module wrote it; `step` for `StepContext::log`.
    pub target: String,
    /// The message.
    pub message: String,
}
