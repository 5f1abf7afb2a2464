//! Asking the child.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::uri::{Authority, PathAndQuery, Scheme};
use axum::http::{Method, Request, Response, Uri};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::MlflowServerError;

/// How long an idle connection is kept: less than the five seconds after which the child's server closes it, perhaps while a request is under way.
const IDLE: Duration = Duration::from_secs(2);
/// How much longer than the child itself gives it a prediction may take: its own words arrive then.
const GRACE: Duration = Duration::from_secs(5);
/// How long it may take to say that it is ready.
const READY: Duration = Duration::from_secs(5);

/// The child's server. Connections are kept and used again. Clones share them.
///
/// A request whose connection breaks before its answer has begun is sent once more, on a connection of its own: after an exception, MLflow's server closes connections
/// without saying so before. A prediction changes nothing, so that it may be made twice.
#[derive(Debug, Clone)]
pub(super) struct Upstream {
    client: Client<HttpConnector, Body>,
    fresh: Client<HttpConnector, Body>,
    address: SocketAddr,
    timeout: Duration,
}

impl Upstream {
    /// The server there, which gives each prediction this long.
    pub(super) fn new(address: SocketAddr, timeout: Duration) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(HttpConnector::new());
        let fresh = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(HttpConnector::new());
        Self {
            client,
            fresh,
            address,
            timeout: timeout.saturating_add(GRACE),
        }
    }

    /// Sends a request on, whose path is the child's; waits until the answer begins.
    pub(super) async fn send(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Incoming>, MlflowServerError> {
        let uri = self.uri(request.uri().path_and_query().cloned())?;
        let (head, body) = request.into_parts();
        let make = || {
            let mut request = Request::new(Body::from(body.clone()));
            *request.method_mut() = head.method.clone();
            *request.uri_mut() = uri.clone();
            *request.headers_mut() = head.headers.clone();
            request
        };
        let asked = async {
            match self.client.request(make()).await {
                Ok(answer) => Ok(answer),
                Err(_) => self.fresh.request(make()).await,
            }
        };
        match tokio::time::timeout(self.timeout, asked).await {
            Ok(answer) => answer.map_err(|error| MlflowServerError::Unreachable(error.into())),
            Err(_) => Err(MlflowServerError::Silent(self.timeout)),
        }
    }

    /// Asks for predictions: the status, and the body.
    pub(super) async fn invoke(&self, payload: Bytes) -> Result<(u16, Bytes), MlflowServerError> {
        let unreachable =
            |error: Box<dyn std::error::Error + Send + Sync>| MlflowServerError::Unreachable(error);
        let request = Request::post("/invocations")
            .header(CONTENT_TYPE, "application/json")
            .body(payload)
            .map_err(|error| unreachable(error.into()))?;
        let asked = async {
            let answer = self.send(request).await?;
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await;
            Ok((
                status,
                body.map_err(|error| unreachable(error.into()))?.to_bytes(),
            ))
        };
        let asked = tokio::time::timeout(self.timeout, asked).await;
        asked.unwrap_or(Err(MlflowServerError::Silent(self.timeout)))
    }

    /// Whether it says that its model is loaded.
    pub(super) async fn is_ready(&self) -> bool {
        let Ok(mut request) = Request::builder()
            .method(Method::GET)
            .uri("/ping")
            .body(Bytes::new())
        else {
            return false;
        };
        // A connection of its own for each time: whoever listens there now may be gone the next time.
        let close = axum::http::HeaderValue::from_static("close");
        request
            .headers_mut()
            .insert(axum::http::header::CONNECTION, close);
        let asked = tokio::time::timeout(READY, self.send(request)).await;
        matches!(asked, Ok(Ok(answer)) if answer.status().is_success())
    }

    fn uri(&self, path: Option<PathAndQuery>) -> Result<Uri, MlflowServerError> {
        let authority = Authority::try_from(self.address.to_string());
        let mut parts = axum::http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(authority.map_err(|error| MlflowServerError::Unreachable(error.into()))?);
        parts.path_and_query = Some(path.unwrap_or(PathAndQuery::from_static("/")));
        Uri::from_parts(parts).map_err(|error| MlflowServerError::Unreachable(error.into()))
    }
}
