//! Values between the step that made them and those that read them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use uuid::Uuid;

use crate::artifact::{AnyValue, ArtifactError, Digest, ErasedCodec};
use crate::metadata::ArtifactRecord;
use crate::stack::Stack;

/// One output of a step of this run, or a stored artifact: in memory while it has readers, and to be read again from the
/// store at any time.
pub(crate) struct Held {
    pub(crate) artifact: Uuid,
    /// For messages: "output `x` of `importer`".
    pub(crate) what: String,
    /// The artifact's name, and its version when it is known.
    pub(crate) name: String,
    pub(crate) version: Option<u32>,
    pub(crate) uri: String,
    pub(crate) digest: Digest,
    pub(crate) codec: Arc<dyn ErasedCodec>,
    pub(crate) codec_name: String,
    pub(crate) codec_version: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    value: Option<AnyValue>,
    /// The encoded value, until it is in the store.
    bytes: Option<Bytes>,
    /// An element of a vector that stands in no store by itself: not to be let go.
    pinned: bool,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held({}, {:?})", self.what, self.digest)
    }
}

impl Held {
    /// An output that was just made.
    pub(crate) fn made(
        record: &ArtifactRecord,
        what: String,
        codec: Arc<dyn ErasedCodec>,
        value: Option<AnyValue>,
        bytes: Bytes,
    ) -> Self {
        let held = Self::stored(record, what, codec, value);
        held.state().bytes = Some(bytes);
        Self {
            version: None,
            ..held
        }
    }

    /// A stored artifact.
    pub(crate) fn stored(
        record: &ArtifactRecord,
        what: String,
        codec: Arc<dyn ErasedCodec>,
        value: Option<AnyValue>,
    ) -> Self {
        Self {
            artifact: record.id,
            what,
            name: record.name.clone(),
            version: Some(record.number),
            uri: record.uri.clone(),
            digest: record.digest,
            codec,
            codec_name: record.codec.clone(),
            codec_version: record.codec_version,
            state: Mutex::new(State {
                value,
                bytes: None,
                pinned: false,
            }),
        }
    }

    /// An element of a vector that itself is a vector to be worked on.
    pub(crate) fn pinned(
        of: &Held,
        what: String,
        digest: Digest,
        codec: Arc<dyn ErasedCodec>,
        value: AnyValue,
    ) -> Self {
        Self {
            artifact: of.artifact,
            what,
            name: of.name.clone(),
            version: of.version,
            uri: of.uri.clone(),
            digest,
            codec,
            codec_name: String::new(),
            codec_version: 0,
            state: Mutex::new(State {
                value: Some(value),
                bytes: None,
                pinned: true,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value, from memory or from the store. `last` says that nobody else will ask, so that it isn't kept and the
    /// reader may move it.
    pub(crate) fn load(&self, stack: &Stack, last: bool) -> Result<AnyValue, ArtifactError> {
        let bytes = {
            let mut state = self.state();
            let value = match last && !state.pinned {
                true => state.value.take(),
                false => state.value.clone(),
            };
            match value {
                Some(value) => return Ok(value),
                None => state.bytes.clone(),
            }
        };
        let bytes = match bytes {
            Some(bytes) => bytes,
            None => crate::client::read_object(stack, self.digest, &self.uri, &self.what)?,
        };
        let value = self
            .codec
            .decode(&self.what, &self.codec_name, self.codec_version, &bytes)?;
        if !last {
            self.state().value.get_or_insert_with(|| Arc::clone(&value));
        }
        Ok(value)
    }

    /// The encoded value, while it is at hand.
    pub(crate) fn encoded(&self) -> Option<Bytes> {
        self.state().bytes.clone()
    }

    /// Lets the value go: every reader has had it.
    pub(crate) fn release(&self) {
        let mut state = self.state();
        if !state.pinned {
            state.value = None;
            if self.uri.starts_with("inline:") {
                // It is in the recorder's queue, if not in the store: whoever needs it again lets the queue run dry first.
                state.bytes = None;
            }
        }
    }

    /// Lets the encoded value go: it is in the store.
    pub(crate) fn is_durable(&self) {
        self.state().bytes = None;
    }
}
