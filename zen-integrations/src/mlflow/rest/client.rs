//! Asking the server.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::{Method, Request, Response, request};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{AsSendBody, Body};
use zen_core::secrets::{Secret, conceal};

use super::uri::encoded;
use super::{TrackingUri, answer};
use crate::mlflow::MlflowError;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a call may take from beginning to end.
const WHOLE: Duration = Duration::from_secs(10);
/// The slowest transfer of files that isn't given up, in bytes a second.
const SLOWEST: u64 = 256 << 10;

/// How this program signs in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Auth {
    /// Not at all.
    None,
    /// With a bearer token.
    Token(Secret),
    /// With a name and a password, as basic authentication has it.
    Password {
        /// Who.
        username: String,
        /// The password.
        password: Secret,
    },
}

impl Auth {
    fn header(&self) -> Option<Secret> {
        match self {
            Self::None => None,
            Self::Token(token) => Some(Secret::new(format!("Bearer {}", token.reveal()))),
            Self::Password { username, password } => {
                let pair = STANDARD.encode(format!("{username}:{}", password.reveal()));
                // Whoever has it has the password.
                conceal(&Secret::new(pair.clone()));
                Some(Secret::new(format!("Basic {pair}")))
            }
        }
    }

    fn secret(&self) -> Option<&Secret> {
        match self {
            Self::None => None,
            Self::Token(secret) | Self::Password { password: secret, .. } => Some(secret),
        }
    }
}

/// A client that keeps its connections. Its methods block, for at most some ten seconds; those that carry files longer, in proportion to their size.
pub struct Client {
    agent: ureq::Agent,
    uri: TrackingUri,
    auth: Auth,
    authorization: Option<Secret>,
}

/// Shows no secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MLflow at {}", self.uri)
    }
}

impl Client {
    /// A client of this server; nothing is sent yet.
    pub fn new(uri: TrackingUri, auth: Auth) -> Self {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let settings = ureq::Agent::config_builder()
            .timeout_global(Some(WHOLE))
            .timeout_connect(Some(CONNECT))
            .http_status_as_error(false)
            // What is sent on elsewhere, to a page for signing in, say, hasn't arrived.
            .max_redirects(0)
            // Deleting has a body here.
            .allow_non_standard_methods(true)
            // MLflow's server closes connections that are idle for five seconds.
            .max_idle_age(Duration::from_secs(3))
            .user_agent(concat!("zen/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        if let Some(secret) = auth.secret() {
            conceal(secret);
        }
        Self {
            agent: settings.into(),
            authorization: auth.header(),
            uri,
            auth,
        }
    }

    /// Where the server is.
    pub fn uri(&self) -> &TrackingUri {
        &self.uri
    }

    /// Asks, with a query.
    pub(super) fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, MlflowError> {
        let mut url = self.api(path);
        for (index, (name, value)) in query.iter().enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            url += &format!("{name}={}", encoded(value, b""));
        }
        let request = self.request(&self.uri, Method::GET, &url);
        self.json_of(&format!("`{path}`"), request, ())
    }

    pub(super) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, MlflowError> {
        self.send(Method::POST, path, body)
    }

    pub(super) fn delete<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, MlflowError> {
        self.send(Method::DELETE, path, body)
    }

    fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, MlflowError> {
        let body = serde_json::to_vec(body).map_err(|error| MlflowError::Content {
            what: format!("what is to be sent to `{path}`"),
            source: error.into(),
        })?;
        let request = self
            .request(&self.uri, method, &self.api(path))
            .header("content-type", "application/json");
        self.json_of(&format!("`{path}`"), request, body)
    }

    /// An answer in JSON.
    pub(super) fn json_of<T: DeserializeOwned>(
        &self,
        doing: &str,
        request: request::Builder,
        body: impl AsSendBody,
    ) -> Result<T, MlflowError> {
        let mut response = self.run(doing, request, body, WHOLE)?;
        let bytes = self.checked(doing, &mut response)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| self.hidden(answer::foreign(doing, &response, &bytes, Some(&error))))
    }

    /// The body of an answer that isn't an error.
    pub(super) fn checked(&self, doing: &str, response: &mut Response<Body>) -> Result<Vec<u8>, MlflowError> {
        let bytes = answer::body(doing, response).map_err(|error| self.hidden(error))?;
        match answer::failure(doing, response, &bytes) {
            Some(error) => Err(self.hidden(error)),
            None => Ok(bytes),
        }
    }

    fn api(&self, path: &str) -> String {
        format!("{}/api/2.0/mlflow/{path}", self.uri)
    }

    /// A request to a server, which is told who asks when it is on the same host: a location of artifacts may name any.
    pub(super) fn request(&self, server: &TrackingUri, method: Method, url: &str) -> request::Builder {
        let request = Request::builder().method(method).uri(url);
        match &self.authorization {
            Some(authorization) if server.has_host_of(&self.uri) => {
                request.header("authorization", authorization.reveal())
            }
            _ => request,
        }
    }

    /// Sends a request, and reads the head of the answer.
    pub(super) fn run(
        &self,
        doing: &str,
        request: request::Builder,
        body: impl AsSendBody,
        timeout: Duration,
    ) -> Result<Response<Body>, MlflowError> {
        let failed = |error: ureq::Error| self.hidden(answer::unreachable(doing, &error));
        let request = request.body(body).map_err(|error| failed(error.into()))?;
        let request = self
            .agent
            .configure_request(request)
            .timeout_global(Some(timeout))
            .build();
        self.agent.run(request).map_err(failed)
    }

    /// The error without secrets: what a server says may repeat what it was sent.
    fn hidden(&self, error: MlflowError) -> MlflowError {
        let hide = |text: String| {
            let text = match self.auth.secret().map(Secret::reveal) {
                Some(secret) if !secret.is_empty() => text.replace(secret, "***"),
                _ => text,
            };
            zen_core::secrets::redact(&text).into_owned()
        };
        match error {
            MlflowError::Unavailable {
                doing,
                reason,
                retry_after,
            } => MlflowError::Unavailable {
                doing,
                reason: hide(reason),
                retry_after,
            },
            MlflowError::Denied { doing, reason } => MlflowError::Denied {
                doing,
                reason: hide(reason),
            },
            MlflowError::Api { doing, code, message } => MlflowError::Api {
                doing,
                code,
                message: hide(message),
            },
            MlflowError::Foreign { doing, found } => MlflowError::Foreign {
                doing,
                found: hide(found),
            },
            other => other,
        }
    }
}

/// How long a file of this size may take.
pub(super) fn timeout_of(size: u64) -> Duration {
    WHOLE + Duration::from_secs(size / SLOWEST)
}
