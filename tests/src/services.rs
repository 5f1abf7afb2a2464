//! Services to start in tests: some that work, and one that does whatever can go wrong; and a pipeline that starts one.

use std::io::{self, Read};
use std::net::TcpStream;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use zen_core::prelude::*;
use zen_core::service::{LocalService, Paths, Serving};

/// Says its greeting, its version and its process id to whoever connects. No model, no HTTP.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Greeter {
    /// What it says.
    pub greeting: String,
    /// Lines of this many characters that it writes to its log at the start, and how many.
    pub chatter: (usize, usize),
}

impl Greeter {
    /// A quiet one.
    pub fn new(greeting: &str) -> Self {
        Self {
            greeting: greeting.to_owned(),
            chatter: (0, 0),
        }
    }
}

impl LocalService for Greeter {
    const KIND: &'static str = "greeter";

    fn paths(&self) -> Paths {
        Paths::tcp()
    }

    async fn serve(self, serving: Serving) -> Result<()> {
        let listener = TcpListener::from_std(serving.listener()?)?;
        println!("loading the greeting");
        for line in 0..self.chatter.1 {
            println!("{line:0width$}", width = self.chatter.0);
        }
        let mut stages = serving.ready().await?;
        loop {
            tokio::select! {
                biased;
                _ = stages.end() => {
                    println!("the last greeting has been said");
                    return Ok(());
                }
                accepted = listener.accept() => {
                    let (mut connection, _) = accepted?;
                    let words = format!("{} {} {}\n", self.greeting, serving.version(), std::process::id());
                    // A visitor who has left again is no failure.
                    let _ = connection.write_all(words.as_bytes()).await;
                }
            }
        }
    }
}

zen_core::register_local_service!(Greeter);

/// What goes wrong with a [`Troublemaker`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trouble {
    /// It returns an error before it is ready.
    Fail(String),
    /// It exits with this code before it is ready.
    Exit(i32),
    /// It aborts before it is ready.
    Abort,
    /// It panics before it is ready.
    Panic,
    /// It never becomes ready.
    Hang,
    /// It becomes ready, and doesn't stop when it is asked to.
    Stubborn,
    /// It becomes ready and starts a child of its own, whose process id it says.
    Parent,
    /// It becomes ready and ends.
    Quit,
}

/// Does what can go wrong with a service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Troublemaker(pub Trouble);

impl LocalService for Troublemaker {
    const KIND: &'static str = "troublemaker";

    fn paths(&self) -> Paths {
        Paths::tcp()
    }

    async fn serve(self, serving: Serving) -> Result<()> {
        eprintln!("about to do this: {:?}", self.0);
        match self.0 {
            Trouble::Fail(reason) => Err(reason.into()),
            Trouble::Exit(code) => std::process::exit(code),
            Trouble::Abort => std::process::abort(),
            Trouble::Panic => panic!("as it was told to"),
            Trouble::Hang => std::future::pending().await,
            Trouble::Quit => {
                serving.ready().await?;
                Ok(())
            }
            Trouble::Stubborn => {
                serving.ready().await?;
                loop {
                    // Blocks a thread of the runtime, as bad code would.
                    std::thread::sleep(Duration::from_secs(3600));
                }
            }
            Trouble::Parent => {
                let child = std::process::Command::new("sleep").arg("3600").spawn()?;
                let listener = TcpListener::from_std(serving.listener()?)?;
                let mut stages = serving.ready().await?;
                loop {
                    tokio::select! {
                        accepted = listener.accept() => {
                            let (mut connection, _) = accepted?;
                            let _ = connection.write_all(format!("{}\n", child.id()).as_bytes()).await;
                        }
                        _ = stages.end() => return Ok(()),
                    }
                }
            }
        }
    }
}

zen_core::register_local_service!(Troublemaker);

/// Says `begun` to whoever connects, and `done` when the visitor has sent a line. Writes nothing to its log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Waiter;

impl LocalService for Waiter {
    const KIND: &'static str = "waiter";

    fn paths(&self) -> Paths {
        Paths::tcp()
    }

    async fn serve(self, serving: Serving) -> Result<()> {
        let listener = TcpListener::from_std(serving.listener()?)?;
        let mut stages = serving.ready().await?;
        let mut visits = JoinSet::new();
        loop {
            tokio::select! {
                _ = stages.end() => break,
                accepted = listener.accept() => {
                    let (connection, _) = accepted?;
                    visits.spawn(async move {
                        let mut connection = BufReader::new(connection);
                        connection.write_all(b"begun\n").await?;
                        connection.read_line(&mut String::new()).await?;
                        connection.write_all(b"done\n").await
                    });
                }
            }
        }
        // Nobody accepts from it any more: the next version may have the port.
        drop(listener);
        while visits.join_next().await.is_some() {}
        Ok(())
    }
}

zen_core::register_local_service!(Waiter);

/// Writes what visitors send to its log, and answers each with `written`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Scribe;

impl LocalService for Scribe {
    const KIND: &'static str = "scribe";

    fn paths(&self) -> Paths {
        Paths::tcp()
    }

    async fn serve(self, serving: Serving) -> Result<()> {
        let listener = TcpListener::from_std(serving.listener()?)?;
        let mut stages = serving.ready().await?;
        loop {
            tokio::select! {
                _ = stages.end() => return Ok(()),
                accepted = listener.accept() => {
                    let mut connection = BufReader::new(accepted?.0);
                    let mut text = String::new();
                    while connection.read_line(&mut text).await? > 0 {
                        // In one piece, whatever is in it.
                        let words = text.strip_suffix("$\n").unwrap_or(&text);
                        io::Write::write_all(&mut io::stderr(), words.as_bytes())?;
                        text.clear();
                        connection.write_all(b"written\n").await?;
                    }
                }
            }
        }
    }
}

zen_core::register_local_service!(Scribe);

/// What a service says to a visitor.
///
/// # Errors
/// When it can't be visited.
pub fn ask<M>(service: &Service<M>) -> io::Result<String> {
    let endpoint = service.endpoint().ok_or(io::ErrorKind::NotConnected)?;
    let mut text = String::new();
    let mut stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.read_to_string(&mut text)?;
    Ok(text.trim().to_owned())
}

/// Starts a greeter.
#[step(cache = false)]
pub fn greeter_deployer(ctx: &StepContext, greeting: &str) -> Result<Service> {
    let stack = ctx.component::<Stack>().ok_or("no stack")?;
    let service = Service::local(&stack, "greeter", &Greeter::new(greeting))?;
    service.start(Duration::from_secs(60))?;
    Ok(service)
}

/// Hears what a service says.
#[step(cache = false)]
pub fn visitor(service: &Service) -> Result<String> {
    Ok(ask(service)?)
}

/// Starts a greeter and publishes it as `greeter`.
#[pipeline]
pub fn greeting(words: String) -> Artifact<Service> {
    greeter_deployer(words.as_str()).published("greeter")
}

/// Visits the last greeter.
#[pipeline]
pub fn visiting() -> Artifact<String> {
    visitor(latest::<Service>("greeter"))
}
