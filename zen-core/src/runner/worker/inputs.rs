//! The inputs of a step on their way to its worker.

use serde_bytes::ByteBuf;

use super::wire::{Input, Place};
use crate::artifact::Digest;

/// An input of a step, encoded.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) name: String,
    /// For messages.
    pub(crate) what: String,
    pub(crate) codec: String,
    pub(crate) version: u32,
    pub(crate) value: SentValue,
}

/// Where an encoded input is.
#[derive(Debug)]
pub(crate) enum SentValue {
    Bytes(Vec<u8>),
    /// In an artifact store that the worker can open.
    Object {
        digest: Digest,
        size: u64,
    },
}

impl Sent {
    pub(super) fn message(&self) -> Input {
        Input {
            name: self.name.clone(),
            what: self.what.clone(),
            codec: self.codec.clone(),
            version: self.version,
            place: match &self.value {
                SentValue::Bytes(bytes) => Place::Bytes(ByteBuf::from(bytes.as_slice())),
                SentValue::Object { digest, size } => Place::Object {
                    digest: *digest,
                    size: *size,
                },
            },
        }
    }
}
