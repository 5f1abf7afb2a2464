//! What a local service is, and how its process finds it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Serving;
use crate::serving::BoxError;

/// A long-running server that zen runs as a daemon of its own on this machine: this program's executable, started again.
///
/// The value is its configuration. It is recorded whole, so that the service can be started again at any later time; so it must hold
/// no secrets, only where they are found ([`TokenSource`](crate::service::TokenSource)).
///
/// ```no_run
/// use zen_core::prelude::*;
/// use zen_core::service::{LocalService, Paths, Serving};
///
/// #[derive(Serialize, Deserialize)]
/// struct Greeter { greeting: String }
///
/// impl LocalService for Greeter {
///     const KIND: &'static str = "greeter";
///
///     fn paths(&self) -> Paths {
///         Paths::tcp()
///     }
///
///     async fn serve(self, serving: Serving) -> Result<()> {
///         let listener = tokio::net::TcpListener::from_std(serving.listener()?)?;
///         let mut stages = serving.ready().await?; // from here on connections are wanted
///         loop {
///             tokio::select! {
///                 accepted = listener.accept() => {
///                     let (connection, _) = accepted?;
///                     connection.try_write(self.greeting.as_bytes())?;
///                 }
///                 _ = stages.end() => return Ok(()),
///             }
///         }
///     }
/// }
/// zen_core::register_local_service!(Greeter);
///
/// # fn main() -> Result<()> {
/// let stack = Stack::active()?;
/// let service = Service::local(&stack, "greeter", &Greeter { greeting: "hello".into() })?;
/// service.start(std::time::Duration::from_secs(10))?;
/// println!("{}", service.endpoint().expect("it runs").base_url());
/// # Ok(())
/// # }
/// ```
pub trait LocalService: Serialize + DeserializeOwned + Send + 'static {
    /// Names the kind of service in records; unique in a program.
    const KIND: &'static str;

    /// What it speaks, and where it is asked.
    fn paths(&self) -> Paths;

    /// Runs the server until the stage says that it ends. On Linux, the processes that it has started end with it, unless they have made
    /// themselves a session of their own.
    ///
    /// # Errors
    /// Any. Before [`Serving::ready`] the start fails with it; after, the process ends with it, and it is in the log.
    fn serve(self, serving: Serving) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// What a service speaks, and where it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Paths {
    /// `http`, `grpc` or `tcp`.
    pub protocol: String,
    /// The path whose status 200 says that it works. Without one, that it can be connected to says so.
    pub health: Option<String>,
    /// The path predictions are asked at.
    pub prediction: Option<String>,
}

impl Paths {
    /// A server whose health shows in that it can be connected to.
    pub fn tcp() -> Self {
        Self {
            protocol: "tcp".into(),
            health: None,
            prediction: None,
        }
    }

    /// A server that speaks HTTP and answers 200 at `health` when it works.
    pub fn http(health: impl Into<String>) -> Self {
        Self {
            protocol: "http".into(),
            health: Some(health.into()),
            prediction: None,
        }
    }

    /// That makes predictions at this path.
    #[must_use]
    pub fn predicting_at(mut self, path: impl Into<String>) -> Self {
        self.prediction = Some(path.into());
        self
    }
}

type Served = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// A kind of service that this program can run; made by [`register_local_service!`](crate::register_local_service).
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct LocalServiceEntry {
    /// [`LocalService::KIND`].
    pub kind: &'static str,
    /// Reads the configuration and runs it.
    pub serve: fn(Value, Serving) -> Result<Served, String>,
}

impl fmt::Debug for LocalServiceEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)
    }
}

inventory::collect!(LocalServiceEntry);

impl LocalServiceEntry {
    /// The entry of a kind.
    pub const fn of<S: LocalService>() -> Self {
        Self {
            kind: S::KIND,
            serve: |config, serving| {
                let service: S = serde_json::from_value(config).map_err(|error| error.to_string())?;
                Ok(Box::pin(service.serve(serving)))
            },
        }
    }
}

/// The kind of this name.
pub(super) fn kind(name: &str) -> Option<&'static LocalServiceEntry> {
    inventory::iter::<LocalServiceEntry>
        .into_iter()
        .find(|entry| entry.kind == name)
}

/// The kinds of services this program can run, sorted.
pub fn registered_services() -> Vec<&'static str> {
    let mut kinds: Vec<_> = inventory::iter::<LocalServiceEntry>
        .into_iter()
        .map(|entry| entry.kind)
        .collect();
    kinds.sort_unstable();
    kinds
}

/// Lists a kind of [`LocalService`](crate::service::LocalService), so that the process that runs it finds it by its name.
#[macro_export]
macro_rules! register_local_service {
    ($type:ty) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::__private::LocalServiceEntry::of::<$type>()
            }
        };
    };
}
