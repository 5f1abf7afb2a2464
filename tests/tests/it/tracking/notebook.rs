//! A tracker that writes down what it is told, and fails as it is told.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;
use zen_core::metadata::Status;
use zen_core::prelude::*;
use zen_core::tracking::{
    ExperimentTracker, RunWriter, TrackedArtifact, TrackedBatch, TrackedRun, TrackingError,
};

/// What it was told of one run.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub runs: Vec<TrackedRun>,
    pub batches: Vec<TrackedBatch>,
    pub artifacts: Vec<(String, String, String)>,
    pub ends: Vec<(Status, DateTime<Utc>)>,
    pub lost: Vec<(String, Status)>,
    /// All calls, also those that failed.
    pub calls: usize,
}

/// What it does when it is called.
type Behaviour = Box<dyn Fn(&Call<'_>) -> Result<(), TrackingError> + Send + Sync>;

/// A call.
#[derive(Debug)]
pub enum Call<'a> {
    Begin,
    Log(&'a TrackedBatch),
    Artifact,
    End,
}

pub struct Notebook {
    page: Mutex<Page>,
    changed: Condvar,
    behaviour: Behaviour,
    pub queue: usize,
    pub flush: Duration,
}

impl fmt::Debug for Notebook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notebook")
    }
}

pub fn unavailable() -> TrackingError {
    TrackingError::Unavailable {
        location: "here".into(),
        reason: "it is asleep".into(),
        retry_after: None,
    }
}

pub fn refused() -> TrackingError {
    TrackingError::Refused {
        location: "here".into(),
        reason: "it doesn't like this".into(),
    }
}

pub fn denied() -> TrackingError {
    TrackingError::Denied {
        location: "here".into(),
        reason: "it doesn't know you".into(),
    }
}

impl Notebook {
    pub fn new(behaviour: impl Fn(&Call<'_>) -> Result<(), TrackingError> + Send + Sync + 'static) -> Self {
        Self {
            page: Mutex::default(),
            changed: Condvar::new(),
            behaviour: Box::new(behaviour),
            queue: 100_000,
            flush: Duration::from_secs(60),
        }
    }

    pub fn page(&self) -> MutexGuard<'_, Page> {
        self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn called(&self, call: &Call<'_>) -> Result<(), TrackingError> {
        self.page().calls += 1;
        self.changed.notify_all();
        (self.behaviour)(call)
    }

    /// The metrics as `step.name=value@index`, in the order they came.
    pub fn metrics(&self) -> Vec<String> {
        let page = self.page();
        let metrics = page.batches.iter().flat_map(|batch| &batch.metrics);
        metrics
            .map(|metric| {
                format!(
                    "{}.{}={}@{}",
                    metric.step, metric.name, metric.value, metric.index
                )
            })
            .collect()
    }

    /// The parameters as `name=value`.
    pub fn parameters(&self) -> Vec<String> {
        let page = self.page();
        let parameters = page.batches.iter().flat_map(|batch| &batch.parameters);
        parameters
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }
}

/// Steps can hold it back.
#[derive(Debug, Default)]
pub struct Gate {
    open: Mutex<bool>,
    changed: Condvar,
}

impl Gate {
    pub fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.changed.notify_all();
    }

    pub fn pass(&self) {
        let mut open = self.open.lock().unwrap();
        while !*open {
            open = self.changed.wait(open).unwrap();
        }
    }
}

/// What is put into a stack.
#[derive(Debug, Clone)]
pub struct Shared(pub Arc<Notebook>);

impl ExperimentTracker for Shared {
    fn location(&self) -> String {
        "here".into()
    }

    fn begin(&self, run: &TrackedRun) -> Result<Box<dyn RunWriter>, TrackingError> {
        self.0.called(&Call::Begin)?;
        self.0.page().runs.push(run.clone());
        Ok(Box::new(Writer {
            notebook: Arc::clone(&self.0),
            id: format!("page-{}", run.id),
        }))
    }

    fn end_lost(&self, id: &str, status: Status, _: DateTime<Utc>) -> Result<(), TrackingError> {
        self.0.page().lost.push((id.to_owned(), status));
        Ok(())
    }

    fn batch_size(&self) -> usize {
        10
    }

    fn queue_size(&self) -> usize {
        self.0.queue
    }

    fn flush_timeout(&self) -> Duration {
        self.0.flush
    }
}

#[derive(Debug)]
struct Writer {
    notebook: Arc<Notebook>,
    id: String,
}

impl RunWriter for Writer {
    fn id(&self) -> &str {
        &self.id
    }

    fn url(&self) -> Option<String> {
        Some(format!("here/{}", self.id))
    }

    fn log(&mut self, batch: &TrackedBatch) -> Result<(), TrackingError> {
        assert!(batch.len() <= 10 && !batch.is_empty(), "{batch:?}");
        self.notebook.called(&Call::Log(batch))?;
        self.notebook.page().batches.push(batch.clone());
        Ok(())
    }

    fn log_artifact(&mut self, artifact: &TrackedArtifact<'_>) -> Result<(), TrackingError> {
        self.notebook.called(&Call::Artifact)?;
        let entry = (
            artifact.step.to_owned(),
            artifact.output.to_owned(),
            artifact.artifact.record().type_name.clone(),
        );
        self.notebook.page().artifacts.push(entry);
        Ok(())
    }

    fn end(&mut self, status: Status, ended: DateTime<Utc>) -> Result<(), TrackingError> {
        self.notebook.called(&Call::End)?;
        self.notebook.page().ends.push((status, ended));
        Ok(())
    }
}

/// A stack in memory with this tracker; steps reach the gate.
pub fn stack(notebook: Notebook, gate: &Arc<Gate>) -> (Stack, Arc<Notebook>) {
    let notebook = Arc::new(notebook);
    let gate = zen_core::graph::Component::new("test", "gate", "gate", Arc::clone(gate));
    let stack = Stack::builder()
        .experiment_tracker(Arc::new(Shared(Arc::clone(&notebook))))
        .component(gate)
        .build()
        .unwrap();
    (stack, notebook)
}

/// The page of the run of this id.
pub fn page_of(run: Uuid) -> String {
    format!("page-{run}")
}
