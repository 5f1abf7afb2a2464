//! The process of a service, from its first moment to its last.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::launch::{ARGUMENT, Launch, Order, Report, VARIABLE};
use super::lifetime::{self, Life, leave, say};
use super::serving::{Ordered, Reports};
use super::{LocalServiceEntry, Serving, control, ending, kind, log, registered_services};
use crate::graph::failure::chain;
use crate::service::ServiceError;
use crate::serving::BoxError;
use crate::stack::{Stack, Told};

/// How long a daemon asks the metadata whether it is the current version.
const RECORDED: Duration = Duration::from_secs(60);

/// How long a version that is to end may take to free its port.
const RELEASED: Duration = Duration::from_secs(2);

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
    let code = match begin() {
        Ok((launch, reports, orders)) => match run(launch, &reports, orders) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let reason = chain(&*error);
                say!("error: {reason}");
                reports.send(&Report::Failed { reason });
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            say!("error: this process was started as a service by something that isn't zen: {error}");
            return Some(ExitCode::FAILURE);
        }
    };
    ending::end_session();
    Some(code)
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
    // What the parser says would show what stands there, credentials among it.
    let unreadable = |_| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "what it is to be can't be read: it may come from another version of zen",
        )
    };
    let launch = serde_json::from_str(&line).map_err(unreadable)?;
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
    crate::printing::redact_panics();
    Stack::is_told(Told {
        home: launch.home.clone(),
        origin: launch.artifacts.clone(),
        plan: launch.stack.clone(),
        secrets: None,
    });
    say!(
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

    let life = Life::new(listener, launch.drain);
    control::answer(&launch.home, launch.service, launch.version, life.clone())?;
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
        address,
        reports: Arc::clone(reports),
        ordered: orders_seen,
        life: life.clone(),
    };
    serve(entry, launch, serving, life)
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

fn serve(entry: &LocalServiceEntry, launch: Launch, serving: Serving, life: Life) -> Result<(), BoxError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = launch.worker_threads {
        builder.worker_threads(threads.max(1));
    }
    let runtime = builder.enable_all().build()?;
    let version = launch.version;
    lifetime::keep_time(life, version)?;
    let service = {
        let _inside = runtime.enter();
        (entry.serve)(launch.config, serving)
    };
    let service =
        service.map_err(|reason| format!("the configuration of `{}` can't be read: {reason}", entry.kind))?;
    let outcome = runtime.block_on(runtime.spawn(service));
    runtime.shutdown_background();
    match outcome {
        Ok(Ok(())) => {
            say!("zen: version {version} ends");
            Ok(())
        }
        Ok(Err(error)) => Err(error),
        Err(error) => Err(format!("the service panicked: {error}").into()),
    }
}

/// The listening socket: the running version's, so that no connection is refused in between; else a new one.
fn listen(launch: &Launch) -> Result<(TcpListener, bool), BoxError> {
    if let Some(previous) = launch.previous.filter(|_| launch.inherit) {
        match control::take_listener(&launch.home, launch.service, previous) {
            Ok(listener) => return Ok((listener, true)),
            Err(error) => {
                say!("zen: version {previous} doesn't give its socket ({error}); opening a new one")
            }
        }
    }
    let bind = |port| TcpListener::bind((launch.host.as_str(), port));
    let mut bound = bind(launch.port);
    let is_taken = |bound: &io::Result<TcpListener>| matches!(bound, Err(error) if error.kind() == io::ErrorKind::AddrInUse);
    // A version that is about to end frees its port before it has answered what it was asked.
    let patience = Instant::now() + RELEASED;
    while launch.previous.is_some() && is_taken(&bound) && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(10));
        bound = bind(launch.port);
    }
    let listener = match is_taken(&bound) && launch.port_is_wish {
        true => bind(0),
        false => bound,
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
    say!("zen: the process that started this version is gone before it put it in charge");
    if *ordered.borrow() == Ordered::Nothing {
        // Nothing has been answered yet: nothing is lost.
        leave(1);
    }
    life.retire();
}

/// This version is the current one: nobody holds its hand any more, and the one before may go.
fn take_charge(launch: &Launch, reports: &Reports) {
    if let Some(previous) = launch.previous
        && let Err(error) = control::retire(&launch.home, launch.service, previous)
    {
        // It has ended by itself; or it can't be asked, and then whoever changes the service next ends it.
        say!("zen: version {previous} can't be told to retire: {error}");
    }
    reports.send(&Report::InCharge);
    reports.close();
}

/// Whether the metadata says that this version is the current one. A store that can't be read now is asked again: going when this is the
/// current version would leave nobody to answer.
fn is_committed(launch: &Launch) -> bool {
    let end = Instant::now() + RECORDED;
    loop {
        let record = Stack::at(&launch.home)
            .map_err(ServiceError::from)
            .and_then(|stack| Ok(stack.metadata().service(launch.service)?));
        match record {
            Ok(record) => return record.is_some_and(|record| record.version == launch.version),
            Err(error) if Instant::now() < end => {
                say!("zen: which version is the current one can't be read, and is asked again: {error}");
                std::thread::sleep(Duration::from_secs(1));
            }
            Err(_) => return false,
        }
    }
}
