//! What a step says in a worker: on its way to the parent.

use std::fmt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tracing::Level;

use super::wire::{self, Order, Report, SecretText};
use crate::graph::StepEvents;
use crate::secrets::{Reference, Secret};

/// Sends what the step says to the parent.
pub(super) struct Remote {
    socket: Mutex<UnixStream>,
    /// What is answered, to one question at a time.
    answers: Mutex<Receiver<Result<(), String>>>,
    /// What is told of secrets, to one question at a time.
    secrets: Mutex<Receiver<Told>>,
    scratch: PathBuf,
}

/// The answer to a question for a secret.
type Told = Result<Option<SecretText>, String>;

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remote")
    }
}

impl Remote {
    /// Listens to the parent in a thread of its own: when it dies, so does this process, with all of its group.
    pub(super) fn new(socket: UnixStream, scratch: PathBuf) -> std::io::Result<Self> {
        let orders = socket.try_clone()?;
        let (sender, answers) = channel();
        let (telling, secrets) = channel();
        std::thread::Builder::new()
            .name("zen-parent".into())
            .spawn(move || listen(orders, &sender, &telling))?;
        Ok(Self {
            socket: Mutex::new(socket),
            answers: Mutex::new(answers),
            secrets: Mutex::new(secrets),
            scratch,
        })
    }

    pub(super) fn send(&self, report: &Report) {
        let mut socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        // When nobody hears it any more, the thread that listens ends the process.
        let _ = wire::send(&mut *socket, report);
    }
}

impl Remote {
    /// Waits for the parent's answer.
    pub(super) fn ask(&self, question: &Report) -> Result<(), String> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        self.send(question);
        answers
            .recv()
            .unwrap_or_else(|_| Err("the program that runs the pipeline doesn't answer".into()))
    }

    /// Asks the parent for a secret.
    pub(super) fn ask_secret(&self, reference: &Reference) -> Result<Option<Secret>, String> {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        self.send(&Report::Secret(reference.to_string()));
        let told = secrets
            .recv()
            .unwrap_or_else(|_| Err("the program that runs the pipeline doesn't answer".into()))?;
        Ok(told.map(|SecretText(text)| Secret::new(text)))
    }
}

fn listen(mut orders: UnixStream, answers: &Sender<Result<(), String>>, secrets: &Sender<Told>) {
    while let Ok(Some(order)) = wire::receive(&mut orders) {
        // Nobody waits when the step has ended meanwhile.
        match order {
            Order::Answer(answer) => drop(answers.send(answer)),
            Order::Secret(told) => drop(secrets.send(told)),
            Order::Launch(_) => {}
        }
    }
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::KILL);
    std::process::abort();
}

impl StepEvents for Remote {
    fn log(&self, level: Level, target: &str, message: String) {
        self.send(&Report::Log {
            level: level.to_string(),
            target: target.to_owned(),
            message,
        });
    }

    fn metric(&self, name: &str, value: f64, position: Option<u64>, higher_is_better: Option<bool>) {
        self.send(&Report::Metric {
            name: name.to_owned(),
            value,
            position,
            higher_is_better,
        });
    }

    fn metadata(&self, key: &str, value: Value) {
        self.send(&Report::Metadata {
            key: key.to_owned(),
            value,
        });
    }

    fn flush(&self) -> Result<(), String> {
        self.ask(&Report::Flush)
    }

    /// A worker that is to stop is ended.
    fn is_cancelled(&self) -> bool {
        false
    }

    fn scratch(&self) -> std::io::Result<PathBuf> {
        std::fs::create_dir_all(&self.scratch)?;
        Ok(self.scratch.clone())
    }
}
