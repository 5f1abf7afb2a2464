//! Going through a graph as a run would, executing nothing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::runtime::Handle;

use super::{PlannedOutcome, PlannedStep, RunPlan, RunReason};
use crate::client::find_artifact;
use crate::graph::failure::chain;
use crate::graph::{Binding, FailureKind, Graph, Node, NodeId, NodeKind, PipelineOutput, StepFailure};
use crate::metadata::Status;
use crate::runner::adopt::Adopted;
use crate::runner::attempt::{condition_of, elements_of};
use crate::runner::core::{RunCore, Settings};
use crate::runner::held::Held;
use crate::runner::launch::blocking_start;
use crate::runner::resume::{Finished, resumed};
use crate::runner::state::{InputFrom, InstanceId, NotRun, Slot, Task, TaskInput, Work};
use crate::runner::{FailurePolicy, InProcess, Launch, Orchestrator, RunError};
use crate::stack::Stack;

impl<O: PipelineOutput> Launch<O> {
    /// What a run would do: which steps it would take from the cache, which it would execute, and why. Nothing is executed, recorded or locked.
    ///
    /// Fan-outs and branches are looked into as far as what they depend on is in the cache.
    ///
    /// ```
    /// use zen_core::prelude::*;
    ///
    /// #[step]
    /// fn load() -> u8 { 1 }
    /// #[step]
    /// fn double(x: u8) -> u8 { 2 * x }
    /// #[pipeline]
    /// fn doubling() -> Artifact<u8> { double(load()) }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let stack = Stack::in_memory()?;
    /// let plan = doubling().on(&stack).plan().await?;
    /// assert_eq!(plan.steps[0].outcome.as_str(), "run");
    /// assert_eq!(plan.steps[1].outcome.as_str(), "maybe"); // load may make what it made in a run of another pipeline
    ///
    /// doubling().on(&stack).quiet().run().await?;
    /// let plan = doubling().on(&stack).plan().await?;
    /// assert!(plan.steps.iter().all(|step| step.outcome.as_str() == "hit"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What a run would be refused for: a mistake in the graph, a stack that can't be opened, a run that can't be continued.
    pub async fn plan(self) -> Result<RunPlan, RunError> {
        let runtime = Handle::try_current().map_err(|error| RunError::Runtime(error.to_string()))?;
        let graph = self.checked()?;
        let only = self.part(&graph)?;
        let (asked, name) = (self.stack.clone(), self.pipeline.name.clone());
        let (hash, resume) = (graph.hash(), self.resume);
        let (stack, resumed) = blocking_start(move || {
            let stack = match asked {
                Some(stack) => stack,
                None => Stack::active()?,
            };
            // A run would be refused for it.
            stack.ready()?;
            let resumed = resumed(&stack, &name, hash, resume)?;
            Ok((stack, resumed))
        })
        .await?;
        let (resumes, finished) = resumed.map_or((None, Finished::new()), |(run, steps)| (Some(run), steps));
        let orchestrator = Orchestrator::new(Arc::new(InProcess));
        let settings = Settings {
            only,
            // What only waits for a step runs after it, whatever comes out.
            failure: FailurePolicy::Continue,
            ..self.settings(&stack, crate::ids::next(), String::new(), finished, &orchestrator)
        };
        let core = RunCore::unrecorded(
            settings,
            Arc::clone(&graph),
            stack,
            Arc::clone(&orchestrator.executor),
            runtime,
            None,
        );
        let pipeline = self.pipeline.name.clone();
        blocking_start(move || {
            let mut planner = Planner::new(core, graph);
            planner.go_through();
            Ok(RunPlan {
                pipeline,
                resumes,
                steps: planner.steps(),
            })
        })
        .await
    }
}

struct Planner {
    core: Arc<RunCore>,
    graph: Arc<Graph>,
    /// In the order in which they were decided.
    decided: Vec<(NodeId, PlannedStep)>,
    /// Nodes with instances, inside closures that were opened or skipped.
    seen: HashSet<NodeId>,
    /// Instances, and their nodes, whose outputs aren't known before the run.
    open: HashMap<InstanceId, String>,
    open_nodes: HashSet<NodeId>,
    /// Instances that are skipped, and why.
    skipped: HashMap<NodeId, String>,
}

/// Ends an instance whose outputs are not known.
fn unknown() -> StepFailure {
    StepFailure::new(FailureKind::Cancelled, "not known before the run")
}

impl Planner {
    fn new(core: Arc<RunCore>, graph: Arc<Graph>) -> Self {
        Self {
            core,
            graph,
            decided: Vec::new(),
            seen: HashSet::new(),
            open: HashMap::new(),
            open_nodes: HashSet::new(),
            skipped: HashMap::new(),
        }
    }

    fn go_through(&mut self) {
        loop {
            let (task, not_run) = {
                let mut state = self.core.state();
                let task = state.next();
                (task, std::mem::take(&mut state.not_run))
            };
            for step in not_run {
                self.not_run(step);
            }
            let Some(task) = task else { break };
            self.task(&task);
        }
        let left = std::mem::take(&mut self.core.state().not_run);
        for step in left {
            self.not_run(step);
        }
    }

    fn task(&mut self, task: &Task) {
        match &task.work {
            Work::Stored => self.stored(task),
            Work::Expand {
                vector,
                elements,
                extract,
            } => {
                let expanded = self.load(vector).and_then(|(slot, value)| {
                    let element = slot.element;
                    elements_of(&slot, value, element, elements, extract.as_ref())
                });
                match expanded {
                    Ok((slot, digests)) => self.core.state().expand(task.instance, &slot, &digests),
                    Err(failure) => self.fails(task, failure.message().to_owned()),
                }
            }
            Work::Branch { condition } => {
                let taken = self
                    .load(condition)
                    .map(|(slot, value)| condition_of(&*value, slot.element));
                match taken {
                    Ok(Some(taken)) => self.core.state().branch(task.instance, taken),
                    Ok(None) => self.fails(task, "the condition is no `bool`".into()),
                    Err(failure) => self.fails(task, failure.message().to_owned()),
                }
            }
            Work::Step { inputs } => self.step(task, inputs),
        }
    }

    fn load(&self, input: &TaskInput) -> Result<(Slot, crate::artifact::AnyValue), StepFailure> {
        let storage = |reason: String| StepFailure::new(FailureKind::Storage, reason);
        let InputFrom::Slot { slot, .. } = &input.from else {
            return Err(storage("it is no artifact".into()));
        };
        match slot.held.load(&self.core.stack, false) {
            Ok(value) => Ok((slot.clone(), value)),
            Err(error) => Err(storage(chain(&error))),
        }
    }

    fn stored(&mut self, task: &Task) {
        let graph = Arc::clone(&self.graph);
        let NodeKind::Stored { name, number, codec } = &graph.get(task.node).kind else {
            return;
        };
        let metadata = self.core.stack.metadata();
        match find_artifact(metadata.as_ref(), name, *number, codec.type_name()) {
            Ok(record) => {
                let held = Held::stored(&record, format!("artifact `{name}`"), Arc::clone(codec), None);
                let slot = Slot::from(Arc::new(held));
                let mut state = self.core.state();
                state.succeed(task.instance, Status::Completed, vec![slot]);
            }
            Err(error) => self.fails(task, chain(&error)),
        }
    }

    fn step(&mut self, task: &Task, inputs: &[TaskInput]) {
        let graph = Arc::clone(&self.graph);
        let node = graph.get(task.node);
        let Some(definition) = &node.definition else {
            return;
        };
        if self.core.is_asked_for(task) {
            return self.runs(task, vec![RunReason::AskedFor]);
        }
        let policy = self.core.policy(node, definition);
        let key = match self.core.key(node, definition, &policy, inputs) {
            Ok(key) => key,
            Err(error) => return self.fails(task, chain(&error)),
        };
        let reason = match self.core.adopt(task, node, &policy, &key) {
            Adopted::Yes { outputs, source } => {
                let made = self.core.stack.metadata().step(source.0);
                let outcome = PlannedOutcome::Hit {
                    run: source.1,
                    step_run: source.0,
                    made: made.ok().flatten().and_then(|step| step.ended),
                };
                self.decide(task, outcome);
                let slots = outputs.into_iter().map(Slot::from).collect();
                return self.core.state().succeed(task.instance, Status::Cached, slots);
            }
            Adopted::TooOld(note) => RunReason::Expired { note },
            Adopted::Unreadable(note) => RunReason::Gone { note },
            Adopted::Away(reason) => return self.fails(task, reason),
            Adopted::No(note) => match (self.core.cache_off(node, definition), note) {
                (Some(off), _) => off,
                (None, Some(note)) => RunReason::Gone { note },
                (None, None) => match self.core.not_found(task, &key) {
                    Ok(reason) => reason,
                    Err(error) => return self.fails(task, chain(&error)),
                },
            },
        };
        self.runs(task, vec![reason]);
    }

    fn runs(&mut self, task: &Task, reasons: Vec<RunReason>) {
        self.decide(task, PlannedOutcome::Run { reasons });
        self.leave_open(task);
    }

    fn fails(&mut self, task: &Task, reason: String) {
        self.decide(task, PlannedOutcome::Fails { reason });
        self.leave_open(task);
    }

    /// Who reads what this one makes can't be looked at.
    fn leave_open(&mut self, task: &Task) {
        self.open.insert(task.instance, task.name.clone());
        self.open_nodes.insert(task.node);
        self.core.state().fail(task.instance, unknown());
    }

    fn decide(&mut self, task: &Task, outcome: PlannedOutcome) {
        self.put(task.node, task.name.clone(), outcome);
    }

    fn put(&mut self, node: NodeId, name: String, outcome: PlannedOutcome) {
        self.seen.insert(node);
        let step = PlannedStep {
            name,
            step: self.graph.get(node).step().unwrap_or_default().to_owned(),
            outcome,
        };
        self.decided.push((node, step));
    }

    /// A step that a run couldn't come to here: it is skipped, or reads what isn't known yet.
    fn not_run(&mut self, step: NotRun) {
        let graph = Arc::clone(&self.graph);
        let node = graph.get(step.node);
        let Some(upstream) = step.upstream else {
            self.skipped.insert(step.node, step.reason.clone());
            let reason = step.reason;
            return self.put(step.node, step.name, PlannedOutcome::Skipped { reason });
        };
        self.open_nodes.insert(step.node);
        if let Some(definition) = &node.definition
            && let Some(off) = self.core.cache_off(node, definition)
        {
            let reasons = vec![off];
            return self.put(step.node, step.name, PlannedOutcome::Run { reasons });
        }
        let reasons = self.upstream(node, upstream);
        self.put(step.node, step.name, PlannedOutcome::Maybe { reasons });
    }

    fn upstream(&self, node: &Node, upstream: InstanceId) -> Vec<RunReason> {
        let open = node.inputs.iter().filter_map(|input| match &input.binding {
            Binding::Output(source) if self.open_nodes.contains(&source.node) => Some(RunReason::Upstream {
                input: Some(input.name.clone()),
                step: self.graph.get(source.node).name().to_owned(),
            }),
            _ => None,
        });
        let open: Vec<_> = open.collect();
        if !open.is_empty() {
            return open;
        }
        let step = match self.open.get(&upstream) {
            Some(name) => name.clone(),
            None => self.core.state().name(upstream),
        };
        vec![RunReason::Upstream { input: None, step }]
    }

    /// All steps in the order of the graph, also those inside closures that could not be looked into.
    fn steps(mut self) -> Vec<PlannedStep> {
        let graph = Arc::clone(&self.graph);
        let unseen = |node: &&Node| node.definition.is_some() && !self.seen.contains(&node.id());
        let unseen: Vec<&Node> = graph.nodes().iter().filter(unseen).collect();
        for node in unseen {
            let outcome = self.unseen(node);
            self.put(node.id(), node.name().to_owned(), outcome);
        }
        // What was decided of one node stays in its order.
        self.decided.sort_by_key(|(node, _)| *node);
        self.decided.into_iter().map(|(_, step)| step).collect()
    }

    fn unseen(&self, node: &Node) -> PlannedOutcome {
        let mut scope = node.scope;
        let mut within = None;
        while let Some((parent, owner)) = self.graph.scope(scope).parent {
            if let Some(reason) = self.skipped.get(&owner) {
                let reason = reason.clone();
                return PlannedOutcome::Skipped { reason };
            }
            if self.seen.contains(&owner) {
                within.get_or_insert(owner);
            }
            scope = parent;
        }
        let only = self.core.settings.only.as_ref();
        if let Some(reason) = only.and_then(|only| only.leaves(node.id())) {
            let reason = reason.to_owned();
            return PlannedOutcome::Skipped { reason };
        }
        let within = within.map_or_else(String::new, |owner| self.graph.get(owner).name().to_owned());
        PlannedOutcome::Unknown { within }
    }
}
