//! Refusals as gRPC's statuses.

use tonic::{Code, Status};

use crate::native::Refusal;

/// The status of a refusal: `INVALID_ARGUMENT` for bad input, `UNAUTHENTICATED`, `NOT_FOUND`, `UNIMPLEMENTED`, `RESOURCE_EXHAUSTED` for
/// what is too large or too much, `INTERNAL` for a model that fails, `UNAVAILABLE`, and `DEADLINE_EXCEEDED`.
pub fn status(refusal: &Refusal) -> Status {
    let code = match refusal {
        Refusal::Input(_) | Refusal::MediaType(_) => Code::InvalidArgument,
        Refusal::Unauthorized => Code::Unauthenticated,
        Refusal::NotFound(_) => Code::NotFound,
        Refusal::Method { .. } => Code::Unimplemented,
        Refusal::TooLarge(_) | Refusal::Busy(_) | Refusal::Crowded(_) => Code::ResourceExhausted,
        Refusal::Model(_) => Code::Internal,
        Refusal::NotReady(_) => Code::Unavailable,
        Refusal::Slow(_) | Refusal::Timeout(_) => Code::DeadlineExceeded,
    };
    Status::new(code, short(refusal.to_string()))
}

/// A status travels in a header, and clients take headers of a few kilobytes; percent-encoding makes three bytes of one.
pub(super) fn short(mut message: String) -> String {
    const LIMIT: usize = 1000;
    if message.len() > LIMIT {
        message.truncate(message.floor_char_boundary(LIMIT));
        message.push_str(" ..");
    }
    message
}
