//! Runs that another program of the project executes: the scheduler's own doesn't have the pipeline.
//!
//! The kept copy of the program that made the schedule is started as `program --zen-scheduled <schedule>`. `#[zen_core::main]` sees it and
//! never runs the user's `main`. The two say lines of JSON to each other over a Unix socket, which is the process's standard input until it has
//! taken it away from there. When the scheduler dies, the process reads the end of the socket and cancels its run.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tracing_subscriber::layer::SubscriberExt;
use uuid::Uuid;

use super::events::SchedulerEvent;
use super::fire::{outcome, start};
use super::hooks::call_hooks;
use super::settle::Outcome;
use super::work::Work;
use crate::artifact::StoreOrigin;
use crate::children::{shown, spawn, told};
use crate::client::blocking;
use crate::graph::failure::chain;
use crate::metadata::{ScheduleRecord, SlotRecord, SlotState};
use crate::schedule::options::Options;
use crate::service::local::program;
use crate::stack::Stack;

/// The variable that makes a process one that executes a run, together with [`ARGUMENT`].
const VARIABLE: &str = "ZEN_SCHEDULED";

/// The first argument of such a process.
const ARGUMENT: &str = "--zen-scheduled";

/// Whether this process's `main` looks whether it is to execute a run.
static HOOKED: AtomicBool = AtomicBool::new(false);

/// Whether this program can be started again to execute a run.
pub(crate) fn is_hooked() -> bool {
    HOOKED.load(Ordering::Relaxed)
}

/// What the scheduler says.
#[derive(Debug, Serialize, Deserialize)]
enum Order {
    /// Runs this slot.
    Run {
        home: PathBuf,
        store: Option<Box<StoreOrigin>>,
        schedule: Uuid,
        slot: Uuid,
        token: u64,
        quiet: bool,
    },
    Cancel {
        reason: String,
    },
}

/// What the process says.
#[derive(Debug, Serialize, Deserialize)]
enum Report {
    /// The process is one of ours: it may be told what only such a one may know.
    Hello,
    Started {
        run: Uuid,
    },
    Ended {
        state: SlotState,
        reason: Option<String>,
        hooked: bool,
    },
}

/// Runs the slot in the program that made its schedule.
pub(super) async fn run(work: &Arc<Work>, schedule: &ScheduleRecord, slot: &SlotRecord) -> Outcome {
    let (child, work, schedule, slot) = (Arc::clone(work), Arc::clone(work), schedule.clone(), slot.clone());
    let ran = blocking(move || Ok(run_now(&child, &schedule, &slot)));
    match ran.await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(reason)) => Outcome::failed(reason),
        Err(error) => {
            work.trouble(error);
            Outcome::failed("the thread that waited for the program died")
        }
    }
}

fn run_now(work: &Arc<Work>, schedule: &ScheduleRecord, slot: &SlotRecord) -> Result<Outcome, String> {
    let missing = |reason: &str| {
        format!(
            "this program has no pipeline `{}`, and the program that made the schedule ({}) {reason}",
            schedule.pipeline_path, schedule.program.path
        )
    };
    let Some(home) = work.stack.home() else {
        return Err(missing("can't be started for a stack in memory"));
    };
    let options = Options::of(schedule).map_err(|error| error.to_string())?;
    if !options.startable {
        return Err(missing(
            "can't be started for it, because its `main` is not marked `#[zen_core::main]`: start a scheduler in that program",
        ));
    }
    let file = program::find(&work.stack, home, &schedule.program, &schedule.name).map_err(|_| {
        missing(
            "is gone, and no copy of it is there: start that program, so that it makes the schedule again",
        )
    })?;
    let failed = |error: io::Error| format!("{} could not be started: {error}", schedule.program.path);
    let (ours, theirs) = UnixStream::pair().map_err(failed)?;
    let mut command = Command::new(&file);
    command
        .arg0(&schedule.program.path)
        .arg(ARGUMENT)
        .arg(shown(&schedule.name))
        .env(VARIABLE, "1")
        .env("ZEN_HOME", home)
        // Ctrl-C is for the scheduler, which passes on what is to happen.
        .process_group(0)
        .stdin(Stdio::from(OwnedFd::from(theirs)));
    let mut child = spawn(&mut command).map_err(failed)?;
    // It holds the other end of the socket.
    drop(command);
    let heard = converse(work, schedule, slot, home.to_owned(), ours);
    let status = child.wait().map_err(failed)?;
    match heard {
        Ok(Some(outcome)) => Ok(outcome),
        Ok(None) => Err(format!(
            "{} executed it, and {}",
            schedule.program.path,
            told(status)
        )),
        Err(error) => Err(format!(
            "{} executed it, and said what can't be read: {error}",
            schedule.program.path
        )),
    }
}

/// Tells the process what to do, and hears how it went; none when it ended before it said so.
fn converse(
    work: &Arc<Work>,
    schedule: &ScheduleRecord,
    slot: &SlotRecord,
    home: PathBuf,
    socket: UnixStream,
) -> io::Result<Option<Outcome>> {
    let sending = Arc::new(Mutex::new(socket.try_clone()?));
    let mut receiving = BufReader::new(socket);
    while let Some(report) = receive(&mut receiving)? {
        match report {
            Report::Hello => {
                let order = Order::Run {
                    home: home.clone(),
                    store: work
                        .stack
                        .artifacts()
                        .for_another_process()
                        .cloned()
                        .map(Box::new),
                    schedule: schedule.id,
                    slot: slot.id,
                    token: slot.token,
                    quiet: work.quiet,
                };
                say(&sending, &order)?;
                let cancelling = Arc::clone(&sending);
                work.begun(slot.id, move |reason| {
                    // A process that has ended needs no telling.
                    let _ = say(
                        &cancelling,
                        &Order::Cancel {
                            reason: reason.to_owned(),
                        },
                    );
                });
            }
            Report::Started { run } => work.tell(&SchedulerEvent::Fired {
                schedule: schedule.name.clone(),
                slot: slot.clone(),
                run: Some(run),
                lag: work.stack.clock().now() - slot.due,
            }),
            Report::Ended {
                state,
                reason,
                hooked,
            } => {
                return Ok(Some(Outcome {
                    state,
                    reason,
                    run: None,
                    hooked,
                }));
            }
        }
    }
    Ok(None)
}

/// Executes the run that this process was started for, if it was, and returns the code to exit with.
///
/// `#[zen_core::main]` calls it. A program with a `main` of its own calls it beside
/// [`run_if_worker`](crate::runner::run_if_worker), if its schedules are to be fired by the schedulers of other programs too.
pub fn run_if_scheduled() -> Option<ExitCode> {
    HOOKED.store(true, Ordering::Relaxed);
    let is_it = std::env::var_os(VARIABLE).is_some()
        && std::env::args_os()
            .nth(1)
            .is_some_and(|argument| argument == ARGUMENT);
    if !is_it {
        return None;
    }
    match execute() {
        Ok(()) => Some(ExitCode::SUCCESS),
        Err(error) => {
            eprintln!(
                "error: this process was started to execute a run of a schedule and can't go on: {error}"
            );
            Some(ExitCode::FAILURE)
        }
    }
}

fn execute() -> io::Result<()> {
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    let sending = Arc::new(Mutex::new(socket.try_clone()?));
    let mut receiving = BufReader::new(socket);
    say(&sending, &Report::Hello)?;
    let Ok(Some(order)) = receive::<Order>(&mut receiving) else {
        // The reason may hold what was sent, credentials among it.
        return Err(io::Error::other(
            "what it was told can't be read: is the scheduler another build?",
        ));
    };
    let subscriber = tracing_subscriber::registry()
        .with(crate::runner::log_layer())
        .with(crate::printing::printed());
    let _ = tracing::subscriber::set_global_default(subscriber);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        // A service manager may tell every process of a unit to end: the scheduler says whether and when.
        if let Ok(mut signals) = crate::runner::InterruptSignals::new() {
            tokio::spawn(async move { while signals.next().await {} });
        }
        run_order(order, receiving, &sending).await
    });
    crate::printing::screen::leave();
    let said = say(
        &sending,
        &Report::Ended {
            state: ended.state,
            reason: ended.reason,
            hooked: ended.hooked,
        },
    );
    runtime.shutdown_background();
    said
}

async fn run_order(order: Order, orders: BufReader<UnixStream>, sending: &Arc<Mutex<UnixStream>>) -> Outcome {
    let Order::Run {
        home,
        store,
        schedule,
        slot,
        token,
        quiet,
    } = order
    else {
        return Outcome::failed("it was cancelled before it began");
    };
    let found = blocking(move || {
        if let Some(store) = store {
            Stack::is_told(&home, *store);
        }
        let stack = Stack::at(&home)?;
        let metadata = stack.metadata();
        let found = (metadata.schedule(schedule)?, metadata.slot(slot)?);
        Ok((stack, found))
    });
    let (stack, schedule, slot) = match found.await {
        Ok((stack, (Some(schedule), Some(slot)))) if slot.token == token => (stack, schedule, slot),
        Ok(_) => return Outcome::failed("the slot is another scheduler's, or its schedule was deleted"),
        Err(error) => return Outcome::failed(chain(&error)),
    };
    match start(&stack, &schedule, &slot, quiet).await {
        Ok(handle) => {
            // Without it the scheduler's line is missing, and nothing else.
            let _ = say(sending, &Report::Started { run: handle.id() });
            let run = handle.id();
            listen(orders, handle.canceller());
            let outcome = outcome(handle.wait().await.map(|_| ()));
            // The functions are this program's, and perhaps not the scheduler's.
            let slot = SlotRecord {
                state: outcome.state,
                reason: outcome.reason.clone(),
                run: Some(run),
                ended: Some(stack.clock().now()),
                ..slot
            };
            call_hooks(&stack, &schedule, &slot).await;
            Outcome {
                hooked: true,
                ..outcome
            }
        }
        Err(error) => Outcome::failed(chain(&error)),
    }
}

/// Cancels the run when it is told to, or when the scheduler is gone.
fn listen(mut orders: BufReader<UnixStream>, cancel: impl Fn(&str) + Send + 'static) {
    let listen = move || match receive::<Order>(&mut orders) {
        Ok(Some(Order::Cancel { reason })) => cancel(&reason),
        _ => cancel("its scheduler has died"),
    };
    // Without the thread the run can't be cancelled, and the store's fence keeps it from doing harm.
    let _ = std::thread::Builder::new()
        .name("zen-orders".into())
        .spawn(listen);
}

fn say(socket: &Mutex<UnixStream>, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    let mut socket = socket.lock().unwrap_or_else(PoisonError::into_inner);
    socket.write_all(&line)
}

/// The next message; none at the end.
fn receive<T: DeserializeOwned>(socket: &mut BufReader<UnixStream>) -> io::Result<Option<T>> {
    let mut line = String::new();
    if socket.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&line)?))
}
