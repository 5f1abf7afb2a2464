//! What is handed on to the child as it is.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_TYPE, EXPECT, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
    TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;

use super::MlflowServerError;
use super::upstream::Upstream;
use crate::native::Refusal;
use crate::native::mlflow::error_body;

/// The paths that are MLflow's.
pub(super) const PATHS: &[&str] = &[
    "/invocations",
    "/ping",
    "/health",
    "/version",
    "/docs",
    "/openapi.json",
];

/// Headers that say something of one connection, and nothing of the request.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Hands requests on to the child, and its answers back: status, headers and body as they are.
pub(super) fn router(upstream: Upstream) -> Router {
    Router::new().fallback(hand_on).with_state(upstream)
}

async fn hand_on(State(upstream): State<Upstream>, request: Request<Body>) -> Response<Body> {
    let (mut head, body) = request.into_parts();
    clean(&mut head.headers);
    // The token is for this server, and the name is this server's; what a client expects, this server has done.
    for name in [AUTHORIZATION, HOST, EXPECT] {
        head.headers.remove(name);
    }
    // It has been read already, as far as this server's limits allow.
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return refuse(&MlflowServerError::Unreachable(error.into())),
    };
    match upstream.send(Request::from_parts(head, body)).await {
        Ok(answer) => {
            let mut answer = answer.map(Body::new);
            clean(answer.headers_mut());
            answer
        }
        Err(error) => refuse(&error),
    }
}

fn clean(headers: &mut HeaderMap) {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// In MLflow's words, that the child gave no answer.
fn refuse(error: &MlflowServerError) -> Response<Body> {
    let refusal = match error {
        MlflowServerError::Silent(timeout) => Refusal::Timeout(*timeout),
        other => Refusal::NotReady(other.to_string()),
    };
    let mut response = Response::new(Body::from(error_body(&refusal)));
    *response.status_mut() = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
