//! The side of the process that works for a scheduler.

use std::fs::File;
use std::io::{self, BufReader};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tracing_subscriber::layer::SubscriberExt;

use super::super::fire::{outcome, start};
use super::super::hooks::call_here;
use super::super::settle::Outcome;
use super::wire::{ARGUMENT, Order, Report, Subject, VARIABLE, receive, say};
use crate::client::blocking;
use crate::graph::failure::chain;
use crate::metadata::{ScheduleRecord, SlotRecord};
use crate::stack::{Stack, Told};

/// Whether this process's `main` looks whether it is to work for a scheduler.
static HOOKED: AtomicBool = AtomicBool::new(false);

/// Whether this program can be started again to work for a scheduler.
pub(crate) fn is_hooked() -> bool {
    HOOKED.load(Ordering::Relaxed)
}

/// Executes the run that this process was started for, if it was, and returns the code to exit with.
///
/// `#[zen_core::main]` calls it. A program with a `main` of its own calls it after
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
            eprintln!("error: this process was started for a schedule and can't go on: {error}");
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
    crate::printing::redact_panics();
    let subscriber = tracing_subscriber::registry()
        .with(crate::runner::log_layer())
        .with(crate::printing::printed());
    let _ = tracing::subscriber::set_global_default(subscriber);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        // A service manager may tell every process of a unit to end: the scheduler says whether and when.
        if let Some(mut signals) = crate::runner::InterruptSignals::listen() {
            tokio::spawn(async move { while signals.next().await {} });
        }
        match order {
            Order::Run { subject, quiet } => {
                let ended = run(subject, quiet, receiving, &sending).await;
                Report::Ended {
                    state: ended.state,
                    reason: ended.reason,
                }
            }
            Order::Call(subject) => Report::Called(call(subject).await),
            Order::Cancel { reason } => Report::Called(Err(reason)),
        }
    });
    crate::printing::screen::leave();
    // Nobody listens when the scheduler is gone.
    let _ = say(&sending, &report);
    runtime.shutdown_background();
    Ok(())
}

/// The stack, and what the order is about as it stands there.
async fn find(subject: Subject) -> Result<(Stack, ScheduleRecord, SlotRecord), String> {
    let token = subject.token;
    let found = blocking(move || {
        Stack::is_told(Told {
            home: subject.home.clone(),
            origin: subject.store.map(|store| *store),
            plan: subject.stack.map(|plan| *plan),
            secrets: None,
        });
        let stack = Stack::at(&subject.home)?;
        let metadata = stack.metadata();
        let found = (metadata.schedule(subject.schedule)?, metadata.slot(subject.slot)?);
        Ok((stack, found))
    });
    match found.await {
        Ok((stack, (Some(schedule), Some(slot)))) if slot.token == token => Ok((stack, schedule, slot)),
        Ok(_) => Err("the slot is another scheduler's, or its schedule was deleted".to_owned()),
        Err(error) => Err(chain(&error)),
    }
}

async fn call(subject: Subject) -> Result<(), String> {
    let (stack, schedule, slot) = find(subject).await?;
    call_here(&stack, &schedule, &slot).await;
    Ok(())
}

async fn run(
    subject: Subject,
    quiet: bool,
    orders: BufReader<UnixStream>,
    sending: &Arc<Mutex<UnixStream>>,
) -> Outcome {
    let (stack, schedule, slot) = match find(subject).await {
        Ok(found) => found,
        Err(reason) => return Outcome::failed(reason),
    };
    match start(&stack, &schedule, &slot, quiet).await {
        Ok(handle) => {
            // Without it the scheduler's line is missing, and nothing else.
            let _ = say(sending, &Report::Started { run: handle.id() });
            listen(orders, handle.canceller());
            outcome(handle.wait().await.map(|_| ()))
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
