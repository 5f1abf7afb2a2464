//! What is counted and logged of a request.

use std::time::Instant;

use axum::http::{HeaderValue, Method, Uri};

use crate::native::access::Entry;
use crate::native::app::App;
use crate::native::metrics::Protocol;
use crate::native::server::Link;

/// A request being answered. Dropped without [`Visit::end`], its client has left.
pub(super) struct Visit<'a> {
    app: &'a App,
    link: &'a Link,
    protocol: Protocol,
    begun: Instant,
    method: &'a Method,
    uri: &'a Uri,
    traceparent: Option<&'a HeaderValue>,
    ended: bool,
}

impl<'a> Visit<'a> {
    pub(super) fn begin(
        app: &'a App,
        link: &'a Link,
        protocol: Protocol,
        (method, uri): (&'a Method, &'a Uri),
        traceparent: Option<&'a HeaderValue>,
    ) -> Self {
        app.engine.metrics().begun();
        Self {
            app,
            link,
            protocol,
            begun: Instant::now(),
            method,
            uri,
            traceparent,
            ended: false,
        }
    }

    /// The request is answered; `code` is counted, and `status` logged.
    pub(super) fn end(mut self, code: u16, status: u16, bytes: Option<u64>) {
        self.ended = true;
        self.finish(code, status, bytes);
    }

    fn finish(&self, code: u16, status: u16, bytes: Option<u64>) {
        let now = Instant::now();
        let took = now.saturating_duration_since(self.begun);
        let metrics = self.app.engine.metrics();
        metrics.ended();
        metrics.answered(self.protocol, code, took);
        self.link.end(now);
        if self.app.access.is_on() {
            self.app.access.log(&Entry {
                method: self.method,
                uri: self.uri,
                status,
                took,
                bytes,
                traceparent: self.traceparent,
            });
        }
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // gRPC's word for it is CANCELLED.
            let code = if self.protocol == Protocol::Grpc { 1 } else { 499 };
            self.finish(code, 499, None);
        }
    }
}
