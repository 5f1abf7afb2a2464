//! Values between the step that made them and those that read them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use uuid::Uuid;

use crate::artifact::{AnyValue, ArtifactError, Body, Digest, Encoded, ErasedCodec, Object};
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
    size: u64,
    pub(crate) codec: Arc<dyn ErasedCodec>,
    pub(crate) codec_name: String,
    pub(crate) codec_version: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    value: Option<AnyValue>,
    /// The encoded value, until it is in the store.
    encoded: Option<Body>,
    /// The encoded value is in the store.
    durable: bool,
    /// Every reader has had it.
    released: bool,
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
        encoded: Body,
    ) -> Self {
        // A value that refers to files is read back: the files may be gone with the step.
        let value = value.filter(|_| !codec.stays_in_file());
        let held = Self::stored(record, what, codec, value);
        held.state().encoded = Some(encoded);
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
            size: record.size,
            codec,
            codec_name: record.codec.clone(),
            codec_version: record.codec_version,
            state: Mutex::new(State {
                value,
                ..State::default()
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
            size: 0,
            codec,
            codec_name: String::new(),
            codec_version: 0,
            state: Mutex::new(State {
                value: Some(value),
                pinned: true,
                ..State::default()
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value, from memory or from the store. `last` says that nobody else will ask, so that it isn't kept and the
    /// reader may move it.
    pub(crate) fn load(&self, stack: &Stack, last: bool) -> Result<AnyValue, ArtifactError> {
        let encoded = {
            let mut state = self.state();
            let value = match last && !state.pinned {
                true => state.value.take(),
                false => state.value.clone(),
            };
            match value {
                Some(value) => return Ok(value),
                None => state.encoded.clone(),
            }
        };
        let object = match encoded {
            Some(Body::Bytes(bytes)) => Object::Bytes(bytes),
            Some(body) => Object::File(Encoded::file(self.digest, self.size, &body)),
            None => crate::client::find_object(stack, self.digest, self.size, &self.uri, &self.what)?,
        };
        let value = self
            .codec
            .load(&self.what, &self.codec_name, self.codec_version, &object)
            .map_err(|error| crate::client::elsewhere(stack, self.digest, &self.uri, error))?;
        if !last {
            self.state().value.get_or_insert_with(|| Arc::clone(&value));
        }
        Ok(value)
    }

    /// The encoded value, while it is at hand in memory.
    pub(crate) fn encoded(&self) -> Option<Bytes> {
        match &self.state().encoded {
            Some(Body::Bytes(bytes)) => Some(bytes.clone()),
            _ => None,
        }
    }

    /// Lets the value go: every reader has had it.
    pub(crate) fn release(&self) {
        let mut state = self.state();
        if !state.pinned {
            state.value = None;
            state.released = true;
            // What is inline is in the recorder's queue, if not in the store: whoever needs it again lets the queue run dry first.
            if self.uri.starts_with("inline:") || state.durable {
                state.encoded = None;
            }
        }
    }

    /// Lets the encoded value go: it is in the store. A file that readers will ask for stays at hand: it needs not be checked again.
    pub(crate) fn is_durable(&self) {
        let mut state = self.state();
        state.durable = true;
        if state.released || !self.codec.stays_in_file() || matches!(state.encoded, Some(Body::Bytes(_))) {
            state.encoded = None;
        }
    }
}
