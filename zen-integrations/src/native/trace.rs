//! W3C trace contexts.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderValue};

/// The header of a trace context.
pub(super) const HEADER: &str = "traceparent";

/// The request's `traceparent`, when it is a valid one.
pub(super) fn of(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.get(HEADER).filter(|value| is_valid(value.as_bytes()))
}

/// The trace id of a valid `traceparent`.
pub(super) fn id(traceparent: &HeaderValue) -> &str {
    let text = traceparent.to_str().unwrap_or_default();
    text.get(3..35).unwrap_or_default()
}

/// A new trace id. It need not be a secret, only another than all others: the hashes of a random key are.
pub(super) fn new_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let key = RandomState::new();
    let (high, low) = (key.hash_one(next), key.hash_one(!next));
    // All zeros is no id.
    format!("{high:016x}{:016x}", low.max(1))
}

/// `00-<32 hex digits>-<16 hex digits>-<2 hex digits>`, in lower case, the ids not zero. Later versions may have more parts.
fn is_valid(value: &[u8]) -> bool {
    let (Some(known), rest) = (value.get(..55), value.get(55..).unwrap_or_default()) else {
        return false;
    };
    let hex = |range: std::ops::Range<usize>| {
        let digits = &known[range];
        digits
            .iter()
            .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    };
    let zero = |range: std::ops::Range<usize>| known[range].iter().all(|digit| *digit == b'0');
    let version = &known[..2];
    [2, 35, 52].into_iter().all(|place| known[place] == b'-')
        && hex(0..2)
        && hex(3..35)
        && hex(36..52)
        && hex(53..55)
        && !zero(3..35)
        && !zero(36..52)
        && version != b"ff"
        && (rest.is_empty() || (version != b"00" && rest[0] == b'-'))
}
