//! From a request that another router answers to its answer.

use axum::http::request::Parts;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use tower::ServiceExt;

use crate::native::Refusal;
use crate::native::answer::AnswerBody;
use crate::native::app::App;

/// Reads the body as the server's options say, and lets the router answer.
pub(super) async fn reply(
    app: &App,
    router: axum::Router,
    parts: &Parts,
    body: &mut Incoming,
) -> Result<Response<AnswerBody>, Refusal> {
    let (body, _held) = app.reading.read(&parts.headers, body).await?;
    let request = Request::from_parts(parts.clone(), axum::body::Body::from(body));
    match router.oneshot(request).await {
        Ok(response) => Ok(response.map(AnswerBody::Other)),
        Err(never) => match never {},
    }
}
