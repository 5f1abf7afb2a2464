//! Codecs: how a value of one type becomes bytes and comes back.

use std::io;

use serde::{Deserialize, Serialize};

use super::Statistics;

/// What is written about a codec beside every artifact it encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CodecInfo {
    /// Unique among the codecs of a type; never changes once artifacts exist.
    pub name: &'static str,
    /// Raised when the bytes change. A codec reads every version up to its own; a newer one is refused with
    /// [`ArtifactError::NewerCodec`](crate::artifact::ArtifactError::NewerCodec).
    pub version: u32,
    /// The IANA media type of the bytes, for programs that don't know zen.
    pub media_type: &'static str,
}

/// What a codec can say about a value for people, cheaply. Write `..Description::default()` for what it can't say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// The lengths of the value's axes, outermost first: `[1797, 64]`.
    pub shape: Option<Vec<u64>>,
    /// One line: the value itself when it is short, else what kind of thing it is.
    pub summary: Option<String>,
    /// Rows and columns, and what stands in them.
    pub statistics: Option<Statistics>,
}

/// Why a value could not be encoded or decoded. Carries no type or artifact name: who calls a codec adds them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The sink failed while the value was being written.
    #[error("writing the encoded value failed")]
    Io(#[from] io::Error),
    /// The value has no representation in this format.
    #[error("{0}")]
    Unsupported(String),
    /// The bytes are not what this codec writes for this type.
    #[error("{0}")]
    Malformed(String),
}

/// Turns values of `T` into bytes and back.
///
/// A codec must be deterministic (equal values give equal bytes, or cached steps below run again for nothing) and
/// must never run code found in the bytes. `decode` is given bytes whose digest was checked, but they may have been
/// written by another program: it returns an error, and never panics, on bytes it does not understand.
///
/// ```
/// use std::io::Write;
/// use zen_core::artifact::{Codec, CodecError, CodecInfo};
///
/// /// Celsius as decimal text.
/// struct Degrees(f64);
/// struct DegreesText;
///
/// impl Codec<Degrees> for DegreesText {
///     fn info(&self) -> CodecInfo {
///         CodecInfo { name: "degrees-text", version: 1, media_type: "text/plain" }
///     }
///     fn encode(&self, value: &Degrees, out: &mut dyn Write) -> Result<(), CodecError> {
///         Ok(write!(out, "{}", value.0)?)
///     }
///     fn decode(&self, bytes: &[u8], _version: u32) -> Result<Degrees, CodecError> {
///         let text = std::str::from_utf8(bytes).map_err(|e| CodecError::Malformed(e.to_string()))?;
///         text.parse().map(Degrees).map_err(|e| CodecError::Malformed(format!("`{text}`: {e}")))
///     }
/// }
/// ```
pub trait Codec<T>: Send + Sync + 'static {
    /// Name, version and media type.
    fn info(&self) -> CodecInfo;

    /// Writes the value.
    ///
    /// # Errors
    /// When the value can't be represented, or the sink fails.
    fn encode(&self, value: &T, out: &mut dyn io::Write) -> Result<(), CodecError>;

    /// Reads a value written by version `version` of this codec, which is at most [`CodecInfo::version`].
    ///
    /// # Errors
    /// When the bytes are not such a value.
    fn decode(&self, bytes: &[u8], version: u32) -> Result<T, CodecError>;

    /// Shape, summary and statistics of the value, for people. Must be cheap beside encoding: it runs for every artifact.
    fn describe(&self, value: &T) -> Description {
        let _ = value;
        Description::default()
    }
}
