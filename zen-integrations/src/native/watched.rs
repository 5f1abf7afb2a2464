//! Bodies that a router reads, no longer and no more of them than is allowed.

use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Sleep;

use super::Refusal;
use super::memory::{Held, Memory};

/// A body that fails when it takes too long, or when there is no room for it.
pub(super) struct Watched {
    body: Incoming,
    timeout: Option<Duration>,
    /// Begins when the body is waited for, which most never are.
    timer: Option<Pin<Box<Sleep>>>,
    taken: usize,
    watch: Watch,
}

/// What is known of a [`Watched`] body. It has the body's room: what was read of it may outlive it.
#[derive(Clone)]
pub(super) struct Watch(Arc<Seen>);

struct Seen {
    refusal: OnceLock<Refusal>,
    held: Mutex<Held>,
}

impl Watched {
    pub(super) fn new(body: Incoming, timeout: Option<Duration>, memory: &Memory) -> (Self, Watch) {
        let watch = Watch(Arc::new(Seen {
            refusal: OnceLock::new(),
            held: Mutex::new(memory.hold()),
        }));
        let watched = Self {
            body,
            timeout,
            timer: None,
            taken: 0,
            watch: watch.clone(),
        };
        (watched, watch)
    }

    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<Refusal> {
        match (&mut self.timer, self.timeout) {
            (Some(timer), Some(timeout)) => {
                ready!(timer.as_mut().poll(cx));
                Poll::Ready(Refusal::Slow(timeout))
            }
            _ => Poll::Pending,
        }
    }

    fn fail(&self, refusal: Refusal) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // The first is the one that counts.
        let _ = self.watch.0.refusal.set(refusal.clone());
        Poll::Ready(Some(Err(refusal.into())))
    }
}

impl Watch {
    /// Why the body failed, when it was not its client's doing.
    pub(super) fn refusal(&self) -> Option<&Refusal> {
        self.0.refusal.get()
    }

    fn cover(&self, bytes: usize) -> Result<(), Refusal> {
        let mut held = self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.cover(bytes)
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // First, since a client that always has a little more to send would never be late otherwise.
        if let Poll::Ready(refusal) = self.poll_late(cx) {
            return self.fail(refusal);
        }
        let frame = match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                if self.timer.is_none() {
                    self.timer = self.timeout.map(|timeout| Box::pin(tokio::time::sleep(timeout)));
                    if let Poll::Ready(refusal) = self.poll_late(cx) {
                        return self.fail(refusal);
                    }
                }
                return Poll::Pending;
            }
        };
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.taken = self.taken.saturating_add(data.len());
            if let Err(refusal) = self.watch.cover(self.taken) {
                return self.fail(refusal);
            }
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
