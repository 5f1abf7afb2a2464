//! Services to start in tests: one that works, and one that does whatever can go wrong.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
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
            Trouble::Fail(reason) => return Err(reason.into()),
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
