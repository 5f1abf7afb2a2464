//! From a request to its answer.

use std::sync::Arc;
use std::time::Instant;

use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, Version};
use hyper::body::{Body, Incoming};
use tower::ServiceExt;

use super::access::Entry;
use super::answer::{Answer, AnswerBody, Answered};
use super::app::App;
use super::body::{may_be_left, throw_away};
use super::memory::Memory;
use super::metrics::{self, Protocol};
use super::routes::documents::{self, VERSION};
use super::routes::{About, Route, predictions};
use super::server::Link;
use super::watched::Watched;
use super::{Refusal, trace};

/// The header that says what became of a request of gRPC.
const GRPC_STATUS: &str = "grpc-status";
/// The largest body of gRPC's health checks, in bytes: they name a service, at most.
const HEALTH_CHECK: usize = 4 << 10;

/// A request being answered. Dropped without [`Visit::end`], its client has left.
struct Visit<'a> {
    app: &'a App,
    link: &'a Link,
    protocol: Protocol,
    begun: Instant,
    method: &'a Method,
    uri: &'a Uri,
    traceparent: Option<&'a HeaderValue>,
    ended: bool,
}

/// Answers a request.
pub(super) async fn handle(app: Arc<App>, link: Arc<Link>, request: Request<Incoming>) -> Answered {
    let http1 = request.version() < Version::HTTP_2;
    link.begin(!http1);
    if let Some(grpc) = &app.grpc
        && is_grpc(request.headers())
    {
        return Ok(handle_grpc(&app, &link, grpc.clone(), request).await);
    }
    let (parts, body) = request.into_parts();
    let route = Route::of(parts.uri.path());
    let traceparent = trace::of(&parts.headers);
    let visit = Visit::begin(
        &app,
        &link,
        route.protocol(),
        (&parts.method, &parts.uri),
        traceparent,
    );
    let mut body = body;
    let (answer, left) = match answer(&app, &route, &parts, &mut body).await {
        Ok(answer) => (answer, false),
        Err((refusal, read)) => {
            app.engine.metrics().refused(&refusal);
            let left = http1 && !read && may_be_left(&parts.headers);
            if left {
                throw_away(&refusal, &parts.headers, body);
            }
            (Answer::refuse(refusal, route.dialect()), left)
        }
    };
    let (status, bytes) = (answer.status.as_u16(), answer.body.len() as u64);
    let mut response = answer.into_response();
    if left || (http1 && app.is_leaving()) {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if let Some(traceparent) = traceparent {
        response.headers_mut().insert(trace::HEADER, traceparent.clone());
    }
    visit.end(status, status, Some(bytes));
    Ok(response)
}

/// A refusal, and whether the body was read before.
type Refused = (Refusal, bool);

async fn answer(app: &App, route: &Route<'_>, parts: &Parts, body: &mut Incoming) -> Result<Answer, Refused> {
    let unread = |refusal| (refusal, false);
    let read = |refusal| (refusal, true);
    if !route.is_open() {
        app.auth.check(&parts.headers).map_err(unread)?;
    }
    let engine = &app.engine;
    check_route(app, route, &parts.method).map_err(unread)?;
    let answer = match route {
        Route::Predict | Route::Invocations | Route::V2Index => {
            let (body, _held) = app.reading.read(&parts.headers, body).await.map_err(unread)?;
            let answer = match route {
                Route::Predict => predictions::typed(engine, &parts.headers, body).await,
                Route::Invocations => {
                    predictions::invocations(engine, &app.inputs, &parts.headers, body).await
                }
                _ => documents::index(engine, &body),
            };
            return answer.map_err(read);
        }
        Route::V2Model {
            about: About::Infer, ..
        } => {
            let (body, _held) = app.reading.read(&parts.headers, body).await.map_err(unread)?;
            return predictions::infer(engine, &parts.headers, body)
                .await
                .map_err(read);
        }
        Route::V2Model {
            about: About::Metadata,
            ..
        } => Answer::json(app.documents.model.clone()),
        Route::V2Model {
            about: About::Ready, ..
        } => documents::model_ready(engine),
        Route::Root => Answer::json(app.documents.root.clone()),
        Route::Ping => documents::ping(engine),
        Route::Version => Answer::json(VERSION),
        Route::Metrics => Answer::of(metrics::MEDIA_TYPE, engine.metrics().encode()),
        Route::OpenApi => Answer::json(app.documents.openapi.clone()),
        Route::V2Server => Answer::json(app.documents.server.clone()),
        Route::V2Live => Answer::json(&br#"{"live":true}"#[..]),
        Route::V2Ready => documents::ready(engine),
        Route::V2Models => Answer::json(app.documents.models.clone()),
        Route::V2Load => return Err(unread(documents::no_loading())),
        Route::Unknown => {
            return Err(unread(Refusal::NotFound(
                "there is no such route; GET / lists them".into(),
            )));
        }
    };
    Ok(answer)
}

/// Whether there is this route, with this method, of this model.
fn check_route(app: &App, route: &Route<'_>, method: &Method) -> Result<(), Refusal> {
    if *route == Route::Unknown {
        return Ok(());
    }
    let allowed = route.allowed();
    if !allowed.split(", ").any(|allowed| allowed == method.as_str()) {
        return Err(Refusal::Method {
            method: method.as_str().chars().take(40).collect(),
            allowed,
        });
    }
    let Route::V2Model { model, version, .. } = route else {
        return Ok(());
    };
    let engine = &app.engine;
    if **model != *engine.name() {
        let model: String = model.chars().take(100).collect();
        return Err(Refusal::NotFound(format!("there is no model `{model}` here")));
    }
    match version {
        Some(version) if **version != *engine.version() => {
            let version: String = version.chars().take(100).collect();
            Err(Refusal::NotFound(format!(
                "model `{}` has no version `{version}` here; it is version `{}`",
                engine.name(),
                engine.version()
            )))
        }
        _ => Ok(()),
    }
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE);
    value.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

/// Lets the router of gRPC answer. Its health checks need no token, as elsewhere.
async fn handle_grpc(
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

impl<'a> Visit<'a> {
    fn begin(
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
    fn end(mut self, code: u16, status: u16, bytes: Option<u64>) {
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
