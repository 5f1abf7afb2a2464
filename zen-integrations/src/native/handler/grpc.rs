//! From a request of gRPC to its answer.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use hyper::body::{Body, Incoming};
use tower::ServiceExt;

use super::visit::Visit;
use crate::native::answer::AnswerBody;
use crate::native::app::App;
use crate::native::memory::Memory;
use crate::native::metrics::Protocol;
use crate::native::server::Link;
use crate::native::watched::Watched;
use crate::native::{Refusal, trace};

/// The header that says what became of a request of gRPC.
const GRPC_STATUS: &str = "grpc-status";
/// The largest body of gRPC's health checks, in bytes: they name a service, at most.
const HEALTH_CHECK: usize = 4 << 10;

/// Whether the request is gRPC's, whatever its path.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE);
    value.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

/// Lets the router of gRPC answer. Its health checks need no token, as elsewhere.
pub(super) async fn handle(
    app: &App,
    link: &Link,
    router: axum::Router,
    request: Request<Incoming>,
) -> Response<AnswerBody> {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let traceparent = trace::of(request.headers()).cloned();
    let visit = Visit::begin(app, link, Protocol::Grpc, (&method, &uri), traceparent.as_ref());
    let service = uri.path();
    let open = service.ends_with("/ServerLive")
        || service.ends_with("/ServerReady")
        || service.starts_with("/grpc.health.v1.Health/");
    // What needs no token must work when all the room is taken, and must not take it.
    let memory = match open {
        true => Memory::new(HEALTH_CHECK),
        false => app.reading.memory.clone(),
    };
    let (head, body) = request.into_parts();
    let (body, watch) = Watched::new(body, app.reading.timeout, &memory);
    let mut response = match app.auth.check(&head.headers) {
        Err(refusal) if !open => {
            app.engine.metrics().refused(&refusal);
            grpc_error(16, "a bearer token is needed")
        }
        _ => match router.oneshot(Request::from_parts(head, body)).await {
            Ok(response) => response.map(AnswerBody::Other),
            Err(never) => match never {},
        },
    };
    if let Some(refusal) = watch.refusal() {
        app.engine.metrics().refused(refusal);
        let code = match refusal {
            Refusal::Slow(_) => 4,
            _ => 8,
        };
        response = grpc_error(code, &refusal.to_string());
    } else if !response.status().is_success() && !response.headers().contains_key(GRPC_STATUS) {
        response = not_grpc(response.status());
    }
    if let Some(traceparent) = &traceparent {
        response.headers_mut().insert(trace::HEADER, traceparent.clone());
    }
    // An error comes in the head; what comes after a message is not waited for.
    let code = response.headers().get(GRPC_STATUS);
    let code = code.map_or(0, |code| {
        code.to_str().ok().and_then(|code| code.parse().ok()).unwrap_or(2)
    });
    let bytes = response.body().size_hint().exact();
    // The log shows HTTP's words for success and failure, so that both kinds of requests can be told apart alike.
    let logged = match code {
        0 => 200,
        16 => 401,
        5 | 12 => 404,
        3 => 400,
        8 => 429,
        14 => 503,
        4 => 504,
        _ => 500,
    };
    visit.end(code, logged, bytes);
    response
}

/// An error of gRPC without a message before it.
fn grpc_error(code: u16, message: &str) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::Full(None));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(GRPC_STATUS, HeaderValue::from(code));
    // These messages are ASCII; the code says enough without one.
    if let Ok(message) = HeaderValue::from_str(message) {
        headers.insert("grpc-message", message);
    }
    response
}

/// What gRPC's clients make of an answer that isn't gRPC's, as its specification has it.
fn not_grpc(status: StatusCode) -> Response<AnswerBody> {
    let code = match status.as_u16() {
        404 | 405 => return grpc_error(12, "this server has no such service or method"),
        401 => 16,
        403 => 7,
        429 | 502..=504 => 14,
        _ => 2,
    };
    grpc_error(
        code,
        &format!("the request was answered with HTTP status {status}"),
    )
}
