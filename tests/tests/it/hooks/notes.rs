//! What the hooks of a test were called for: a component of the stack.

use std::sync::{Arc, Mutex};

use zen_core::graph::Component;
use zen_core::metadata::HookRecord;
use zen_core::prelude::*;

#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<Vec<String>>);

impl Notes {
    pub(super) fn add(&self, note: impl Into<String>) {
        self.0.lock().unwrap().push(note.into());
    }

    /// What was noted since the last call.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    pub(super) fn has(&self, note: &str) -> bool {
        self.0.lock().unwrap().iter().any(|known| known == note)
    }
}

pub(super) fn component(notes: &Arc<Notes>) -> Component {
    Component::new("test", "notes", "notes", Arc::clone(notes))
}

pub(super) fn noting() -> (Stack, Arc<Notes>) {
    let notes = Arc::new(Notes::default());
    let stack = Stack::builder().component(component(&notes)).build().unwrap();
    (stack, notes)
}

fn note(event: &HookEvent, hook: &str) {
    let subject = event.step().unwrap_or("run");
    let notes = event.component::<Notes>().expect("the stack takes notes");
    notes.add(format!("{hook}: {subject} {}", event.outcome()));
}

pub(super) async fn notify(event: HookEvent) -> Result<()> {
    note(&event, "notify");
    Ok(())
}

pub(super) async fn page(event: HookEvent) -> Result<()> {
    // Others would be first, if hooks of one event were called at once.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    note(&event, "page");
    Ok(())
}

pub(super) async fn archive(event: HookEvent) -> Result<(), std::io::Error> {
    note(&event, "archive");
    Ok(())
}

/// What is recorded, in short: hook, step or run, event, error.
pub(super) fn recorded(run: &RunView) -> Vec<String> {
    let steps = run.steps().unwrap();
    let line = |hook: HookRecord| {
        assert_eq!(hook.run, Some(run.id()));
        assert!(hook.started <= hook.ended);
        let step = hook
            .step
            .map(|id| steps.iter().find(|step| step.id() == id).unwrap());
        let name = hook.hook.rsplit("::").next().unwrap();
        let error = hook.error.map(|error| format!(": {error}")).unwrap_or_default();
        format!(
            "{name} {} {}{error}",
            step.map_or("run", StepView::name),
            hook.event
        )
    };
    run.hooks().unwrap().into_iter().map(line).collect()
}

/// The run of an error.
pub(super) fn failed(stack: &Stack, error: &RunError) -> RunView {
    let run = match error {
        RunError::StepFailed { run, .. } | RunError::Cancelled { run, .. } => *run,
        error => panic!("{error}"),
    };
    Client::of(stack.clone()).run(run).unwrap()
}
