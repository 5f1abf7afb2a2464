//! From a request to its answer.

mod elsewhere;
mod grpc;
mod visit;

use std::sync::Arc;

use axum::http::header::CONNECTION;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Request, Response, Version};
use hyper::body::{Body, Incoming};

use self::visit::Visit;
use super::answer::{Answer, AnswerBody, Answered};
use super::app::App;
use super::body::{may_be_left, throw_away};
use super::metrics;
use super::routes::documents::{self, VERSION};
use super::routes::{About, Route, predictions};
use super::server::Link;
use super::{Refusal, trace};

/// Answers a request.
pub(super) async fn handle(app: Arc<App>, link: Arc<Link>, request: Request<Incoming>) -> Answered {
    let http1 = request.version() < Version::HTTP_2;
    link.begin(!http1);
    if let Some(router) = &app.grpc
        && grpc::is_grpc(request.headers())
    {
        return Ok(grpc::handle(&app, &link, router.clone(), request).await);
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
    let (mut response, left) = match reply(&app, &route, &parts, &mut body).await {
        Ok(response) => (response, false),
        Err((refusal, read)) => {
            app.engine.metrics().refused(&refusal);
            let left = http1 && !read && may_be_left(&parts.headers);
            if left {
                throw_away(&refusal, &parts.headers, body);
            }
            (Answer::refuse(refusal, route.dialect()).into_response(), left)
        }
    };
    let (status, bytes) = (response.status().as_u16(), response.body().size_hint().exact());
    if left || (http1 && app.is_leaving()) {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if let Some(traceparent) = traceparent {
        response.headers_mut().insert(trace::HEADER, traceparent.clone());
    }
    visit.end(status, status, bytes);
    Ok(response)
}

/// A refusal, and whether the body was read before.
type Refused = (Refusal, bool);

async fn reply(
    app: &App,
    route: &Route<'_>,
    parts: &Parts,
    body: &mut Incoming,
) -> Result<Response<AnswerBody>, Refused> {
    let unread = |refusal| (refusal, false);
    if !route.is_open() {
        app.auth.check(&parts.headers).map_err(unread)?;
    }
    match app.elsewhere(parts.uri.path()) {
        Some(router) => elsewhere::reply(app, router.clone(), parts, body)
            .await
            .map_err(unread),
        None => answer(app, route, parts, body).await.map(Answer::into_response),
    }
}

/// The server's own answer.
async fn answer(app: &App, route: &Route<'_>, parts: &Parts, body: &mut Incoming) -> Result<Answer, Refused> {
    let unread = |refusal| (refusal, false);
    let read = |refusal| (refusal, true);
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
