//! What several tests need.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use zen_core::prelude::*;

/// A stack in memory, and the project's folder is nobody's.
pub fn memory() -> Stack {
    Stack::in_memory().unwrap()
}

/// A stack in files, gone with the folder.
pub fn files() -> (tempfile::TempDir, Stack) {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::builder().home(folder.path().join(".zen")).build().unwrap();
    (folder, stack)
}

/// Counts calls of steps; passed to them as a component of the stack.
#[derive(Debug, Default)]
pub struct Calls(AtomicUsize);

impl Calls {
    pub fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// A stack in memory with a counter that steps reach by [`count`].
pub fn counting() -> (Stack, Arc<Calls>) {
    let calls = Arc::new(Calls::default());
    let component = zen_core::graph::Component::new("test", "calls", "counter", Arc::clone(&calls));
    (Stack::builder().component(component).build().unwrap(), calls)
}

/// Counts one call; returns how many there were before.
pub fn count(context: &StepContext) -> usize {
    context
        .component::<Calls>()
        .expect("the stack has a counter")
        .0
        .fetch_add(1, Ordering::SeqCst)
}

/// Waits until something is so that another thread or process brings about.
///
/// # Panics
/// When it isn't so after a minute, which is far longer than it can take: better than hanging.
#[track_caller]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so() {
        assert!(begun.elapsed().as_secs() < 60, "waited a minute in vain: {what}");
        std::thread::yield_now();
    }
}

/// [`eventually`], without blocking the runtime.
#[track_caller]
pub fn eventually_async(what: &str, mut is_so: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let begun = std::time::Instant::now();
    let what = what.to_owned();
    async move {
        while !is_so() {
            assert!(begun.elapsed().as_secs() < 60, "waited a minute in vain: {what}");
            tokio::task::yield_now().await;
        }
    }
}
