//! What a server counts.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::Refusal;

/// The media type of [`Metrics::encode`].
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const SECONDS: [f64; 18] = [
    0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0,
    30.0, 60.0,
];
const ROWS: [f64; 14] = [
    0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 4096.0, 16384.0,
];

/// Which protocol a request speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// `/predict`.
    Typed,
    /// `/v2`.
    V2,
    /// `/invocations`.
    Mlflow,
    /// gRPC.
    Grpc,
    /// Health checks, documents, and what no route is for.
    Http,
}

const PROTOCOLS: [&str; 5] = ["predict", "v2", "mlflow", "grpc", "http"];

/// The codes that are answered; 499 stands for a client that left before its answer. gRPC's are below 17.
const CODES: [&str; 32] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "200", "400",
    "401", "404", "405", "408", "413", "415", "429", "499", "500", "503", "504", "505", "other",
];

fn code_place(code: u16) -> usize {
    match code {
        0..=16 => usize::from(code),
        200 => 17,
        400 => 18,
        401 => 19,
        404 => 20,
        405 => 21,
        408 => 22,
        413 => 23,
        415 => 24,
        429 => 25,
        499 => 26,
        500 => 27,
        503 => 28,
        504 => 29,
        505 => 30,
        _ => 31,
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    protocol: &'static str,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Speaks {
    protocol: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// What a server counts, for Prometheus. Each has the labels `model` and `version`; clones count together.
///
/// | name | kind | more labels | what |
/// |---|---|---|---|
/// | `zen_requests_total` | counter | `protocol`, `code` | answers; the code 499 is a client that left before its answer |
/// | `zen_request_duration_seconds` | histogram | `protocol` | from a prediction request's head to its answer |
/// | `zen_requests_in_flight` | gauge | | requests being answered |
/// | `zen_connections` | gauge | | open connections |
/// | `zen_batch_rows` | histogram | | rows that are predicted at once |
/// | `zen_queue_duration_seconds` | histogram | | how long a request waits for a model thread |
/// | `zen_rejected_total` | counter | `reason` | requests refused before or instead of a prediction |
/// | `zen_stuck_threads` | gauge | | model threads that were given up and haven't come back |
///
/// The protocols are `predict`, `v2`, `mlflow`, `grpc` (whose codes are gRPC's) and `http`, for all that isn't about predictions.
#[derive(Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Registry,
    requests: Family<Request, Counter>,
    // The families' members, found without hashing or a lock.
    request_places: [[OnceLock<Counter>; CODES.len()]; PROTOCOLS.len()],
    durations: Family<Speaks, Histogram, fn() -> Histogram>,
    duration_places: [OnceLock<Histogram>; PROTOCOLS.len()],
    in_flight: Gauge,
    connections: Gauge,
    batch_rows: Histogram,
    queue: Histogram,
    rejected: Family<Reason, Counter>,
    stuck: Gauge,
}

fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

impl Metrics {
    /// Nothing counted yet of this model.
    pub fn new(model: &str, version: &str) -> Self {
        let labels = [("model", model), ("version", version)];
        let labels = labels.map(|(name, value)| (name.into(), value.to_owned().into()));
        let mut registry = Registry::with_labels(labels.into_iter());
        let inner = Inner {
            requests: Family::default(),
            request_places: Default::default(),
            durations: Family::new_with_constructor(seconds),
            duration_places: Default::default(),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            batch_rows: Histogram::new(ROWS),
            queue: seconds(),
            rejected: Family::default(),
            stuck: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("zen_requests", "Answers", inner.requests.clone());
        let help = "From the head of a prediction request to its answer";
        registry.register("zen_request_duration_seconds", help, inner.durations.clone());
        registry.register(
            "zen_requests_in_flight",
            "Requests being answered",
            inner.in_flight.clone(),
        );
        registry.register("zen_connections", "Open connections", inner.connections.clone());
        registry.register(
            "zen_batch_rows",
            "Rows predicted at once",
            inner.batch_rows.clone(),
        );
        let help = "How long requests wait for a model thread";
        registry.register("zen_queue_duration_seconds", help, inner.queue.clone());
        let help = "Requests refused before or instead of a prediction";
        registry.register("zen_rejected", help, inner.rejected.clone());
        let help = "Model threads that were given up and have not come back";
        registry.register("zen_stuck_threads", help, inner.stuck.clone());
        Self {
            inner: Arc::new(Inner { registry, ..inner }),
        }
    }

    /// What is counted, in the OpenMetrics text format.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string doesn't fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.inner.registry);
        text
    }

    /// A request was answered: with this HTTP status, or gRPC code.
    pub(super) fn answered(&self, protocol: Protocol, code: u16, took: Duration) {
        let inner = &*self.inner;
        let (row, place) = (protocol as usize, code_place(code));
        let requests = inner.request_places[row][place].get_or_init(|| {
            let labels = Request {
                protocol: PROTOCOLS[row],
                code: CODES[place],
            };
            inner.requests.get_or_create_owned(&labels)
        });
        requests.inc();
        if protocol == Protocol::Http {
            return;
        }
        let durations = inner.duration_places[row].get_or_init(|| {
            let protocol = PROTOCOLS[row];
            inner.durations.get_or_create_owned(&Speaks { protocol })
        });
        durations.observe(took.as_secs_f64());
    }

    pub(super) fn begun(&self) {
        self.inner.in_flight.inc();
    }

    pub(super) fn ended(&self) {
        self.inner.in_flight.dec();
    }

    pub(super) fn connected(&self) {
        self.inner.connections.inc();
    }

    pub(super) fn disconnected(&self) {
        self.inner.connections.dec();
    }

    /// So many rows are predicted at once.
    pub(super) fn batch(&self, rows: usize) {
        self.inner.batch_rows.observe(rows as f64);
    }

    /// A request waited so long for a thread.
    pub(super) fn queued(&self, waited: Duration) {
        self.inner.queue.observe(waited.as_secs_f64());
    }

    /// So many threads are given up.
    pub(super) fn stuck(&self, threads: usize) {
        self.inner.stuck.set(i64::try_from(threads).unwrap_or(i64::MAX));
    }

    /// A request is refused, if this is such a refusal.
    pub(super) fn refused(&self, refusal: &Refusal) {
        let reason = match refusal {
            Refusal::Unauthorized => "unauthorized",
            Refusal::Slow(_) => "slow_body",
            Refusal::TooLarge(_) => "too_large",
            Refusal::Busy(_) => "busy",
            Refusal::Crowded(_) => "crowded",
            Refusal::NotReady(_) => "not_ready",
            Refusal::Timeout(_) => "timeout",
            _ => return,
        };
        self.inner.rejected.get_or_create(&Reason { reason }).inc();
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
