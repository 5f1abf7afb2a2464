//! Starting a service's process, and watching it until it serves.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::launch::{ARGUMENT, HELLO, Launch, Order, Report, VARIABLE};
use super::{daemon, ending, environment, from_now, identity, log};
use crate::children::{shown, spawn, told};
use crate::metadata::ProcessIdentity;
use crate::service::{ServiceError, logs};
use crate::stack::HOME_VARIABLE;

/// How much of the log goes into an error.
const LOG_LINES: usize = 20;

/// As long as nothing else is known of it.
const FIRST_WORD: &str =
    "waiting for its first word, which a program says whose `main` is marked `#[zen_core::main]`";

/// From here on it may be answering somebody.
const ANSWERING: &str = "beginning to answer";

/// How long the version before may take to hear that it is to retire.
const IN_CHARGE: Duration = Duration::from_secs(15);

enum Event {
    Report(Report),
    Ended(std::io::Result<ExitStatus>),
}

/// A process that doesn't serve yet. When it is dropped before it is committed, the process ends.
pub(super) struct Starting {
    launch: Launch,
    process: ProcessIdentity,
    orders: Option<ChildStdin>,
    events: Receiver<Event>,
    gone: bool,
    committed: bool,
    doing: &'static str,
    deadline: Instant,
    timeout: Duration,
}

/// Refuses what could not work: a `main` that would run the user's program again instead of the service.
pub(super) fn check_program(own: bool) -> Result<(), ServiceError> {
    if daemon::is_astray() && !daemon::is_hooked() {
        return Err(ServiceError::Nested);
    }
    match own && !daemon::is_hooked() {
        true => Err(ServiceError::NotHooked),
        false => Ok(()),
    }
}

impl Starting {
    /// `original` is what people know the program as.
    pub(super) fn spawn(
        launch: Launch,
        program: &Path,
        original: &str,
        timeout: Duration,
    ) -> Result<Self, ServiceError> {
        let failed = |source| ServiceError::Spawn {
            service: launch.name.clone(),
            program: program.to_owned(),
            source,
        };
        let log = log::open(&launch.log).map_err(|source| ServiceError::File {
            service: launch.name.clone(),
            doing: "opening the log",
            path: launch.log.clone(),
            source,
        })?;
        let mut command = Command::new(program);
        // The further arguments are for people who look at the list of processes.
        command
            .args([
                ARGUMENT,
                &shown(&launch.kind),
                &shown(&launch.name),
                &launch.service.to_string(),
            ])
            .env_remove(crate::main_fn::CALLED_VARIABLE)
            .env(VARIABLE, "1")
            .env(HOME_VARIABLE, &launch.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log);
        for variable in environment::withheld(&launch.config, launch.stack.as_ref()) {
            command.env_remove(variable);
        }
        if let Some(project) = launch.home.parent() {
            command.current_dir(project);
        }
        let mut child = spawn(&mut command).map_err(failed)?;
        let Some(process) = identity::identify(child.id()) else {
            let _ = child.kill();
            let status = child.wait().map_err(failed)?;
            return Err(ServiceError::Start {
                service: launch.name.clone(),
                reason: unheard(status, original),
                log: logs::last_lines(&launch.log, LOG_LINES),
            });
        };
        let orders = child.stdin.take();
        let (events_in, events) = channel();
        let watch = move || watch(child, |event| events_in.send(event).is_ok());
        let spawned = std::thread::Builder::new()
            .name("zen-service".into())
            .spawn(watch);
        let mut starting = Self {
            launch,
            process,
            orders,
            events,
            gone: false,
            committed: false,
            doing: FIRST_WORD,
            deadline: from_now(timeout),
            timeout,
        };
        if let Err(source) = spawned {
            return Err(ServiceError::Spawn {
                service: starting.launch.name.clone(),
                program: program.to_owned(),
                source,
            });
        }
        starting.begin(original)?;
        Ok(starting)
    }

    pub(super) fn process(&self) -> &ProcessIdentity {
        &self.process
    }

    fn begin(&mut self, original: &str) -> Result<(), ServiceError> {
        match self.event(self.deadline.min(Instant::now() + HELLO)) {
            Some(Event::Report(Report::Hello)) => {}
            Some(Event::Ended(Ok(status))) => return Err(self.failed(unheard(status, original))),
            Some(Event::Ended(Err(error))) => return Err(self.unwatched(error)),
            None if Instant::now() >= self.deadline => return Err(self.late()),
            Some(Event::Report(_)) | None => {
                return Err(self.failed(format!("it does not answer as a service: {}", unmarked(original))));
            }
        }
        let launch = serde_json::to_vec(&self.launch).map_err(|error| self.failed(error.to_string()))?;
        self.tell(launch)
    }

    /// Waits until the server is loaded and warm. Returns the host and port it listens on.
    pub(super) fn wait_until_warm(&mut self) -> Result<(String, u16), ServiceError> {
        self.doing = "opening its port";
        let mut listening = None;
        loop {
            match self.next(self.deadline)? {
                Some(Report::Listening { host, port, .. }) => {
                    self.doing = "loading and warming up";
                    listening = Some((host, port));
                }
                Some(Report::Warm) => {
                    return listening.ok_or_else(|| self.failed("it did not say where it listens".into()));
                }
                Some(Report::Failed { reason }) => return Err(self.failed(reason)),
                Some(Report::Hello | Report::Serving | Report::InCharge) => {}
                None => return Err(self.late()),
            }
        }
    }

    /// Lets it answer connections.
    pub(super) fn go(&mut self) -> Result<(), ServiceError> {
        self.doing = ANSWERING;
        self.order(Order::Go)?;
        loop {
            match self.next(self.deadline)? {
                Some(Report::Serving) => return Ok(()),
                Some(Report::Failed { reason }) => return Err(self.failed(reason)),
                Some(_) => {}
                None => return Err(self.late()),
            }
        }
    }

    /// Leaves it to itself: it is the current version, and says so to the one before.
    pub(super) fn committed(mut self) {
        // It knows by itself when this doesn't reach it: the metadata says that it is the current version.
        let told = self.order(Order::Committed);
        // Once the one before has been told, new connections are this version's.
        let patience = Instant::now() + IN_CHARGE;
        while told.is_ok()
            && !matches!(
                self.next(patience),
                Ok(Some(Report::InCharge)) | Ok(None) | Err(_)
            )
        {}
        self.committed = true;
    }

    fn order(&mut self, order: Order) -> Result<(), ServiceError> {
        let text = serde_json::to_vec(&order).map_err(|error| self.failed(error.to_string()))?;
        self.tell(text)
    }

    fn tell(&mut self, mut line: Vec<u8>) -> Result<(), ServiceError> {
        line.push(b'\n');
        let told = match &mut self.orders {
            Some(orders) => orders.write_all(&line),
            None => Ok(()),
        };
        match told {
            Ok(()) => Ok(()),
            // It has ended: how, says its end.
            Err(error) => match self.next(self.deadline) {
                Err(ended) => Err(ended),
                Ok(Some(Report::Failed { reason })) => Err(self.failed(reason)),
                Ok(_) => Err(self.failed(format!("its process doesn't listen any more: {error}"))),
            },
        }
    }

    /// What it says next; none when it says nothing until then.
    ///
    /// # Errors
    /// When it ends instead.
    fn next(&mut self, until: Instant) -> Result<Option<Report>, ServiceError> {
        match self.event(until) {
            Some(Event::Report(report)) => Ok(Some(report)),
            Some(Event::Ended(Ok(status))) => Err(self.failed(told(status))),
            Some(Event::Ended(Err(error))) => Err(self.unwatched(error)),
            None => Ok(None),
        }
    }

    fn event(&mut self, until: Instant) -> Option<Event> {
        let left = until.saturating_duration_since(Instant::now());
        let event = match self.events.recv_timeout(left) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => Event::Ended(Err(std::io::ErrorKind::BrokenPipe.into())),
        };
        self.gone |= matches!(event, Event::Ended(_));
        Some(event)
    }

    fn unwatched(&self, error: std::io::Error) -> ServiceError {
        self.failed(format!("its process can't be watched: {error}"))
    }

    fn failed(&self, reason: String) -> ServiceError {
        let mut log = self.log();
        // What it said last may be the reason once more.
        log.pop_if(|line| *line == format!("error: {reason}"));
        ServiceError::Start {
            service: self.launch.name.clone(),
            reason,
            log,
        }
    }

    fn late(&self) -> ServiceError {
        ServiceError::StartTimeout {
            service: self.launch.name.clone(),
            doing: self.doing,
            timeout: self.timeout,
            log: self.log(),
        }
    }

    fn log(&self) -> Vec<String> {
        logs::last_lines(&self.launch.log, LOG_LINES)
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if self.committed {
            return;
        }
        if self.doing == ANSWERING && !self.gone {
            // The end of its orders tells it to finish.
            self.orders = None;
            return;
        }
        // One that the system keeps is ended by the next who changes the service.
        ending::end(&self.process);
    }
}

/// Passes on what a process says, and in the end waits for it, so that it doesn't stay a zombie.
fn watch(mut child: Child, mut tell: impl FnMut(Event) -> bool) {
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let Ok(line) = line else { break };
            // Anything else comes from a program that is no daemon of ours.
            let Ok(report) = serde_json::from_str(&line) else {
                continue;
            };
            if !tell(Event::Report(report)) {
                break;
            }
        }
    }
    let ended = child.wait();
    tell(Event::Ended(ended));
}

fn unmarked(program: &str) -> String {
    format!(
        "the `main` of {program} must be marked `#[zen_core::main]`, or call `zen_core::service::run_if_daemon()` first"
    )
}

/// How a process ended that never said what it is.
fn unheard(status: ExitStatus, program: &str) -> String {
    match status.code() {
        Some(_) => format!(
            "{} and never answered as a service: {}",
            told(status),
            unmarked(program)
        ),
        None => told(status),
    }
}

/// Where a version's log is.
pub(super) fn log_path(folder: &Path, version: u32) -> PathBuf {
    folder.join(format!("v{version}.log"))
}
