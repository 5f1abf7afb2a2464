//! The process of a worker, from its first moment to its last.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};

use serde_bytes::ByteBuf;
use tracing_subscriber::layer::SubscriberExt;

use super::memory;
use super::remote::Remote;
use super::secrets::ParentSecrets;
use super::wire::{self, ARGUMENT, Failure, Input, Launch, Order, Output, Place, Report, VARIABLE};
use crate::artifact::{ArtifactError, ArtifactStore, Body, ErasedCodec, Object};
use crate::graph::failure::chain;
use crate::graph::{
    Binding, Component, ErasedPipeline, FailureKind, Graph, LoadedInput, Node, NodeKind, NodeOutput, SECRETS,
    StepBody, StepContext, StepEvents, StepFailure, rebuild_pipeline,
};
use crate::runner::executor::{Cancel, Executor, InProcess, ProducedOutput, StepTask};
use crate::runner::logs::log_layer;
use crate::secrets::Secrets;
use crate::stack::{Stack, Told, told_components};

/// Whether this process's `main` looks whether it is a worker.
static HOOKED: AtomicBool = AtomicBool::new(false);

/// Room for step bodies that recurse deeply, as they have it in the runner's own threads.
const STACK: usize = 8 << 20;

/// Threads for an asynchronous body.
const MOST_THREADS: usize = 4;

/// Whether this program can be started again as a worker.
pub(crate) fn is_hooked() -> bool {
    HOOKED.load(Ordering::Relaxed)
}

/// Executes the step that this process was started for, if it was, and returns the code to exit with.
///
/// `#[zen_core::main]` calls it. A program with a `main` of its own that has isolated steps calls it first thing, before it starts threads or
/// opens files and before [`run_if_daemon`](crate::service::run_if_daemon), and returns the code when there is one:
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     if let Some(code) = zen_core::runner::run_if_worker() {
///         return code;
///     }
///     // ..
///     std::process::ExitCode::SUCCESS
/// }
/// ```
pub fn run_if_worker() -> Option<ExitCode> {
    HOOKED.store(true, Ordering::Relaxed);
    let is_worker = std::env::var_os(VARIABLE).is_some()
        && std::env::args_os()
            .nth(1)
            .is_some_and(|argument| argument == ARGUMENT);
    if !is_worker {
        return None;
    }
    match begin().and_then(|(socket, launch)| work(socket, *launch)) {
        Ok(()) => Some(ExitCode::SUCCESS),
        Err(error) => {
            eprintln!("error: this process was started as a worker and can't go on: {error}");
            Some(ExitCode::FAILURE)
        }
    }
}

/// Takes the socket away from where user's code could read it, and hears what is to be done.
fn begin() -> io::Result<(UnixStream, Box<Launch>)> {
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    let mut socket = socket;
    wire::send(&mut socket, &Report::Hello)?;
    match wire::receive(&mut socket) {
        Ok(Some(Order::Launch(launch))) => Ok((socket, launch)),
        // Its text may hold what was sent, credentials among it.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(io::Error::other(
            "what it was told can't be read: is its parent another build?",
        )),
        Err(error) => Err(error),
        _ => Err(io::Error::other("it was told nothing")),
    }
}

fn work(socket: UnixStream, mut launch: Launch) -> io::Result<()> {
    // What is printed is only what the step prints: its events have their own way.
    let subscriber = tracing_subscriber::registry().with(log_layer());
    let _ = tracing::subscriber::set_global_default(subscriber);
    let remote = Arc::new(Remote::new(socket, launch.scratch.clone())?);
    let limited = launch.memory.map_or(Ok(()), memory::limit);
    let done = match limited {
        Ok(()) => execute(&mut launch, &remote),
        Err(reason) => Err(Failure::Worker(reason)),
    };
    // A pipe would otherwise get what is left of it after the end of the step.
    let _ = io::stdout().flush();
    remote.send(&Report::Done(done));
    Ok(())
}

fn execute(launch: &mut Launch, remote: &Arc<Remote>) -> Result<Vec<Output>, Failure> {
    let worker = |reason: String| Failure::Worker(reason);
    let pipeline: ErasedPipeline =
        rebuild_pipeline(&launch.pipeline, &launch.arguments).map_err(|error| worker(error.to_string()))?;
    let graph = pipeline.graph().map_err(|error| worker(error.to_string()))?;
    if graph.hash() != launch.graph {
        return Err(worker(format!(
            "pipeline `{}` was built again in the process that was to execute the step, and became another graph: it must depend on \
             its arguments alone, not on the environment, files or the time",
            launch.pipeline
        )));
    }
    // Where values wait that are too large for memory.
    let waiting = launch.scratch.parent().map(Path::to_owned).unwrap_or_default();
    // The parent's, and nothing that this process may have of its own: so the parent knows what not to show.
    let secrets = Secrets::of(Arc::new(ParentSecrets(Arc::clone(remote))));
    if let Some(home) = &launch.home {
        Stack::is_told(Told {
            home: home.clone(),
            origin: launch.store.clone(),
            plan: launch.stack.clone(),
            secrets: Some(secrets.clone()),
        });
    }
    let store = match launch.store.take() {
        Some(origin) => ArtifactStore::open_from(origin)
            .map_err(|error| worker(chain(&error)))?
            .or_scratch(waiting),
        // Everything comes and goes over the socket.
        None => ArtifactStore::in_memory(),
    };
    let inline_limit = usize::try_from(launch.inline_limit).unwrap_or(usize::MAX);
    let store = store.with_inline_limit(inline_limit);
    let node = graph.get(launch.node);
    let Some(definition) = node.definition.clone() else {
        return Err(worker(format!("`{}` has nothing to execute", node.name())));
    };
    let inputs = load(graph, node, std::mem::take(&mut launch.inputs), &store)?;

    let mut facts = std::mem::take(&mut launch.facts);
    let mut components = components(launch, &facts.stack, &store, &secrets);
    components.push(Component::new(SECRETS, "default", "parent", Arc::new(secrets)));
    facts.components = Arc::new(components);
    let (run, step, attempt) = (facts.run, facts.step, facts.attempt);
    let events: Arc<dyn StepEvents> = Arc::clone(remote) as Arc<dyn StepEvents>;
    let mut builder = match definition.body {
        // As many threads as it has processors would be much of a limited memory.
        StepBody::Async(_) => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            let threads =
                std::thread::available_parallelism().map_or(2, |threads| threads.get().min(MOST_THREADS));
            builder.worker_threads(threads);
            builder
        }
        // Never used.
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = builder
        .enable_all()
        .build()
        .map_err(|error| worker(format!("no asynchronous runtime could be started: {error}")))?;
    let task = StepTask {
        run,
        step,
        node: launch.node,
        attempt,
        definition,
        context: StepContext::new(facts, Arc::clone(&events)),
        events,
        inputs,
        cancel: Arc::new(Cancel::default()),
        runtime: runtime.handle().clone(),
    };
    let (sender, results) = channel();
    let done = {
        let sender = sender.clone();
        Box::new(move |result| {
            // The receiver waits for it.
            let _ = sender.send(result);
        })
    };
    let body = move || {
        if let Some(result) = InProcess.execute(task, done) {
            let _ = sender.send(result);
        }
    };
    std::thread::Builder::new()
        .name("zen-worker".into())
        .stack_size(STACK)
        .spawn(body)
        .map_err(|error| worker(format!("no thread could be started: {error}")))?;
    let result = results
        .recv()
        .unwrap_or_else(|_| Err(StepFailure::new(FailureKind::Executor, "its body was lost")));
    let outputs = result.map_err(|failure| match failure.kind() {
        FailureKind::Error => Failure::Error(failure.message().to_owned()),
        FailureKind::Panic => Failure::Panic(failure.message().to_owned()),
        FailureKind::Storage => Failure::Storage(failure.message().to_owned()),
        _ => Failure::Worker(failure.message().to_owned()),
    })?;
    let stored = outputs
        .into_iter()
        .zip(&node.outputs)
        .map(|(value, output)| store_output(value, output, node, &store, launch.replace, remote));
    let stored = stored.collect();
    runtime.shutdown_background();
    stored
}

/// The inputs, decoded by the codecs that the graph names.
fn load(
    graph: &Graph,
    node: &Node,
    inputs: Vec<Input>,
    store: &ArtifactStore,
) -> Result<Vec<LoadedInput>, Failure> {
    if inputs.len() != node.inputs.len() {
        return Err(Failure::Worker(format!(
            "`{}` takes {} inputs and was given {}",
            node.name(),
            node.inputs.len(),
            inputs.len()
        )));
    }
    let load = |(input, of): (Input, &crate::graph::NodeInput)| {
        let codec = codec_of(graph, &of.binding);
        let lost = |reason: String| Failure::Input {
            name: input.name.clone(),
            reason,
        };
        let object = match input.place {
            Place::Bytes(bytes) => Object::Bytes(bytes.into_vec().into()),
            Place::Object { digest, size } => Object::Stored {
                store: store.clone(),
                digest,
                size,
            },
        };
        let value = codec.load(&input.what, &input.codec, input.version, &object);
        Ok(LoadedInput {
            value: value.map_err(|error| lost(chain(&error)))?,
            name: input.name,
            // An element of a vector comes by itself.
            element: None,
        })
    };
    inputs.into_iter().zip(&node.inputs).map(load).collect()
}

/// What an input is written by.
fn codec_of<'g>(graph: &'g Graph, binding: &'g Binding) -> &'g Arc<dyn ErasedCodec> {
    let source = match binding {
        Binding::Value(value) => return &value.codec,
        Binding::Output(source) => source,
    };
    let made = graph.get(source.node);
    match &made.kind {
        NodeKind::Stored { codec, .. } => codec,
        NodeKind::Element { each } => match &graph.get(*each).kind {
            NodeKind::Each { elements, .. } => &elements.codec,
            _ => &made.outputs[source.output as usize].codec,
        },
        _ => &made.outputs[source.output as usize].codec,
    }
}

fn store_output(
    produced: ProducedOutput,
    output: &NodeOutput,
    node: &Node,
    store: &ArtifactStore,
    replace: bool,
    remote: &Remote,
) -> Result<Output, Failure> {
    let what = || format!("output `{}` of `{}`", output.name, node.name());
    let ProducedOutput::Value(value) = produced else {
        return Err(Failure::Worker(format!("{} is no value", what())));
    };
    let mut sink = store.sink();
    let written = output.codec.encode_to(&*value, &mut sink);
    let finished = written.and_then(|description| Ok((sink.finish()?, description)));
    drop(value);
    let (encoded, description) = finished.map_err(|source| {
        let error = ArtifactError::Encode {
            what: what(),
            type_name: output.codec.type_name(),
            codec: output.codec.info().name,
            source,
        };
        Failure::Storage(chain(&error))
    })?;
    let bytes = match &encoded.body {
        Body::Bytes(bytes) if bytes.len() <= store.inline_limit() => Some(ByteBuf::from(bytes.to_vec())),
        body => {
            remote
                .ask(&Report::Keep(encoded.digest))
                .map_err(Failure::Storage)?;
            let stored = store.publish(encoded.digest, encoded.size, body, replace);
            stored.map_err(|error| {
                Failure::Storage(format!("{} can't be stored: {}", what(), chain(&error)))
            })?;
            None
        }
    };
    Ok(Output {
        digest: encoded.digest,
        size: encoded.size,
        bytes,
        description,
    })
}

/// The stack's components, as far as another process can have them.
fn components(launch: &Launch, name: &str, store: &ArtifactStore, secrets: &Secrets) -> Vec<Component> {
    // Of a stack in the parent's memory there is nothing else here.
    let project = launch.home.clone().unwrap_or_else(|| PathBuf::from(".zen"));
    let mut components = match &launch.stack {
        Some(plan) => told_components(&project, plan, secrets),
        None => Vec::new(),
    };
    if store.for_another_process().is_none() {
        return components;
    }
    let scheme = store.url().split_once("://").map_or("file", |(scheme, _)| scheme);
    components.push(Component::new(
        "artifact_store",
        "default",
        scheme,
        Arc::new(store.clone()),
    ));
    let Some(home) = launch.home.clone() else {
        return components;
    };
    let has_plan = launch.stack.is_some();
    let (name, store) = (name.to_owned(), store.clone());
    let opened: OnceLock<Option<Arc<Stack>>> = OnceLock::new();
    // Few steps ask for it, and opening it takes longer than everything else here.
    let open = move || {
        opened
            .get_or_init(|| open(&home, &name, store.clone(), has_plan))
            .clone()
    };
    components.push(Component::made("stack", "default", "stack", open));
    components
}

fn open(home: &Path, name: &str, store: ArtifactStore, has_plan: bool) -> Option<Arc<Stack>> {
    // Settings say which, or the parent's stack was put together in code.
    let stack = match has_plan {
        true => Stack::at(home),
        false => Stack::builder().home(home).name(name).artifacts(store).build(),
    };
    match stack {
        Ok(stack) => Some(Arc::new(stack)),
        Err(error) => {
            tracing::error!("the stack can't be opened: {}", chain(&error));
            None
        }
    }
}
