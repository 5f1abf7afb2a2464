//! The scheduler's side.

use std::io::{self, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;
use uuid::Uuid;

use super::super::events::SchedulerEvent;
use super::super::settle::Outcome;
use super::super::stack_of::stack_of;
use super::super::work::Work;
use super::wire::{ARGUMENT, Order, Report, Subject, VARIABLE, receive, say};
use crate::children::{shown, spawn, told};
use crate::metadata::{ScheduleRecord, SlotRecord};
use crate::runner::pool_thread;
use crate::service::local::program;
use crate::stack::Stack;

/// How long a process may take to say that it is one of ours.
const HELLO: Duration = Duration::from_secs(30);

/// Runs the slot in the program that made its schedule.
pub(in super::super) async fn run(work: &Arc<Work>, schedule: &ScheduleRecord, slot: &SlotRecord) -> Outcome {
    let (work, schedule, slot) = (Arc::clone(work), schedule.clone(), slot.clone());
    in_a_thread(move || run_now(&work, &schedule, &slot))
        .await
        .unwrap_or_else(Outcome::failed)
}

/// Has the program that made the schedule call its hooks.
pub(in super::super) async fn call_hooks(
    stack: &Stack,
    schedule: &ScheduleRecord,
    slot: &SlotRecord,
) -> Result<(), String> {
    let (stack, schedule, slot) = (stack.clone(), schedule.clone(), slot.clone());
    in_a_thread(move || {
        let mut process = Process::start(&stack, &schedule)?;
        say(&process.sending, &Order::Call(process.subject(&stack, &slot)?))
            .map_err(|error| error.to_string())?;
        match receive(&mut process.receiving) {
            Ok(Some(Report::Called(called))) => called,
            _ => Err(process.end()),
        }
    })
    .await
}

/// Waits for blocking work in a thread of its own: a run takes as long as it takes.
async fn in_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let (done, result) = oneshot::channel();
    let work = move || {
        // Nobody waits any more when the scheduler was dropped.
        let _ = done.send(work());
    };
    pool_thread(work).map_err(|error| format!("no thread could be started: {error}"))?;
    result
        .await
        .unwrap_or_else(|_| Err("the thread that waited for the program died".to_owned()))
}

fn run_now(work: &Arc<Work>, schedule: &ScheduleRecord, slot: &SlotRecord) -> Result<Outcome, String> {
    let stack = stack_of(&work.stack, schedule)?;
    let mut process = Process::start(&stack, schedule)?;
    let mut run = None;
    let heard = converse(work, &stack, schedule, slot, &mut process, &mut run);
    let outcome = match heard {
        Ok(Some(outcome)) => outcome,
        Ok(None) => Outcome::failed(process.end()),
        Err(error) => Outcome::failed(format!(
            "{} executed it, and said what can't be read: {error}",
            schedule.program.path
        )),
    };
    Ok(Outcome { run, ..outcome })
}

/// Tells the process what to do, and hears which run it has `begun` and how that went; none when it ended before it said so.
fn converse(
    work: &Arc<Work>,
    stack: &Stack,
    schedule: &ScheduleRecord,
    slot: &SlotRecord,
    process: &mut Process,
    begun: &mut Option<Uuid>,
) -> io::Result<Option<Outcome>> {
    let subject = process.subject(stack, slot).map_err(io::Error::other)?;
    let quiet = work.quiet;
    say(&process.sending, &Order::Run { subject, quiet })?;
    let cancelling = Arc::clone(&process.sending);
    work.begun((slot.id, slot.token), move |reason| {
        let reason = reason.to_owned();
        // A process that has ended needs no telling.
        let _ = say(&cancelling, &Order::Cancel { reason });
    });
    while let Some(report) = receive(&mut process.receiving)? {
        match report {
            Report::Started { run } => {
                *begun = Some(run);
                work.tell(&SchedulerEvent::Fired {
                    schedule: schedule.name.clone(),
                    slot: slot.clone(),
                    run: Some(run),
                    lag: work.stack.clock().now() - slot.due,
                });
            }
            Report::Ended { state, reason } => {
                return Ok(Some(Outcome {
                    state,
                    reason,
                    run: None,
                }));
            }
            Report::Hello | Report::Called(_) => {}
        }
    }
    Ok(None)
}

/// The program that made a schedule, started to do something for it.
struct Process {
    child: Child,
    path: String,
    sending: Arc<Mutex<UnixStream>>,
    receiving: BufReader<UnixStream>,
}

impl Process {
    /// Starts it, and waits until it has said that it is one of ours.
    fn start(stack: &Stack, schedule: &ScheduleRecord) -> Result<Self, String> {
        let path = &schedule.program.path;
        let Some(home) = stack.home() else {
            return Err(format!("{path} can't be started for a stack in memory"));
        };
        let file = program::find(stack, home, &schedule.program, &schedule.name).map_err(|_| {
            format!(
                "this program has no pipeline `{}`, the program that made the schedule ({path}) is gone, and no copy of it is there: start that \
                 program, so that it makes the schedule again",
                schedule.pipeline_path
            )
        })?;
        let failed = |error: io::Error| format!("{path} could not be started: {error}");
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        let mut command = Command::new(&file);
        command
            .arg0(path)
            .arg(ARGUMENT)
            .arg(shown(&schedule.name))
            .env_remove(crate::main_fn::CALLED_VARIABLE)
            .env(VARIABLE, "1")
            .env("ZEN_HOME", home)
            // Ctrl-C is for the scheduler, which passes on what is to happen.
            .process_group(0)
            .stdin(Stdio::from(OwnedFd::from(theirs)));
        let child = spawn(&mut command).map_err(failed)?;
        // It holds the other end of the socket.
        drop(command);
        let sending = ours.try_clone().map_err(failed);
        let receiving = BufReader::new(ours);
        let mut this = Self {
            child,
            path: path.clone(),
            sending: Arc::new(Mutex::new(sending?)),
            receiving,
        };
        let socket = this.receiving.get_ref();
        socket.set_read_timeout(Some(HELLO)).map_err(failed)?;
        match receive(&mut this.receiving) {
            Ok(Some(Report::Hello)) => {}
            Ok(None) => return Err(this.end()),
            _ => {
                return Err(format!(
                    "{path} was started, and did not say within {HELLO:?} that it can execute runs of schedules"
                ));
            }
        }
        this.receiving.get_ref().set_read_timeout(None).map_err(failed)?;
        Ok(this)
    }

    fn subject(&self, stack: &Stack, slot: &SlotRecord) -> Result<Subject, String> {
        let home = stack.home().ok_or("the stack is in memory")?;
        Ok(Subject {
            home: home.to_owned(),
            store: stack.artifacts().for_another_process().cloned().map(Box::new),
            stack: stack.plan().cloned().map(Box::new),
            schedule: slot.schedule,
            slot: slot.id,
            token: slot.token,
        })
    }

    /// Waits for the end of a process that has closed its socket, and tells how it ended.
    fn end(&mut self) -> String {
        let status = self.child.wait();
        status.map_or_else(
            |error| format!("{} was started, and could not be waited for: {error}", self.path),
            |status| format!("{} was started for it, and {}", self.path, told(status)),
        )
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has said all it had to say, or nobody understands it. What it still does has no effect on the project.
        let _ = self.receiving.get_ref().shutdown(std::net::Shutdown::Both);
        let ended = (0..100).any(|_| {
            let ended = !matches!(self.child.try_wait(), Ok(None));
            if !ended {
                std::thread::sleep(Duration::from_millis(20));
            }
            ended
        });
        if !ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
