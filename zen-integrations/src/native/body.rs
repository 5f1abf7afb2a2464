//! Reading a request's body, no more of it than is allowed and no longer.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use super::Refusal;
use super::memory::{Held, Memory};

/// How long what a client still sends is thrown away after a refusal. Closing the connection while it sends would lose the answer.
const LINGER: Duration = Duration::from_secs(2);

/// How much may be reserved for a body before it is there: a length that is only claimed must not cost memory.
const RESERVED: usize = 1 << 20;

/// How bodies are read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) limit: usize,
    pub(super) memory: Memory,
    pub(super) timeout: Option<Duration>,
}

impl Reading {
    /// Reads a body. It has its room until both it and what comes with it are dropped: what is made of it needs room too, and its
    /// bytes may still be in work when nobody waits for the answer any more.
    pub(super) async fn read(
        &self,
        headers: &HeaderMap,
        body: &mut Incoming,
    ) -> Result<(Bytes, Arc<Held>), Refusal> {
        if let Some(encoding) = headers.get(CONTENT_ENCODING)
            && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
        {
            let encoding = String::from_utf8_lossy(encoding.as_bytes());
            let encoding: String = encoding.chars().take(40).collect();
            return Err(Refusal::MediaType(format!(
                "the body's encoding `{encoding}` is not read here: send it as it is"
            )));
        }
        let claimed = body.size_hint().exact();
        if claimed.is_some_and(|claimed| claimed > self.limit as u64) {
            return Err(Refusal::TooLarge(self.limit));
        }
        let claimed = claimed.and_then(|claimed| usize::try_from(claimed).ok());
        let mut held = self.memory.hold();
        // Before the first byte: a client that asks whether to send its body is told, and one that was let in isn't refused halfway.
        held.cover(claimed.unwrap_or_default())?;
        let reading = collect(body, claimed, self.limit, &mut held);
        let bytes = match self.timeout {
            None => reading.await?,
            Some(timeout) => match tokio::time::timeout(timeout, reading).await {
                Ok(read) => read?,
                Err(_) => return Err(Refusal::Slow(timeout)),
            },
        };
        let held = Arc::new(held);
        let owned = Owned {
            bytes,
            _held: Arc::clone(&held),
        };
        Ok((Bytes::from_owner(owned), held))
    }
}

/// Bytes with their room.
struct Owned {
    bytes: Bytes,
    _held: Arc<Held>,
}

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

async fn collect(
    body: &mut Incoming,
    claimed: Option<usize>,
    limit: usize,
    held: &mut Held,
) -> Result<Bytes, Refusal> {
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Refusal::Input(format!("the body can't be read: {error}")))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let length = first.len() + whole.len() + data.len();
        if length > limit {
            return Err(Refusal::TooLarge(limit));
        }
        held.cover(length)?;
        // A body that comes in one piece, as most do, is not copied.
        if first.is_empty() && whole.is_empty() {
            first = data;
            continue;
        }
        if whole.is_empty() {
            whole.reserve(claimed.unwrap_or_default().min(limit).min(RESERVED));
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&data);
    }
    match whole.is_empty() {
        true => Ok(first),
        false => Ok(whole.freeze()),
    }
}

/// Throws away, for a while, what comes of a body that was refused.
pub(super) fn throw_away(refusal: &Refusal, headers: &HeaderMap, mut body: Incoming) {
    // A client that asks first doesn't send the body when it is refused, and one that was too slow has had its time.
    if headers.contains_key(EXPECT) || matches!(refusal, Refusal::Slow(_)) {
        return;
    }
    tokio::spawn(async move {
        let discard = async { while let Some(Ok(_)) = body.frame().await {} };
        // Whether it ended doesn't matter: it is not read any more.
        let _ = tokio::time::timeout(LINGER, discard).await;
    });
}

/// Whether a request has a body.
pub(super) fn may_be_left(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING) || headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0")
}
