//! The process of a service, from its first moment to its last.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::launch::{ARGUMENT, Launch, Order, Report, VARIABLE};
use super::serving::{Ordered, Reports};
use super::{LocalServiceEntry, Serving, control, kind, log, registered_services};
use crate::graph::failure::chain;
use crate::service::Stage;
use crate::serving::BoxError;
use crate::stack::Stack;

/// Whether this process's `main` looks whether it is a daemon.
static HOOKED: AtomicBool = AtomicBool::new(false);

/// Whether this program can be started again as a service.
pub(crate) fn is_hooked() -> bool {
    HOOKED.load(Ordering::Relaxed)
}

/// Whether this process was started as a service and yet does something else.
pub(crate) fn is_astray() -> bool {
    std::env::var_os(VARIABLE).is_some()
        && std::env::args_os()
            .nth(1)
            .is_some_and(|argument| argument == ARGUMENT)
}

/// Runs the service that this process was started for, if it was, and returns the code to exit with.
///
/// `#[zen_core::main]` calls it. A program with a `main` of its own calls it first thing, before it starts threads or opens files, and
/// returns the code when there is one:
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     if let Some(code) = zen_core::service::run_if_daemon() {
///         return code;
///     }
///     // ..
///     std::process::ExitCode::SUCCESS
/// }
/// ```
pub fn run_if_daemon() -> Option<ExitCode> {
    HOOKED.store(true, Ordering::Relaxed);
    if !is_astray() {
        return None;
    }
    match begin() {
        Ok((launch, reports, orders)) => Some(match run(launch, &reports, orders) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let reason = chain(&*error);
                eprintln!("error: {reason}");
                reports.send(&Report::Failed { reason });
                ExitCode::FAILURE
            }
        }),
        Err(error) => {
            eprintln!("error: this process was started as a service by something that isn't zen: {error}");
            Some(ExitCode::FAILURE)
        }
    }
}

type Orders = BufReader<File>;

/// Leaves the terminal, the session and the open files of whoever started this process, and hears what it is to be.
fn begin() -> io::Result<(Launch, Arc<Reports>, Orders)> {
    close_inherited();
    let orders = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let reports = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    // What the user's code prints must not get among the reports.
    rustix::stdio::dup2_stdout(io::stderr())?;
    // Fails only for the leader of a group, which is one's own session's or is left to itself anyway.
    let _ = rustix::process::setsid();
    let reports = Arc::new(Reports::new(reports));
    reports.send(&Report::Hello);
    let mut orders = BufReader::new(orders);
    let mut line = String::new();
    orders.read_line(&mut line)?;
    let launch = serde_json::from_str(&line)?;
    Ok((launch, reports, orders))
}

/// Closes what the parent had open and did not mark to be closed: a pipe that a daemon holds keeps `program | tail` from ending.
fn close_inherited() {
    let folder = if cfg!(target_os = "linux") {
        "/proc/self/fd"
    } else {
        "/dev/fd"
    };
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let open: Vec<i32> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    for descriptor in open {
        if descriptor > 2 {
            // The one that listed them is among them, and closed by now.
            let _ = nix::unistd::close(descriptor);
        }
    }
}

fn run(launch: Launch, reports: &Arc<Reports>, orders: Orders) -> Result<(), BoxError> {
    log::take_over(&log::open(&launch.log)?)?;
    log::keep_bounded(launch.log.clone(), launch.limits);
    crate::printing::print_events();
    eprintln!(
        "zen: {} version {} of service {} begins in process {}",
        launch.kind,
        launch.version,
        launch.service,
        std::process::id()
    );
    let entry = kind::kind(&launch.kind).ok_or_else(|| unknown(&launch.kind))?;
    let (listener, inherited) = listen(&launch)?;
    let address = listener.local_addr()?;
    reports.send(&Report::Listening {
        host: launch.host.clone(),
        port: address.port(),
        inherited,
    });

    let (stage, stages) = watch::channel(Stage::Serving);
    let life = Life {
        stage: Arc::new(stage),
        listener: Arc::new(Mutex::new(Some(listener.try_clone()?))),
        drain: launch.drain,
    };
    let (retiring, handed_over) = (life.clone(), Arc::clone(&life.listener));
    control::answer(
        &launch.home,
        launch.service,
        launch.version,
        handed_over,
        move |request| {
            if let control::Request::Retire = request {
                retiring.retire();
            }
        },
    )?;
    let (ordered, orders_seen) = watch::channel(Ordered::Nothing);
    let listen_to = {
        let (launch, reports, life) = (launch.clone(), Arc::clone(reports), life.clone());
        move || obey(&launch, orders, &ordered, &reports, &life)
    };
    std::thread::Builder::new()
        .name("zen-orders".into())
        .spawn(listen_to)?;
    let serving = Serving {
        home: launch.home.clone(),
        service: launch.service,
        name: launch.name.clone(),
        version: launch.version,
        listener,
        reports: Arc::clone(reports),
        ordered: orders_seen,
        stage: stages,
    };
    serve(entry, launch, serving, &life)
}

fn unknown(kind: &str) -> BoxError {
    let known = match registered_services() {
        kinds if kinds.is_empty() => "none".to_owned(),
        kinds => kinds.join(", "),
    };
    format!(
        "this program has no service of kind `{kind}` (it has: {known}); a crate that is named only in Cargo.toml is not \
         linked: refer to it once, as with `use zen_integrations as _;`"
    )
    .into()
}

fn serve(entry: &LocalServiceEntry, launch: Launch, serving: Serving, life: &Life) -> Result<(), BoxError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = launch.worker_threads {
        builder.worker_threads(threads.max(1));
    }
    let runtime = builder.enable_all().build()?;
    let terminated = {
        let life = life.clone();
        let _inside = runtime.enter();
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        async move {
            while terminate.recv().await.is_some() {
                eprintln!("zen: asked to stop (SIGTERM)");
                life.drain();
            }
        }
    };
    runtime.spawn(terminated);
    let mut ending = serving.stage.clone();
    let version = launch.version;
    let service = (entry.serve)(launch.config, serving)
        .map_err(|reason| format!("the configuration of `{}` can't be read: {reason}", entry.kind))?;
    let service = runtime.spawn(service);
    let outcome = runtime.block_on(async move {
        let overdue = async {
            // An error means that nobody can end it any more.
            let until = match ending.wait_for(|stage| !stage.is_serving()).await {
                Ok(stage) => stage.until(),
                Err(_) => None,
            };
            match until {
                // The service keeps to the time itself; this is for one that doesn't.
                Some(until) => tokio::time::sleep_until((until + Duration::from_secs(1)).into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            outcome = service => Some(outcome),
            () = overdue => None,
        }
    });
    runtime.shutdown_background();
    match outcome {
        Some(Ok(Ok(()))) => {
            eprintln!("zen: version {version} ends");
            Ok(())
        }
        Some(Ok(Err(error))) => Err(error),
        Some(Err(error)) => Err(format!("the service panicked: {error}").into()),
        None => {
            eprintln!("zen: version {version} ends with requests unfinished: its time to drain is over");
            Ok(())
        }
    }
}

/// How this process's end is brought about.
#[derive(Clone)]
struct Life {
    stage: Arc<watch::Sender<Stage>>,
    /// A handle for the next version. Gone once this one ends: a socket that nobody accepts from must not keep clients waiting.
    listener: Arc<Mutex<Option<TcpListener>>>,
    drain: Duration,
}

impl Life {
    fn retire(&self) {
        self.end(Stage::Retiring {
            until: Instant::now() + self.drain,
        });
    }

    fn drain(&self) {
        self.end(Stage::Draining {
            until: Instant::now() + self.drain,
        });
    }

    /// A shorter time replaces a longer one, never the other way round.
    fn end(&self, next: Stage) {
        self.stage.send_modify(|stage| {
            let sooner = match (stage.until(), next.until()) {
                (Some(now), Some(then)) => Some(now.min(then)),
                (now, then) => now.or(then),
            };
            *stage = match (next, sooner) {
                (Stage::Retiring { .. }, Some(until)) if !matches!(stage, Stage::Draining { .. }) => {
                    Stage::Retiring { until }
                }
                (_, Some(until)) => Stage::Draining { until },
                (next, None) => next,
            };
        });
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The listening socket: the running version's, so that no connection is refused in between; else a new one.
fn listen(launch: &Launch) -> Result<(TcpListener, bool), BoxError> {
    if let Some(previous) = launch.previous.filter(|_| launch.inherit) {
        match control::take_listener(&launch.home, launch.service, previous) {
            Ok(listener) => return Ok((listener, true)),
            Err(error) => {
                eprintln!("zen: version {previous} doesn't give its socket ({error}); opening a new one")
            }
        }
    }
    let bind = |port| TcpListener::bind((launch.host.as_str(), port));
    let listener = match bind(launch.port) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && launch.port_is_wish => bind(0),
        other => other,
    };
    let listener = listener.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {} of {} is in use by another program: choose another port, or 0 for any free one",
            launch.port, launch.host
        ),
        _ => format!(
            "port {} of {} can't be listened on: {error}",
            launch.port, launch.host
        ),
    })?;
    // The default is short for clients that all come at once.
    rustix::net::listen(&listener, 1024)?;
    Ok((listener, false))
}

/// Hears what the starting process orders, until the version is committed or that process is gone.
fn obey(launch: &Launch, orders: Orders, ordered: &watch::Sender<Ordered>, reports: &Reports, life: &Life) {
    for line in orders.lines() {
        match line
            .ok()
            .and_then(|line| serde_json::from_str::<Order>(&line).ok())
        {
            Some(Order::Go) => {
                ordered.send_replace(Ordered::Go);
            }
            Some(Order::Committed) => return take_charge(launch, reports),
            None => break,
        }
    }
    // The starting process is gone, and nobody knows how far it came.
    if *ordered.borrow() == Ordered::Go && is_committed(launch) {
        return take_charge(launch, reports);
    }
    eprintln!("zen: the process that started this version is gone before it put it in charge");
    if *ordered.borrow() == Ordered::Nothing {
        // Nothing has been answered yet: nothing is lost.
        std::process::exit(1);
    }
    life.retire();
}

/// This version is the current one: nobody holds its hand any more, and the one before may go.
fn take_charge(launch: &Launch, reports: &Reports) {
    if let Some(previous) = launch.previous
        && let Err(error) = control::retire(&launch.home, launch.service, previous)
    {
        // It has ended by itself; or it can't be asked, and then whoever changes the service next ends it.
        eprintln!("zen: version {previous} can't be told to retire: {error}");
    }
    reports.send(&Report::InCharge);
    reports.close();
}

fn is_committed(launch: &Launch) -> bool {
    let record = Stack::at(&launch.home)
        .ok()
        .map(|stack| stack.metadata().service(launch.service));
    matches!(record, Some(Ok(Some(record))) if record.version == launch.version)
}
