//! Artifacts: the values that steps exchange, their codecs, and the store that keeps them.

mod codec;
mod codecs;
mod digest;
mod erased;
mod error;
mod files;
mod from_json;
mod materialize;
mod msgpack;
mod statistics;
mod store;

pub use codec::{Codec, CodecError, CodecInfo, Description};
pub use codecs::*;
pub(crate) use digest::FieldHasher;
pub use digest::{Digest, ParseDigestError};
pub(crate) use erased::{
    AnyValue, ErasedCodec, Object, bare_type_name, codec_of, codec_with, decode_with, duplicate, load_with,
    own,
};
pub use error::ArtifactError;
pub use files::{FileArtifact, FileReader, FilesError, FolderArtifact, FolderEntry};
pub(crate) use from_json::{from_json, passed_over};
#[doc(hidden)]
pub use materialize::CodecRegistration;
pub use materialize::Materialize;
pub use msgpack::{decode_value, encode_value};
pub use statistics::{ColumnStatistics, Statistics};
pub use store::{ArtifactStore, ObjectContent, ObjectFile, ObjectFileReader, ObjectReader, StoreUrl};
pub(crate) use store::{Body, Encoded, StoreOrigin, verify};
