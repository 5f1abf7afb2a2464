//! Why a request gets no prediction.

use std::time::Duration;

use zen_core::serving::PredictError;

/// Why a request gets no prediction, in the same words whatever protocol asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The request is at fault: 400, `INVALID_ARGUMENT`.
    #[error("{0}")]
    Input(String),
    /// The token is missing or another: 401, `UNAUTHENTICATED`.
    #[error("a bearer token is needed: send `Authorization: Bearer ..`")]
    Unauthorized,
    /// There is no such route, model or version: 404, `NOT_FOUND`.
    #[error("{0}")]
    NotFound(String),
    /// The route has other methods: 405.
    #[error("method {method} is not allowed here; use {allowed}")]
    Method {
        /// The request's method.
        method: String,
        /// The methods there are.
        allowed: &'static str,
    },
    /// The body came too slowly: 408.
    #[error("the request's body did not come within {0:?}")]
    Slow(Duration),
    /// The body is larger than the server takes: 413, `RESOURCE_EXHAUSTED`.
    #[error("the request's body is larger than the {0} bytes this server takes")]
    TooLarge(usize),
    /// The body is of a media type that the route doesn't read: 415.
    #[error("{0}")]
    MediaType(String),
    /// The queue is full: 429, `RESOURCE_EXHAUSTED`; ask again in a second.
    #[error("the server has {0} requests waiting, which is its limit: try again later")]
    Busy(usize),
    /// The server holds as many bytes of requests' bodies as it may: 429, `RESOURCE_EXHAUSTED`; ask again in a second.
    #[error(
        "the server has no room for the request's body beside those of others; its limit is {0} bytes: try again later"
    )]
    Crowded(usize),
    /// The model failed: 500, `INTERNAL`.
    #[error("{0}")]
    Model(String),
    /// The server is starting or stopping: 503, `UNAVAILABLE`.
    #[error("{0}")]
    NotReady(String),
    /// The prediction took too long: 504, `DEADLINE_EXCEEDED`.
    #[error("the prediction took longer than {0:?}")]
    Timeout(Duration),
}

impl Refusal {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Input(_) => 400,
            Self::Unauthorized => 401,
            Self::NotFound(_) => 404,
            Self::Method { .. } => 405,
            Self::Slow(_) => 408,
            Self::TooLarge(_) => 413,
            Self::MediaType(_) => 415,
            Self::Busy(_) | Self::Crowded(_) => 429,
            Self::Model(_) => 500,
            Self::NotReady(_) => 503,
            Self::Timeout(_) => 504,
        }
    }
}

impl From<PredictError> for Refusal {
    fn from(error: PredictError) -> Self {
        match error {
            PredictError::Input(reason) => Self::Input(reason),
            other => Self::Model(other.to_string()),
        }
    }
}
