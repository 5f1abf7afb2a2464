//! Artifacts: the values that steps exchange, their codecs, and the store that keeps them.

mod codec;
mod codecs;
mod digest;
mod erased;
mod error;
mod materialize;
mod msgpack;
mod store;

pub use codec::{Codec, CodecError, CodecInfo, Description};
pub use codecs::*;
pub(crate) use digest::FieldHasher;
pub use digest::{Digest, ParseDigestError};
pub(crate) use erased::{
    AnyValue, ErasedCodec, bare_type_name, codec_of, codec_with, decode_with, duplicate, own,
};
pub use error::ArtifactError;
#[doc(hidden)]
pub use materialize::CodecRegistration;
pub use materialize::Materialize;
pub use msgpack::{decode_value, encode_value};
pub(crate) use store::verify;
pub use store::{ArtifactStore, ObjectContent, StoreUrl};
