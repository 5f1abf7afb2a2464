//! What there is to ask for.

pub(super) mod documents;
pub(super) mod openapi;
pub(super) mod predictions;
mod schema;

use std::borrow::Cow;

use super::answer::Dialect;
use super::metrics::Protocol;

/// Methods of documents.
const READ: &str = "GET, HEAD";
/// The method of what takes a body.
const SEND: &str = "POST";

/// Method, path and purpose of each route, as clients are told.
pub(super) const LISTED: [(&str, &str, &str); 19] = [
    ("GET", "/", "what this server is"),
    ("POST", "/predict", "predicts a JSON array of rows"),
    ("POST", "/invocations", "predicts, in MLflow's protocol"),
    ("GET", "/ping", "whether the server is ready"),
    ("GET", "/health", "whether the server is ready"),
    ("GET", "/version", "the server's version"),
    (
        "GET",
        "/v2",
        "what this server is, in the Open Inference Protocol",
    ),
    ("GET", "/v2/health/live", "whether the server runs"),
    ("GET", "/v2/health/ready", "whether the server is ready"),
    ("GET", "/v2/models", "the models' names"),
    ("GET", "/v2/models/{model}", "the model's inputs and outputs"),
    ("GET", "/v2/models/{model}/ready", "whether the model is ready"),
    ("POST", "/v2/models/{model}/infer", "predicts tensors"),
    (
        "GET",
        "/v2/models/{model}/versions/{version}",
        "the model's inputs and outputs",
    ),
    (
        "GET",
        "/v2/models/{model}/versions/{version}/ready",
        "whether the model is ready",
    ),
    (
        "POST",
        "/v2/models/{model}/versions/{version}/infer",
        "predicts tensors",
    ),
    (
        "POST",
        "/v2/repository/index",
        "the models and whether they are ready",
    ),
    ("GET", "/metrics", "counts and times for Prometheus"),
    ("GET", "/openapi.json", "this interface, as OpenAPI 3.1"),
];

/// What is asked of a model in the Open Inference Protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Metadata,
    Ready,
    Infer,
}

/// What a path asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Root,
    Predict,
    Invocations,
    /// `/ping` and `/health`.
    Ping,
    Version,
    Metrics,
    OpenApi,
    V2Server,
    V2Live,
    V2Ready,
    V2Models,
    V2Index,
    /// Loading and unloading models, which this server doesn't do.
    V2Load,
    V2Model {
        model: Cow<'a, str>,
        version: Option<Cow<'a, str>>,
        about: About,
    },
    Unknown,
}

impl<'a> Route<'a> {
    /// What this path, which is still percent-encoded, asks for.
    pub(super) fn of(path: &'a str) -> Self {
        match path {
            "/predict" => Self::Predict,
            "/invocations" => Self::Invocations,
            "/" => Self::Root,
            "/ping" | "/health" => Self::Ping,
            "/version" => Self::Version,
            "/metrics" => Self::Metrics,
            "/openapi.json" => Self::OpenApi,
            "/v2" | "/v2/" => Self::V2Server,
            "/v2/health/live" => Self::V2Live,
            "/v2/health/ready" => Self::V2Ready,
            "/v2/models" => Self::V2Models,
            "/v2/repository/index" => Self::V2Index,
            _ => Self::of_model(path).unwrap_or(Self::Unknown),
        }
    }

    fn of_model(path: &'a str) -> Option<Self> {
        if let Some(rest) = path.strip_prefix("/v2/repository/models/") {
            let (model, action) = rest.split_once('/')?;
            return (!model.is_empty() && matches!(action, "load" | "unload")).then_some(Self::V2Load);
        }
        let rest = path.strip_prefix("/v2/models/")?;
        let (model, rest) = rest
            .split_once('/')
            .map_or((rest, None), |(model, rest)| (model, Some(rest)));
        let (version, rest) = match rest.and_then(|rest| rest.strip_prefix("versions/")) {
            Some(rest) => match rest.split_once('/') {
                Some((version, rest)) => (Some(version), Some(rest)),
                None => (Some(rest), None),
            },
            None => (None, rest),
        };
        let about = match rest {
            None => About::Metadata,
            Some("ready") => About::Ready,
            Some("infer") => About::Infer,
            Some(_) => return None,
        };
        let version = match version {
            Some(version) => Some(decode(version)?),
            None => None,
        };
        let model = decode(model)?;
        Some(Self::V2Model {
            model,
            version,
            about,
        })
    }

    /// The methods there are.
    pub(super) fn allowed(&self) -> &'static str {
        match self {
            Self::Predict | Self::Invocations | Self::V2Index | Self::V2Load => SEND,
            Self::V2Model {
                about: About::Infer, ..
            } => SEND,
            _ => READ,
        }
    }

    /// Whether it is answered without a token: what those who start and watch servers ask.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Ping | Self::V2Live | Self::V2Ready)
    }

    /// What a request counts as.
    pub(super) fn protocol(&self) -> Protocol {
        match self {
            Self::Predict => Protocol::Typed,
            Self::Invocations => Protocol::Mlflow,
            Self::V2Model {
                about: About::Infer, ..
            } => Protocol::V2,
            _ => Protocol::Http,
        }
    }

    /// In which words errors are told.
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Invocations => Dialect::Mlflow,
            _ => Dialect::Plain,
        }
    }
}

/// Decodes `%2F` and the like. None when it is no encoding, or no text.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if text.is_empty() {
        return None;
    }
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => digit(rest.next()?)? * 16 + digit(rest.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}
