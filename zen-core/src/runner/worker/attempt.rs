//! One attempt of a step in a worker, seen from its parent.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use serde_bytes::ByteBuf;
use tracing::Level;
use uuid::Uuid;

use super::end::End;
use super::inputs::Sent;
use super::memory::{self, Kills};
use super::output::{Output as Printed, Stream};
use super::process::{Ends, Process};
use super::wire::{self, Failure, Launch, Order, Output, Report, SecretText};
use crate::artifact::Digest;
use crate::graph::failure::chain;
use crate::graph::{ContextFacts, FailureKind, Isolation, StepEvents, StepFailure, secrets_of};
use crate::runner::executor::{Cancel, ProducedOutput, TaskResult};
use crate::secrets::{Reference, SecretError};
use crate::stack::Stack;

/// How long a worker may take to end after it has said that it is done.
const END: Duration = Duration::from_secs(5);

/// How long a worker may take to say its first word: loading a large executable from a slow disk.
const HELLO: Duration = Duration::from_secs(60);

/// How long what a worker started may hold its output open after its end.
const PRINTED: Duration = Duration::from_secs(1);

/// One attempt of a step that is to be made in a process of its own.
pub(crate) struct WorkerTask {
    /// The executable, and what people know it as.
    pub(crate) file: PathBuf,
    pub(crate) program: PathBuf,
    pub(crate) pipeline: String,
    pub(crate) arguments: Vec<u8>,
    pub(crate) graph: Digest,
    pub(crate) node: u32,
    pub(crate) facts: ContextFacts,
    pub(crate) inputs: Vec<Sent>,
    pub(crate) stack: Stack,
    pub(crate) scratch_parent: PathBuf,
    pub(crate) replace: bool,
    pub(crate) isolation: Isolation,
    pub(crate) events: Arc<dyn StepEvents>,
    pub(crate) cancel: Arc<Cancel>,
}

/// What a worker said: its result, none when it ended without one.
struct Said {
    hello: bool,
    result: io::Result<Option<Result<Vec<Output>, Failure>>>,
}

impl WorkerTask {
    /// Makes the attempt and waits for its end.
    pub(crate) fn execute(self) -> TaskResult {
        let scratch = self
            .scratch_parent
            .join(format!("zen-scratch-{}", Uuid::now_v7()));
        let result = self.attempt(&scratch);
        // Most steps never ask for the folder. What can't be removed now stays behind in a folder for temporary files.
        let _ = std::fs::remove_dir_all(scratch);
        result
    }

    fn attempt(self, scratch: &Path) -> TaskResult {
        let kills_before =
            memory::groups_of(std::process::id()).and_then(|groups| memory::out_of_memory_kills(&groups));
        let run = self.facts.run.to_string();
        let shown = [self.facts.step_name.as_str(), run.as_str()];
        let mut isolation = self.isolation.clone();
        if self.stack.artifacts().url().starts_with("az://") {
            // What a machine's identity is asked for with, which can only come from the environment.
            isolation.inherit.insert("IDENTITY_HEADER".into());
        }
        for (name, value) in &mut isolation.env {
            // What is recorded and counts in the cache key is the reference.
            *value = self.stack.secrets().resolve(value).map_err(|error| {
                failed(format!(
                    "the variable {name} of its process can't be set: {error}"
                ))
            })?;
        }
        let (process, ends) =
            Process::start(&self.file, &self.program, shown, &isolation).map_err(|error| {
                failed(format!(
                    "no process of {} could be started for it: {error}",
                    self.program.display()
                ))
            })?;
        let process = Arc::new(process);
        let memory = memory::watch(process.pid());
        let killed = Arc::clone(&process);
        self.cancel.on_request(Box::new(move || killed.kill()));

        let printed = Printed::new(Arc::clone(&self.events));
        let end = match Ending::watch(&process, &ends.socket) {
            Ok(end) => end,
            Err(error) => return Err(failed(format!("its process can't be watched: {error}"))),
        };
        let said = self.converse(&process, ends, scratch, &printed);
        if said.result.is_err() {
            // It can't be talked to any more.
            process.kill();
        }
        let ended = end.wait();
        if !matches!(said.result, Ok(Some(_))) {
            process.kill_strays();
        }
        // All it printed belongs to the step's log, which ends with the step.
        let last = printed.last(PRINTED);
        match said.result {
            Ok(Some(Ok(outputs))) => self.taken(outputs),
            Ok(Some(Err(failure))) => Err(told(failure)),
            _ if self.cancel.is_aborted() && process.was_killed() => Err(StepFailure::new(
                FailureKind::Cancelled,
                "it was cancelled, and its process was ended",
            )),
            Err(error) => Err(failed(format!("its process can't be understood: {error}"))),
            Ok(None) => match ended {
                Err(error) => Err(failed(format!("its process can't be watched: {error}"))),
                Ok(status) => {
                    let end = End {
                        pid: process.pid(),
                        status,
                        peak: memory.peak(),
                        limit: self.isolation.memory,
                        out_of_memory: more(
                            kills_before,
                            memory.groups().as_deref().and_then(memory::out_of_memory_kills),
                        ),
                        last,
                        said_hello: said.hello,
                    };
                    Err(failed(end.describe(&self.program.display().to_string())))
                }
            },
        }
    }

    /// Tells the worker what to do, and hears what it says until it ends.
    fn converse(&self, process: &Process, ends: Ends, scratch: &Path, printed: &Arc<Printed>) -> Said {
        let mut hello = false;
        let talk = || {
            if let Some(stdout) = ends.stdout {
                printed.read(Stream::Out, stdout)?;
            }
            if let Some(stderr) = ends.stderr {
                printed.read(Stream::Err, stderr)?;
            }
            let mut socket = ends.socket;
            // What follows holds credentials: it is for nobody but a worker.
            socket.set_read_timeout(Some(HELLO))?;
            match receive(&mut socket) {
                Ok(Some(Report::Hello)) => hello = true,
                Ok(None) => return Ok(None),
                Ok(Some(_)) => return Err(io::Error::other("it didn't begin with who it is")),
                Err(error) if is_timeout(&error) => {
                    return Err(io::Error::other(format!(
                        "it didn't say within {} s that it is a worker: the `main` of {} must be marked `#[zen_core::main]`, or call \
                         `zen_core::runner::run_if_worker()` first",
                        HELLO.as_secs(),
                        self.program.display()
                    )));
                }
                Err(error) => return Err(error),
            }
            socket.set_read_timeout(None)?;
            let launch = Order::Launch(Box::new(self.launch(scratch)));
            // A worker that has died already is noticed by its silence.
            if wire::send(&mut socket, &launch).is_err() {
                return Ok(None);
            }
            drop(launch);
            let mut result = None;
            loop {
                match receive(&mut socket) {
                    Ok(Some(Report::Flush)) => {
                        if wire::send(&mut socket, &Order::Answer(self.events.flush())).is_err() {
                            return Ok(None);
                        }
                    }
                    Ok(Some(Report::Keep(digest))) => {
                        let kept = self.stack.keep_object(digest).map_err(|error| chain(&error));
                        if wire::send(&mut socket, &Order::Answer(kept)).is_err() {
                            return Ok(None);
                        }
                    }
                    Ok(Some(Report::Secret(reference))) => {
                        if wire::send(&mut socket, &Order::Secret(self.secret(&reference))).is_err() {
                            return Ok(None);
                        }
                    }
                    Ok(Some(Report::Done(done))) => {
                        result = Some(done);
                        socket.set_read_timeout(Some(END))?;
                    }
                    Ok(Some(report)) => self.hear(report),
                    Ok(None) => return Ok(result),
                    // It doesn't end, although it is done.
                    Err(_) if result.is_some() => {
                        process.kill();
                        return Ok(result);
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        let result = talk();
        Said { hello, result }
    }

    fn launch(&self, scratch: &Path) -> Launch {
        let store = self.stack.artifacts().for_another_process().cloned();
        Launch {
            pipeline: self.pipeline.clone(),
            arguments: ByteBuf::from(self.arguments.clone()),
            graph: self.graph,
            node: self.node,
            facts: self.facts.clone(),
            inputs: self.inputs.iter().map(Sent::message).collect(),
            inline_limit: match store {
                Some(_) => self.stack.artifacts().inline_limit() as u64,
                None => u64::MAX,
            },
            store,
            stack: self.stack.plan().cloned(),
            home: self.stack.home().map(Path::to_owned),
            scratch: scratch.to_owned(),
            replace: self.replace,
            memory: self.isolation.memory,
        }
    }

    /// A secret that the step asks for. From here on this process redacts it, in whatever the worker says or prints.
    fn secret(&self, reference: &str) -> Result<Option<SecretText>, String> {
        let secrets = secrets_of(self.stack.components());
        let found = reference
            .parse::<Reference>()
            .map_err(SecretError::from)
            .and_then(|reference| secrets.find(&reference));
        match found {
            Ok(found) => Ok(found.map(|secret| SecretText(secret.reveal().to_owned()))),
            Err(error) => Err(chain(&error)),
        }
    }

    fn hear(&self, report: Report) {
        match report {
            Report::Log {
                level,
                target,
                message,
            } => {
                let level = level.parse().unwrap_or(Level::INFO);
                crate::printing::event(level, &target, &self.facts.step_name, &message);
                self.events.log(level, &target, message);
            }
            Report::Metric {
                name,
                value,
                position,
                higher_is_better,
            } => self.events.metric(&name, value, position, higher_is_better),
            Report::Metadata { key, value } => self.events.metadata(&key, value),
            Report::Hello | Report::Flush | Report::Keep(_) | Report::Secret(_) | Report::Done(_) => {}
        }
    }

    /// The outputs as the runner takes them. What no store has yet, because no other process could open it, is put there now.
    fn taken(&self, outputs: Vec<Output>) -> TaskResult {
        let take = |output: Output| {
            let bytes = output.bytes.map(|bytes| Bytes::from(bytes.into_vec()));
            if let Some(bytes) = &bytes
                && bytes.len() > self.stack.artifacts().inline_limit()
            {
                let stored = self.stack.put_object(output.digest, bytes.clone(), self.replace);
                stored.map_err(|error| StepFailure::new(FailureKind::Storage, chain(&error)))?;
            }
            Ok(ProducedOutput::Stored {
                digest: output.digest,
                bytes,
                size: output.size,
                description: output.description,
            })
        };
        outputs.into_iter().map(take).collect()
    }
}

/// Waits for a process in a thread of its own: something that it forked may hold the socket open when it is gone, so that the socket's end
/// would say nothing.
struct Ending {
    thread: JoinHandle<io::Result<ExitStatus>>,
    /// Dropped when the socket has been read to its end.
    reading: Option<Sender<()>>,
}

impl Ending {
    fn watch(process: &Arc<Process>, socket: &UnixStream) -> io::Result<Self> {
        let (process, socket) = (Arc::clone(process), socket.try_clone()?);
        let (reading, is_read) = channel::<()>();
        let watch = move || {
            // Ends its group too, and with it whoever else has the socket, but for those that left the group.
            let status = process.wait();
            if let Err(RecvTimeoutError::Timeout) = is_read.recv_timeout(PRINTED) {
                let _ = socket.shutdown(Shutdown::Both);
            }
            status
        };
        let thread = std::thread::Builder::new()
            .name("zen-worker-end".into())
            .spawn(watch)?;
        Ok(Self {
            thread,
            reading: Some(reading),
        })
    }

    fn wait(mut self) -> io::Result<ExitStatus> {
        self.reading = None;
        self.thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread that watched it panicked")))
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// The next message. A worker that ends while it speaks has said nothing.
fn receive(socket: &mut UnixStream) -> io::Result<Option<Report>> {
    match wire::receive(socket) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(None),
        other => other,
    }
}

fn failed(message: String) -> StepFailure {
    StepFailure::new(FailureKind::Executor, message)
}

fn told(failure: Failure) -> StepFailure {
    match failure {
        Failure::Error(message) => StepFailure::new(FailureKind::Error, message),
        Failure::Panic(message) => StepFailure::new(FailureKind::Panic, message),
        Failure::Storage(message) => StepFailure::new(FailureKind::Storage, message),
        Failure::Worker(message) => failed(message),
        Failure::Input { name, reason } => StepFailure::lost_input(name, reason),
    }
}

/// The account of the control group, when it says more than before.
fn more(before: Option<Kills>, after: Option<Kills>) -> Option<Kills> {
    let after = after?;
    let known = before
        .filter(|before| before.group == after.group)
        .map_or(0, |before| before.count);
    (after.count > known).then_some(after)
}
