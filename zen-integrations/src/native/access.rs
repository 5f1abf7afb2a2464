//! The access log: a line of JSON for each request that is to be logged.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use axum::http::{HeaderValue, Method, Uri};
use chrono::{SecondsFormat, Utc};
use serde::Serialize;
use tokio::sync::oneshot;
use zen_core::secrets::redact;

use super::options::AccessLog;
use super::trace;

/// How many lines may wait to be written; more are lost rather than that requests wait for a log that nobody reads.
const WAITING: usize = 4096;
/// How much of a path is logged, in characters.
const PATH: usize = 256;
/// How long the end of a server waits for the last lines to be written.
const LAST: Duration = Duration::from_secs(1);

/// Where the lines go.
pub(super) type Sink = Box<dyn Write + Send>;

/// Writes the access log, in a thread of its own.
pub(super) struct Access {
    level: AccessLog,
    lines: Option<SyncSender<Vec<u8>>>,
}

/// The end of the writing.
pub(super) struct Written(Option<oneshot::Receiver<()>>);

/// A request that was answered.
pub(super) struct Entry<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) status: u16,
    pub(super) took: Duration,
    /// Of the answer's body, when that is known.
    pub(super) bytes: Option<u64>,
    pub(super) traceparent: Option<&'a HeaderValue>,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    method: &'a str,
    path: String,
    status: u16,
    duration_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    trace_id: &'a str,
}

impl Access {
    pub(super) fn new(level: AccessLog, sink: Sink) -> (Self, Written) {
        if level == AccessLog::Off {
            return (Self { level, lines: None }, Written(None));
        }
        let (lines, receiver) = sync_channel(WAITING);
        let (written, end) = oneshot::channel();
        let thread = std::thread::Builder::new().name("zen-access-log".into());
        let started = thread.spawn(move || {
            write(&receiver, sink);
            // Whoever waits for it may have given up.
            let _ = written.send(());
        });
        match started {
            Ok(_) => {
                let lines = Some(lines);
                (Self { level, lines }, Written(Some(end)))
            }
            Err(error) => {
                tracing::error!(%error, "the access log's thread can't be started: nothing is logged");
                (Self { level, lines: None }, Written(None))
            }
        }
    }

    /// Whether anything is logged.
    pub(super) fn is_on(&self) -> bool {
        self.lines.is_some()
    }

    /// Logs a request, if it is to be logged.
    pub(super) fn log(&self, entry: &Entry<'_>) {
        let Some(lines) = &self.lines else { return };
        if self.level == AccessLog::Failures && entry.status < 400 {
            return;
        }
        let new_id;
        let trace_id = match entry.traceparent {
            Some(traceparent) => trace::id(traceparent),
            None => {
                new_id = trace::new_id();
                &new_id
            }
        };
        let line = Line {
            time: Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
            method: entry.method.as_str(),
            path: redact(entry.uri.path()).chars().take(PATH).collect(),
            status: entry.status,
            duration_ms: entry.took.as_micros() as f64 / 1000.0,
            bytes: entry.bytes,
            trace_id,
        };
        if let Ok(mut line) = serde_json::to_vec(&line) {
            line.push(b'\n');
            // Full: see `WAITING`.
            let _ = lines.try_send(line);
        }
    }
}

fn write(lines: &Receiver<Vec<u8>>, mut sink: Sink) {
    while let Ok(mut text) = lines.recv() {
        while let Ok(more) = lines.try_recv() {
            text.extend_from_slice(&more);
        }
        // A log that can't be written must not stop predictions; a disk that was full may have space later.
        let _ = sink.write_all(&text).and_then(|()| sink.flush());
    }
}

impl Written {
    /// Waits for the last lines, a while.
    pub(super) async fn wait(self) {
        if let Some(end) = self.0 {
            let _ = tokio::time::timeout(LAST, end).await;
        }
    }
}
