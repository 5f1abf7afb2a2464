//! A connection's life.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::watch;
use zen_core::service::Stage;

use super::link::{Doing, Link};
use super::relay::Relay;
use super::stream::Noted;
use crate::native::Metrics;
use crate::native::app::App;
use crate::native::handler::handle;

/// How long a new connection may take, when the server is to stop, to send the request that it was opened for.
const GRACE: Duration = Duration::from_secs(1);
/// How long a connection that is told to close may take to write what is left.
const CLOSING: Duration = Duration::from_secs(10);
/// Longer than anything lasts here.
const LONG: Duration = Duration::from_secs(86_400);

/// How long a connection may do what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) header: Option<Duration>,
    pub(super) idle: Option<Duration>,
}

/// What a connection needs.
pub(super) struct Connection {
    pub(super) app: Arc<App>,
    pub(super) protocols: Arc<auto::Builder<TokioExecutor>>,
    pub(super) stage: watch::Receiver<Stage>,
    pub(super) limits: Limits,
}

enum Event {
    Ended,
    /// It is HTTP/2, and has to be told to go away.
    GoAway,
}

/// What to do at a time when the connection may have done something for too long.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Wait(Instant),
    /// Close it in good order.
    Close,
    /// Close it at once.
    Drop,
}

impl Connection {
    /// Answers the connection's requests until its end.
    pub(super) async fn run(mut self, stream: TcpStream) {
        let _open = Open::new(self.app.engine.metrics().clone());
        self.serve(stream).await;
    }

    async fn serve(&mut self, stream: TcpStream) {
        let link = Arc::new(Link::new());
        let io = TokioIo::new(Noted::new(stream, Arc::clone(&link)));
        let service = {
            let (app, link) = (Arc::clone(&self.app), Arc::clone(&link));
            service_fn(move |request| handle(Arc::clone(&app), Arc::clone(&link), request))
        };
        let protocols = Arc::clone(&self.protocols);
        let mut connection = pin!(protocols.serve_connection(io, service));
        let relay = Relay::new();
        let mut timer = pin!(tokio::time::sleep(self.limits.shortest()));
        let mut stage = *self.stage.borrow_and_update();
        // The connection was told to close in good order; by its timer, when there had been so many requests.
        let mut told = false;
        let mut closing = None;
        // When a connection that hasn't asked yet is closed, as the server is to stop.
        let mut grace = None;
        let mut followed = true;
        loop {
            if matches!(stage, Stage::Draining { .. }) && !told && grace.is_none() {
                if let Doing::Head(_) = link.doing() {
                    // Its client has just sent a request, or is about to. The answer will close the connection.
                    let end = Instant::now() + GRACE;
                    grace = Some(end);
                    timer.as_mut().reset(end.into());
                } else {
                    told = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
            let goes = !stage.is_serving() && !told;
            let driven = poll_fn(|cx| match relay.poll(cx, |cx| connection.as_mut().poll(cx)) {
                Poll::Ready(_) => Poll::Ready(Event::Ended),
                Poll::Pending if goes && link.is_http2() => Poll::Ready(Event::GoAway),
                Poll::Pending => Poll::Pending,
            });
            tokio::select! {
                biased;
                event = driven => match event {
                    // With an error or without: the client sees it too.
                    Event::Ended => return,
                    Event::GoAway => {
                        told = true;
                        connection.as_mut().graceful_shutdown();
                    }
                },
                changed = self.stage.changed(), if followed => match changed {
                    Ok(()) => stage = *self.stage.borrow_and_update(),
                    Err(_) => followed = false,
                },
                () = timer.as_mut() => {
                    let now = Instant::now();
                    match verdict(&link, self.limits, stage, now, (closing, grace)) {
                        Verdict::Wait(until) => timer.as_mut().reset(until.into()),
                        Verdict::Close => {
                            told = true;
                            closing = Some(link.requests());
                            connection.as_mut().graceful_shutdown();
                            timer.as_mut().reset((now + CLOSING).into());
                        }
                        Verdict::Drop => return,
                    }
                }
            }
        }
    }
}

/// An open connection is counted, also one whose task is aborted.
struct Open(Metrics);

impl Open {
    fn new(metrics: Metrics) -> Self {
        metrics.connected();
        Self(metrics)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.disconnected();
    }
}

impl Limits {
    fn shortest(&self) -> Duration {
        let limits = [self.header, self.idle];
        limits.into_iter().flatten().min().unwrap_or(LONG).min(LONG)
    }
}

/// Looks again at the latest after the shortest limit: what begins meanwhile can't be over its limit before.
fn verdict(
    link: &Link,
    limits: Limits,
    stage: Stage,
    now: Instant,
    (closing, grace): (Option<u32>, Option<Instant>),
) -> Verdict {
    let again = now + limits.shortest();
    let over =
        |since: Instant, limit: Option<Duration>| match limit.and_then(|limit| since.checked_add(limit)) {
            Some(end) if end <= now => None,
            Some(end) => Some(Verdict::Wait(end.min(again))),
            None => Some(Verdict::Wait(again)),
        };
    match link.doing() {
        Doing::Answering => Verdict::Wait(again),
        Doing::Head(_) if grace.is_some_and(|end| end <= now) => Verdict::Drop,
        Doing::Head(since) => over(since, limits.header).unwrap_or(Verdict::Drop),
        // It has had the time to write what is left.
        Doing::Idle(_) if closing.is_some_and(|requests| requests == link.requests()) => Verdict::Drop,
        // Its client doesn't know that it is to be closed, and may be about to send a request.
        Doing::Idle(_) if matches!(stage, Stage::Retiring { .. }) => Verdict::Wait(again),
        Doing::Idle(since) => over(since, limits.idle).unwrap_or(Verdict::Close),
    }
}
