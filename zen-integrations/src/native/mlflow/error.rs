//! Errors as MLflow writes them.

use serde::Serialize;

use crate::native::Refusal;

#[derive(Serialize)]
struct Error {
    error_code: &'static str,
    message: String,
}

/// The body of every answer that is a refusal: `{"error_code": .., "message": ..}`, with a code of MLflow's that belongs to the status.
pub fn error_body(refusal: &Refusal) -> Vec<u8> {
    let error = Error {
        error_code: code(refusal),
        message: refusal.to_string(),
    };
    // Two texts always have a JSON.
    serde_json::to_vec(&error).unwrap_or_default()
}

fn code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Input(_) => "INVALID_PARAMETER_VALUE",
        Refusal::Unauthorized => "UNAUTHENTICATED",
        Refusal::NotFound(_) => "NOT_FOUND",
        Refusal::Method { .. } | Refusal::Slow(_) | Refusal::MediaType(_) => "BAD_REQUEST",
        Refusal::TooLarge(_) | Refusal::Busy(_) | Refusal::Crowded(_) => "RESOURCE_EXHAUSTED",
        Refusal::Model(_) => "INTERNAL_ERROR",
        Refusal::NotReady(_) => "TEMPORARILY_UNAVAILABLE",
        Refusal::Timeout(_) => "DEADLINE_EXCEEDED",
    }
}

/// The first characters: what a client sends shall not come back to it at full length.
pub(super) fn shortened(mut text: String, longest: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(longest) {
        text.truncate(end);
        text.push_str("..");
    }
    text
}

/// A name as messages have it.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", shortened(name.to_owned(), 100))
}
