//! What can be set of a native server.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zen_core::service::TokenSource;

/// Which requests are written to the access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccessLog {
    /// None.
    Off,
    /// Those whose status is 400 or above, and those whose client left before the answer.
    #[default]
    Failures,
    /// All.
    All,
}

/// What can be set of a native server.
///
/// A duration is serialised as a number of milliseconds, which may have a fraction: `{"max_batch_delay": 0.5}` (exact
/// to the nanosecond up to a day); what is left out has its
/// default. Of the time limits, 0 means none; a count of 0 is taken as 1.
///
/// ```
/// use std::time::Duration;
/// use zen_integrations::native::NativeOptions;
///
/// let options = NativeOptions::default().max_batch_rows(256).max_batch_delay(Duration::from_micros(500));
/// let text = serde_json::to_string(&options).unwrap();
/// assert!(text.contains(r#""max_batch_delay":0.5"#), "{text}");
/// assert_eq!(serde_json::from_str::<NativeOptions>(&text).unwrap(), options);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct NativeOptions {
    /// How many rows a model thread takes at once, at most; a request that has more is predicted alone. 64.
    pub max_batch_rows: usize,
    /// How long a model thread waits for more rows than are there. 0: it takes what is waiting at once.
    #[serde(with = "milliseconds")]
    #[schemars(with = "f64", extend("unit" = "ms"))]
    pub max_batch_delay: Duration,
    /// How many requests may wait for a model thread; more are refused (429). 1,024.
    pub queue: usize,
    /// The largest body of a request, in bytes (413). 64 MiB.
    pub body_limit: usize,
    /// How many bytes of requests' bodies are held at once, of all connections and protocols; a request for whose body there is no room is
    /// refused (429, `RESOURCE_EXHAUSTED`). A body has its room until its request is answered: from the beginning when its length is
    /// said, and as it comes otherwise, as in gRPC. A body that is larger than all the room is refused as one above the
    /// [`body_limit`](Self::body_limit) is (413), since it could only be read while there is no other. 256 MiB.
    pub memory_limit: usize,
    /// How long a prediction may take, with waiting (504). A model thread that is stuck this long in one batch is
    /// given up and another takes its place. It doesn't apply to models that are predicted inline. 60 s.
    #[serde(with = "milliseconds")]
    #[schemars(with = "f64", extend("unit" = "ms"))]
    pub request_timeout: Duration,
    /// How long a client may take to send the head of a request, and from connecting to the first request; the connection is closed then.
    /// 10 s.
    #[serde(with = "milliseconds")]
    #[schemars(with = "f64", extend("unit" = "ms"))]
    pub header_timeout: Duration,
    /// How long a client may take to send a body (408, `DEADLINE_EXCEEDED`). 30 s.
    #[serde(with = "milliseconds")]
    #[schemars(with = "f64", extend("unit" = "ms"))]
    pub body_timeout: Duration,
    /// How long a connection stays open without a request. 5 min.
    #[serde(with = "milliseconds")]
    #[schemars(with = "f64", extend("unit" = "ms"))]
    pub idle_timeout: Duration,
    /// How long requests may take to end when the server is to stop. 30 s. A deployer takes [`DeployConfig::drain`] instead.
    ///
    /// [`DeployConfig::drain`]: zen_core::deploy::DeployConfig::drain
    #[serde(with = "milliseconds")]
    #[schemars(with = "f64", extend("unit" = "ms"))]
    pub drain_timeout: Duration,
    /// How many threads predict. 1.
    pub model_threads: usize,
    /// How many connections are open at once; more wait to be accepted. 4,096.
    pub max_connections: usize,
    /// Which requests are logged. The failed ones.
    pub access_log: AccessLog,
    /// Where the bearer token is found that requests must have; without, they need none. Health checks never do.
    pub token: Option<TokenSource>,
}

impl Default for NativeOptions {
    fn default() -> Self {
        Self {
            max_batch_rows: 64,
            max_batch_delay: Duration::ZERO,
            queue: 1024,
            body_limit: 64 << 20,
            memory_limit: 256 << 20,
            request_timeout: Duration::from_secs(60),
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(300),
            drain_timeout: Duration::from_secs(30),
            model_threads: 1,
            max_connections: 4096,
            access_log: AccessLog::default(),
            token: None,
        }
    }
}

macro_rules! setters {
    ($($(#[doc = $doc:literal])* $field:ident: $type:ty),* $(,)?) => {
        impl NativeOptions {
            $($(#[doc = $doc])*
            #[must_use]
            pub fn $field(mut self, $field: $type) -> Self {
                self.$field = $field;
                self
            })*
        }
    };
}

setters! {
    /// Sets how many rows a model thread takes at once.
    max_batch_rows: usize,
    /// Sets how long a model thread waits for more rows.
    max_batch_delay: Duration,
    /// Sets how many requests may wait.
    queue: usize,
    /// Sets the largest body, in bytes.
    body_limit: usize,
    /// Sets how many bytes of bodies are held at once.
    memory_limit: usize,
    /// Sets how long a prediction may take.
    request_timeout: Duration,
    /// Sets how long the head of a request may take to come.
    header_timeout: Duration,
    /// Sets how long a body may take to come.
    body_timeout: Duration,
    /// Sets how long a connection stays open without a request.
    idle_timeout: Duration,
    /// Sets how long requests may take to end when the server is to stop.
    drain_timeout: Duration,
    /// Sets how many threads predict.
    model_threads: usize,
    /// Sets how many connections are open at once.
    max_connections: usize,
    /// Sets which requests are logged.
    access_log: AccessLog,
}

impl NativeOptions {
    /// Makes requests need a bearer token.
    #[must_use]
    pub fn token(mut self, source: TokenSource) -> Self {
        self.token = Some(source);
        self
    }
}

/// A time limit, when there is one.
pub(super) fn limit(duration: Duration) -> Option<Duration> {
    (!duration.is_zero()).then_some(duration)
}

mod milliseconds {
    use std::time::Duration;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    const NANOS: u32 = 1_000_000;

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        match duration.subsec_nanos() % NANOS {
            0 => serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)),
            _ => serializer.serialize_f64(duration.as_nanos() as f64 / f64::from(NANOS)),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let milliseconds = f64::deserialize(deserializer)?;
        let nanos = (milliseconds * f64::from(NANOS)).round();
        // A duration of 500 years is none that anyone waits for, and fits in the nanoseconds of 64 bits.
        match nanos.is_finite() && (0.0..1.6e19).contains(&nanos) {
            true => Ok(Duration::from_nanos(nanos as u64)),
            false => Err(D::Error::custom(format!(
                "{milliseconds} is no duration in milliseconds"
            ))),
        }
    }
}
