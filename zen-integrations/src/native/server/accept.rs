//! Accepting connections, and waiting for their end.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use zen_core::service::Stage;

use super::ServeError;
use super::connection::{Connection, Limits};
use crate::native::NativeOptions;
use crate::native::app::App;
use crate::native::options::limit;

/// How long nothing is accepted after the system refused a connection for want of something.
const PAUSE: Duration = Duration::from_millis(100);
/// How often a peer of HTTP/2 is asked whether it is there.
const PING: Duration = Duration::from_secs(30);
/// How many requests a connection of HTTP/2 may ask at once.
const STREAMS: u32 = 256;

/// Accepts connections, and has their tasks.
pub(super) struct Acceptor {
    app: Arc<App>,
    stage: watch::Receiver<Stage>,
    connections: JoinSet<()>,
    places: Arc<Semaphore>,
    protocols: Arc<auto::Builder<TokioExecutor>>,
    limits: Limits,
    drain_timeout: Duration,
}

impl Acceptor {
    pub(super) fn new(app: Arc<App>, options: &NativeOptions, stage: watch::Receiver<Stage>) -> Self {
        let mut protocols = auto::Builder::new(TokioExecutor::new());
        // HTTP/1 gets no timer: hyper would close idle connections too. See `Link`.
        protocols
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(PING)
            .max_concurrent_streams(STREAMS);
        Self {
            app,
            stage,
            connections: JoinSet::new(),
            places: Arc::new(Semaphore::new(
                options.max_connections.clamp(1, Semaphore::MAX_PERMITS),
            )),
            protocols: Arc::new(protocols),
            limits: Limits {
                header: limit(options.header_timeout),
                idle: limit(options.idle_timeout),
            },
            drain_timeout: options.drain_timeout,
        }
    }

    /// `leaving` is dropped when no more is accepted.
    pub(super) async fn run(
        mut self,
        listener: TcpListener,
        leaving: Option<Box<dyn Any + Send>>,
    ) -> Result<(), ServeError> {
        let stage = self.accept_all(&listener).await?;
        self.leave(stage);
        if matches!(stage, Stage::Draining { .. }) {
            self.accept_waiting(listener);
        } else {
            drop(listener);
        }
        drop(leaving);
        self.finish(stage).await;
        Ok(())
    }

    /// Accepts until the stage changes.
    async fn accept_all(&mut self, listener: &TcpListener) -> Result<Stage, ServeError> {
        let mut stages = self.stage.clone();
        loop {
            let stage = *stages.borrow_and_update();
            if !stage.is_serving() {
                return Ok(stage);
            }
            tokio::select! {
                biased;
                changed = stages.changed() => {
                    if changed.is_err() {
                        let until = self.end(self.drain_timeout);
                        return Ok(Stage::Draining { until });
                    }
                }
                accepted = accept(&self.places, listener) => match accepted {
                    Ok((stream, place)) => self.open(stream, place),
                    Err(error) => pause(error).await?,
                },
                Some(_) = self.connections.join_next() => {}
            }
        }
    }

    fn end(&self, after: Duration) -> Instant {
        let now = Instant::now();
        // A time that can't be told is far enough when it is a day.
        now.checked_add(after)
            .unwrap_or(now + Duration::from_secs(86_400))
    }

    fn leave(&self, stage: Stage) {
        self.app.leave();
        if matches!(stage, Stage::Draining { .. }) {
            self.app.engine.drain();
        }
    }

    /// Accepts the connections that clients have opened already, and closes the socket, which would break them.
    fn accept_waiting(&mut self, listener: TcpListener) {
        // Asks the system itself: the runtime may not have heard of a connection yet. The socket doesn't block.
        let Ok(listener) = listener.into_std() else {
            return;
        };
        while let Ok(place) = Arc::clone(&self.places).try_acquire_owned()
            && let Ok((stream, _)) = listener.accept()
            && stream.set_nonblocking(true).is_ok()
            && let Ok(stream) = TcpStream::from_std(stream)
        {
            self.open(stream, place);
        }
    }

    fn open(&mut self, stream: TcpStream, place: OwnedSemaphorePermit) {
        // Only slower when it can't be set.
        let _ = stream.set_nodelay(true);
        let connection = Connection {
            app: Arc::clone(&self.app),
            protocols: Arc::clone(&self.protocols),
            stage: self.stage.clone(),
            limits: self.limits,
        };
        self.connections.spawn(async move {
            connection.run(stream).await;
            drop(place);
        });
    }

    /// Waits until no connection is left, or for the stage's end.
    async fn finish(&mut self, mut stage: Stage) {
        let mut followed = true;
        loop {
            let until = stage.until().unwrap_or_else(Instant::now);
            tokio::select! {
                biased;
                ended = self.connections.join_next() => {
                    if ended.is_none() {
                        return;
                    }
                }
                changed = self.stage.changed(), if followed => match changed {
                    Ok(()) => {
                        let next = *self.stage.borrow_and_update();
                        // There is no way back: the socket is gone.
                        if !next.is_serving() {
                            stage = next;
                            self.leave(stage);
                        }
                    }
                    Err(_) => followed = false,
                },
                () = tokio::time::sleep_until(until.into()) => {
                    tracing::warn!("{} connections are closed before their end", self.connections.len());
                    return;
                }
            }
        }
    }
}

async fn accept(
    places: &Arc<Semaphore>,
    listener: &TcpListener,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

/// What to do about a connection that couldn't be accepted: nothing if it was its own fault, wait if the system lacks something.
async fn pause(error: io::Error) -> Result<(), ServeError> {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted, InvalidInput};
    match error.kind() {
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted => Ok(()),
        InvalidInput => Err(ServeError::Accept(error)),
        _ => {
            tracing::warn!(%error, "a connection can't be accepted");
            tokio::time::sleep(PAUSE).await;
            Ok(())
        }
    }
}
