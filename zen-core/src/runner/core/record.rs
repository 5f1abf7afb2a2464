//! What the run records of its steps.

use super::*;
use crate::graph::{StepFailure, parameters_json};
use crate::metadata::{Status, StepRecord};
use crate::runner::events::RunEvent;
use crate::runner::recorder::Told;
use crate::runner::state::{NotRun, Task};
use chrono::{DateTime, Utc};
use std::time::Duration;
use uuid::Uuid;

impl RunCore {
    pub(super) fn record_not_run(&self, step: NotRun) {
        let record = StepRecord {
            status: step.status,
            error: Some(step.reason.clone()),
            ..self.blank(step.node, &step.name, step.step)
        };
        self.recorder().ended(record, Vec::new(), None, None);
        self.tell(|| RunEvent::StepEnded {
            step: step.name,
            status: step.status,
            took: Duration::ZERO,
            error: Some(step.reason),
            element: step.element,
        });
    }

    /// A record of a step with what the graph knows of it.
    pub(crate) fn blank(&self, node: u32, name: &str, step: Uuid) -> StepRecord {
        let node = self.graph.get(node);
        StepRecord {
            id: step,
            run: self.settings.run,
            name: name.to_owned(),
            step: node.step().unwrap_or_default().to_owned(),
            node: node.id(),
            status: Status::Queued,
            attempt: 0,
            cache_key: None,
            key_fields: Vec::new(),
            cache_note: None,
            source_step: None,
            source_run: None,
            expires: None,
            parameters: parameters_json(node),
            started: None,
            ended: None,
            error: None,
            metadata: Default::default(),
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    pub(crate) fn record_retrying(
        &self,
        task: &Task,
        failure: &StepFailure,
        pause: Duration,
        started: DateTime<Utc>,
    ) {
        let record = StepRecord {
            status: Status::Retrying,
            attempt: task.attempt,
            started: Some(started),
            error: Some(failure.to_string()),
            ..self.blank(task.node, &task.name, task.step)
        };
        self.recorder().mark(record);
        self.tell(|| RunEvent::StepRetrying {
            step: task.name.clone(),
            attempt: task.attempt,
            pause,
            error: failure.to_string(),
            element: task.element,
        });
    }

    /// `told` hears when it is recorded.
    pub(crate) fn record_failed(
        &self,
        task: &Task,
        failure: &StepFailure,
        started: Option<DateTime<Utc>>,
        told: Option<Told>,
    ) {
        let record = StepRecord {
            status: Status::Failed,
            attempt: task.attempt,
            started,
            ended: Some(self.now()),
            error: Some(failure.to_string()),
            metadata: lock(&task.said.metadata).clone(),
            ..self.blank(task.node, &task.name, task.step)
        };
        self.record_end(task, record, failure, told);
    }

    pub(crate) fn record_end(
        &self,
        task: &Task,
        record: StepRecord,
        failure: &StepFailure,
        told: Option<Told>,
    ) {
        let status = record.status;
        self.recorder().ended(record, Vec::new(), None, told);
        let started = self.state().instance(task.instance).started;
        self.tell(|| RunEvent::StepEnded {
            step: task.name.clone(),
            status,
            took: started.map(|started| started.elapsed()).unwrap_or_default(),
            error: Some(failure.to_string()),
            element: task.element,
        });
    }
}
