//! Answering connections.

mod accept;
mod connection;
mod link;
mod relay;
mod stream;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use zen_core::service::{Stage, TokenError};

use self::accept::Acceptor;
use super::access::{Access, Sink};
use super::app::{App, Elsewhere};
use super::auth::Auth;
use super::body::Reading;
use super::memory::Memory;
use super::options::limit;
use super::{Engine, NativeOptions};

pub(super) use self::link::Link;

/// A server can't go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The token that requests must have can't be found.
    #[error("the server's token can't be read")]
    Token(#[from] TokenError),
    /// The listening socket is of no use.
    #[error("no connection can be accepted from the listening socket")]
    Accept(#[source] std::io::Error),
}

/// A server of one model.
///
/// ```no_run
/// # use std::sync::Arc;
/// # use zen_core::service::Stage;
/// # use zen_integrations::native::{Engine, Metrics, NativeOptions, Server};
/// # async fn run(model: Arc<dyn zen_core::serving::ServedModel>) -> Result<(), Box<dyn std::error::Error>> {
/// let options = NativeOptions::default();
/// let engine = Engine::new("flowers".into(), "3".into(), model, &options, Metrics::new("flowers", "3"));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let (stage, stages) = tokio::sync::watch::channel(Stage::Serving);
/// Server::new(engine, options).serve(listener, stages).await?;
/// # Ok(())
/// # }
/// ```
pub struct Server {
    engine: Engine,
    options: NativeOptions,
    grpc: Option<axum::Router>,
    elsewhere: Option<Elsewhere>,
    log: Option<Sink>,
    leaving: Option<Box<dyn Any + Send>>,
}

impl Server {
    /// A server of this engine's model.
    pub fn new(engine: Engine, options: NativeOptions) -> Self {
        Self {
            engine,
            options,
            grpc: None,
            elsewhere: None,
            log: None,
            leaving: None,
        }
    }

    /// Drops this when no more connections are accepted: what tells others of it, such as [`Serving::leaving`](zen_core::service::Serving::leaving).
    #[must_use]
    pub fn leaving(mut self, leaving: impl Any + Send) -> Self {
        self.leaving = Some(Box::new(leaving));
        self
    }

    /// Lets this router answer the requests of gRPC: those whose content type begins with `application/grpc`. The token is checked before;
    /// [`NativeOptions::body_timeout`] and [`NativeOptions::memory_limit`] apply to their bodies as to others, and other limits are
    /// the router's own. What it answers with an HTTP status that is no success becomes a status of gRPC: `UNIMPLEMENTED` where it
    /// has no route.
    #[must_use]
    pub fn grpc(mut self, router: axum::Router) -> Self {
        self.grpc = Some(router);
        self
    }

    /// Lets this router answer the requests for these paths, whatever their method, in the server's place. The token is checked before, bodies are read
    /// before and within the server's limits, and requests are counted and logged as others; what is refused is told in the words of the
    /// path's own protocol.
    #[must_use]
    pub fn elsewhere(mut self, paths: &'static [&'static str], router: axum::Router) -> Self {
        self.elsewhere = Some(Elsewhere { paths, router });
        self
    }

    /// Writes the access log there instead of to the standard error output: JSON objects, one a line. It is written in a thread of its own; when
    /// it can't be written as fast as requests come, lines are lost.
    #[must_use]
    pub fn log_to(mut self, sink: impl std::io::Write + Send + 'static) -> Self {
        self.log = Some(Box::new(sink));
        self
    }

    /// Answers the connections of this socket until the stage says otherwise.
    ///
    /// - [`Stage::Retiring`]: accepts no more, and drops the socket, which other processes may go on listening to. Each connection of HTTP/1
    ///   is closed with its next answer, idle ones stay open until then; those of HTTP/2 are told to go away. Returns when no connection is
    ///   left, or at the stage's end.
    /// - [`Stage::Draining`]: says that it isn't ready, accepts what is already waiting and then no more, finishes the requests and closes
    ///   idle connections. Returns when no connection is left, or at the stage's end.
    ///
    /// When the sender of the stage is dropped while it is serving, it drains for [`NativeOptions::drain_timeout`].
    ///
    /// Dropping the future closes all connections.
    ///
    /// # Errors
    /// When the token can't be read, or the socket is no listening one.
    pub async fn serve(self, listener: TcpListener, stage: watch::Receiver<Stage>) -> Result<(), ServeError> {
        let options = self.options;
        let token = options.token.as_ref().map(|source| source.read()).transpose()?;
        let sink = self.log.unwrap_or_else(|| Box::new(std::io::stderr()));
        let (access, written) = Access::new(options.access_log, sink);
        let reading = Reading {
            limit: options.body_limit,
            memory: Memory::new(options.memory_limit),
            timeout: limit(options.body_timeout),
        };
        let auth = Auth::new(token.as_ref());
        let app = App::new(self.engine, auth, access, reading, self.grpc, self.elsewhere);
        let served = Acceptor::new(Arc::new(app), &options, stage)
            .run(listener, self.leaving)
            .await;
        written.wait().await;
        served
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("engine", &self.engine)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// [`Server::serve`] without gRPC, logging to the standard error output.
///
/// # Errors
/// As there.
pub async fn serve(
    listener: TcpListener,
    engine: Engine,
    options: NativeOptions,
    stage: watch::Receiver<Stage>,
) -> Result<(), ServeError> {
    Server::new(engine, options).serve(listener, stage).await
}
