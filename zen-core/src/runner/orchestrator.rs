//! The orchestrator of a stack: how and where steps are executed, unless a run says otherwise.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Executor, FailurePolicy, InProcess};
use crate::stack::{ComponentKind, ComponentType, Flavor, Opened, Opening};

/// How and where steps are executed, unless a run says otherwise. A component of the stack.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Orchestrator {
    /// Executes the bodies of steps.
    pub executor: Arc<dyn Executor>,
    /// How many attempts may be made at once; without, the number of processors, and at least 4.
    pub parallel: Option<usize>,
    /// What becomes of the other steps when one fails.
    pub failure: FailurePolicy,
}

impl Orchestrator {
    /// One that executes with this.
    pub fn new(executor: Arc<dyn Executor>) -> Self {
        Self {
            executor,
            parallel: None,
            failure: FailurePolicy::default(),
        }
    }
}

/// The kind of [orchestrators](Orchestrator).
#[derive(Debug)]
pub struct OrchestratorKind;

impl ComponentKind for OrchestratorKind {
    const TYPE: ComponentType = ComponentType::Orchestrator;
    type Value = Orchestrator;
}

struct Local;

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct Config {
    /// How many steps run at once. Without, the number of processors, and at least 4.
    parallel: Option<std::num::NonZeroU16>,
    /// What becomes of the other steps when one fails.
    failure: Failure,
}

#[derive(Deserialize, serde::Serialize, JsonSchema, Default, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Failure {
    #[default]
    StopDependents,
    Continue,
    FailFast,
}

impl Flavor for Local {
    type Kind = OrchestratorKind;
    type Config = Config;
    const NAME: &'static str = "local";
    const DOC: &'static str =
        "Steps run in the program that starts the run, or in processes of their own on this machine.";
    const DEFAULT: bool = true;

    fn open(config: Config, _: &Opening<'_>) -> Opened<Orchestrator> {
        Ok(Orchestrator {
            parallel: config.parallel.map(|parallel| usize::from(parallel.get())),
            failure: match config.failure {
                Failure::StopDependents => FailurePolicy::StopDependents,
                Failure::Continue => FailurePolicy::Continue,
                Failure::FailFast => FailurePolicy::FailFast,
            },
            ..Orchestrator::new(Arc::new(InProcess))
        })
    }

    fn location(_: &Config, _: &Opening<'_>) -> String {
        "this machine".to_owned()
    }
}

crate::register_flavor!(Local);
