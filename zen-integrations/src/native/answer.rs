//! Answers, before they are bytes on a connection.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use serde_json::json;

use super::{Refusal, mlflow};

/// The media type of JSON.
pub(super) const JSON: &str = "application/json";
/// The header that says how many bytes of a body are JSON, when tensors follow.
pub(super) const JSON_LENGTH: HeaderName = HeaderName::from_static("inference-header-content-length");

/// In which words an error is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `{"error": ".."}`.
    Plain,
    /// `{"error_code": "..", "message": ".."}`.
    Mlflow,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) media_type: &'static str,
    pub(super) body: Bytes,
    /// How many bytes of the body are JSON, when tensors follow.
    pub(super) json_length: Option<usize>,
    refusal: Option<Refusal>,
}

impl Answer {
    /// Status 200.
    pub(super) fn of(media_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status: StatusCode::OK,
            media_type,
            body: body.into(),
            json_length: None,
            refusal: None,
        }
    }

    /// Status 200 and JSON.
    pub(super) fn json(body: impl Into<Bytes>) -> Self {
        Self::of(JSON, body)
    }

    /// 200 or, when it isn't so, 503.
    pub(super) fn health(is_so: bool, body: impl Into<Bytes>) -> Self {
        let mut answer = Self::json(body);
        if !is_so {
            answer.status = StatusCode::SERVICE_UNAVAILABLE;
            answer.refusal = Some(Refusal::NotReady(String::new()));
        }
        answer
    }

    /// An error.
    pub(super) fn refuse(refusal: Refusal, dialect: Dialect) -> Self {
        let body = match dialect {
            Dialect::Plain => json!({ "error": refusal.to_string() }).to_string().into_bytes(),
            Dialect::Mlflow => mlflow::error_body(&refusal),
        };
        Self {
            status: StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            media_type: JSON,
            body: body.into(),
            json_length: None,
            refusal: Some(refusal),
        }
    }

    /// The answer with its headers.
    pub(super) fn into_response(self) -> Response<AnswerBody> {
        let mut response = Response::new(AnswerBody::Full(Some(self.body)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        if let Some(length) = self.json_length {
            headers.insert(JSON_LENGTH, HeaderValue::from(length));
        }
        if let Some(refusal) = &self.refusal {
            refusal_headers(refusal, headers);
        }
        response
    }
}

fn refusal_headers(refusal: &Refusal, headers: &mut HeaderMap) {
    match refusal {
        Refusal::Unauthorized => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Refusal::Method { allowed, .. } => {
            headers.insert(ALLOW, HeaderValue::from_static(allowed));
        }
        // In seconds: a queue empties at once, a server starts more slowly.
        Refusal::Busy(_) | Refusal::Crowded(_) => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        Refusal::NotReady(_) => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        _ => {}
    }
}

/// The body of an answer.
pub(super) enum AnswerBody {
    /// All of it.
    Full(Option<Bytes>),
    /// What another router answers.
    Other(axum::body::Body),
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Full(bytes) => {
                let bytes = bytes.take().filter(|bytes| !bytes.is_empty());
                Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
            }
            Self::Other(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Other(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Other(body) => body.size_hint(),
        }
    }
}

/// A service that can't fail.
pub(super) type Answered = Result<Response<AnswerBody>, Infallible>;
