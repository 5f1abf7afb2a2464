//! The child: MLflow's server, which predicts.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;
use tokio::process::{ChildStdin, Command};
use tokio::task::JoinHandle;

use super::MlflowServerError;
use super::executable::path_with;
use super::output::Output;
use super::upstream::Upstream;

/// Executes a program, and ends it with all that it has started when the standard input is closed, which happens when this process ends, in whatever
/// way. A line of input asks it to end. Whoever reads the input is in the program's process group, whose id no other process gets as long as it has members.
const KEEPER: &str = r#"
exec 3<&0
( trap "" TERM; while read -r order; do kill -s TERM -- "-$$"; done; kill -s KILL -- "-$$" ) <&3 3<&- >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null 2>&1
"#;

/// How the variables begin that hold secrets.
const SECRETS: &str = "ZEN_SECRET_";
/// How often another port is tried.
const PORTS: usize = 5;
/// How often the child is asked whether it is ready.
const PAUSE: Duration = Duration::from_millis(50);
/// How long the last of what a child wrote may take to come, after its end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How the child is started.
#[derive(Debug, Clone)]
pub(super) struct Serve {
    pub(super) executable: PathBuf,
    pub(super) model: PathBuf,
    pub(super) workers: usize,
    pub(super) request_timeout: Duration,
}

/// A running child. When it is dropped, the child ends at once, and all that it has started.
pub(super) struct Child {
    process: tokio::process::Child,
    orders: Option<ChildStdin>,
    output: Output,
    reading: JoinHandle<()>,
}

impl Serve {
    /// Starts the child, and waits until it answers.
    pub(super) async fn start(&self) -> Result<(Child, Upstream), MlflowServerError> {
        let mut tried = 1;
        loop {
            let (port, held) = free_port().map_err(|source| MlflowServerError::Process {
                what: "looking for a free port",
                source,
            })?;
            let mut child = self.spawn(port)?;
            let upstream = Upstream::new(
                SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
                self.request_timeout,
            );
            match child.ready(&upstream, self.workers).await {
                Ok(()) => return Ok((child, upstream)),
                Err(MlflowServerError::Ended { .. })
                    if tried < PORTS && child.output.says("address already in use") =>
                {
                    eprintln!("zen: port {port} was taken by another process: trying another one");
                    tried += 1;
                }
                Err(error) => return Err(error),
            }
            drop(held);
        }
    }

    fn spawn(&self, port: u16) -> Result<Child, MlflowServerError> {
        let timeout = self.request_timeout.as_secs().max(1);
        let mut command = keeper(&self.executable, &[]);
        command
            .args(["models", "serve", "--env-manager", "local"])
            .args(["-h", "127.0.0.1", "-p", &port.to_string()])
            .args(["--workers", &self.workers.to_string()])
            .args(["--timeout", &timeout.to_string()])
            .arg("-m")
            .arg(&self.model);
        Child::spawn(command)
    }
}

/// The command that executes MLflow, whose arguments are to be added.
pub(super) fn keeper(executable: &Path, variables: &[(&'static str, OsString)]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", KEEPER, "zen-keeper"]).arg(executable);
    // A model's code has no need of them.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with(SECRETS)) {
            command.env_remove(name);
        }
    }
    command
        .env("PATH", path_with(executable))
        .env("PYTHONUNBUFFERED", "1")
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0);
    command
}

impl Child {
    pub(super) fn spawn(mut command: Command) -> Result<Self, MlflowServerError> {
        let mut process = command.spawn().map_err(|source| MlflowServerError::Process {
            what: "starting MLflow",
            source,
        })?;
        let output = Output::default();
        let reading = match process.stdout.take() {
            Some(source) => output.follow(source),
            None => tokio::spawn(async {}),
        };
        Ok(Self {
            orders: process.stdin.take(),
            process,
            output,
            reading,
        })
    }

    /// What it wrote last.
    pub(super) fn output(&self) -> &Output {
        &self.output
    }

    /// Waits until it answers; an end is told at once.
    async fn ready(&mut self, upstream: &Upstream, workers: usize) -> Result<(), MlflowServerError> {
        let output = self.output.clone();
        let answers = async {
            while !upstream.is_ready().await {
                // With several workers, MLflow's server starts those that fail again and again.
                if workers > 1 && output.says("child process [") && output.says("] died") {
                    return false;
                }
                tokio::time::sleep(PAUSE).await;
            }
            true
        };
        let ended = tokio::select! {
            ended = self.process.wait() => Some(ended),
            ready = answers => match ready {
                true => return Ok(()),
                false => None,
            },
        };
        let output = self.last_words().await;
        let how = match ended {
            Some(ended) => self.described(ended),
            None => "one of its workers failed".to_owned(),
        };
        Err(MlflowServerError::Ended { how, output })
    }

    /// Waits until it ends, which it isn't asked to.
    pub(super) async fn died(&mut self) -> MlflowServerError {
        let ended = self.process.wait().await;
        self.last_words().await;
        MlflowServerError::Died {
            how: self.described(ended),
        }
    }

    /// Waits until it ends, as it is expected to.
    pub(super) async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        let ended = self.process.wait().await;
        self.last_words().await;
        ended
    }

    /// Asks it to end, and ends it when it hasn't by then.
    pub(super) async fn stop(mut self, patience: Duration) {
        if let Some(orders) = &mut self.orders {
            // It may have ended already.
            let _ = orders.write_all(b"end\n").await;
        }
        let ended = async {
            let _ = self.process.wait().await;
            // All that it has started has ended when nobody can write any more.
            let _ = (&mut self.reading).await;
        };
        if tokio::time::timeout(patience, ended).await.is_err() {
            eprintln!("zen: MLflow's server has not ended within {patience:?}, and is killed");
        }
        self.orders = None;
        let _ = self.process.wait().await;
    }

    /// How it ended. MLflow starts its server as a process of its own, whose code says more.
    fn described(&self, ended: std::io::Result<ExitStatus>) -> String {
        match (self.output.code(), ended) {
            (Some(code), _) if code.starts_with('-') => format!("by signal {}", code.trim_start_matches('-')),
            (Some(code), _) => format!("exit status: {code}"),
            (None, Ok(status)) => status.to_string(),
            (None, Err(error)) => format!("its process can't be waited for: {error}"),
        }
    }

    async fn last_words(&mut self) -> Vec<String> {
        // What it started may go on and keep its output open.
        let _ = tokio::time::timeout(LAST_WORDS, &mut self.reading).await;
        self.output.last()
    }
}

/// A port that is free, and what keeps it so. On Linux a socket that doesn't listen keeps the system from giving the port to others, and lets one listen
/// that asks for it; MLflow's server takes it only when the model is loaded.
fn free_port() -> std::io::Result<(u16, Option<TcpSocket>)> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let port = socket.local_addr()?.port();
    Ok((port, cfg!(target_os = "linux").then_some(socket)))
}
