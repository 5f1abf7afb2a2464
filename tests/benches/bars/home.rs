//! A folder with a stack in it, gone with the value.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use tempfile::TempDir;
use tokio::runtime::Runtime;
use zen_core::graph::{Pipeline, PipelineOutput};
use zen_core::prelude::*;

/// A stack in files.
#[derive(Debug)]
pub(crate) struct Home {
    // Dropped before the folder it is in.
    stack: Stack,
    folder: TempDir,
}

impl Home {
    /// An empty one.
    pub(crate) fn new(power: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let stack = Stack::builder()
            .home(folder.path().join(".zen"))
            .survive_power_loss(power)
            .build();
        Self {
            stack: stack.expect("a stack"),
            folder,
        }
    }

    /// Runs a pipeline to its end.
    pub(crate) fn run<O: PipelineOutput>(&self, pipeline: Pipeline<O>) {
        let run = runtime().block_on(pipeline.on(&self.stack).quiet().run());
        assert_eq!(run.expect("a run that succeeds").status(), Status::Completed);
    }

    /// Runs a pipeline to its end, each step in a process of its own.
    pub(crate) fn run_isolated<O: PipelineOutput>(&self, pipeline: Pipeline<O>) {
        let launch = pipeline.on(&self.stack).isolation(Isolation::process()).quiet();
        let run = runtime().block_on(launch.run());
        assert_eq!(run.expect("a run that succeeds").status(), Status::Completed);
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join(".zen").join("metadata.db")
    }

    /// Where something else may be put beside it.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime"))
}

/// Numbers that no step has seen: a million apart, so that no two chains meet.
pub(crate) fn fresh() -> i64 {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed) * 1_000_000
}
