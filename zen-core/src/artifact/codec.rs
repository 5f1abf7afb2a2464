//! Codecs: how a value of one type becomes bytes and comes back.

use std::io;

use serde::{Deserialize, Serialize};

use super::{ObjectFile, Statistics};

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

    /// As [`decode`](Self::decode), from a reader: called for values of more than some megabytes, so that they need not be in memory
    /// twice. `size` is how many bytes there should be; allocate as they arrive, not because they are announced.
    ///
    /// The bytes are checked against their digest only when the last one has been read. What this function returns is given to nobody
    /// before, and dropped when they turn out to be damaged; so it must do nothing but make the value.
    ///
    /// Unless it is overridden, it reads everything and calls `decode`.
    ///
    /// # Errors
    /// When the bytes are not such a value, or the reader fails.
    fn decode_from(&self, reader: &mut dyn io::Read, size: u64, version: u32) -> Result<T, CodecError> {
        self.decode(&read_all(reader, size)?, version)
    }

    /// Whether values are never in memory as a whole. If so, a large one is decoded by [`decode_file`](Self::decode_file), and a step's
    /// output is read back from its object instead of being kept for the next step: the value may refer to files that are gone when
    /// the step has ended.
    fn stays_in_file(&self) -> bool {
        false
    }

    /// As [`decode`](Self::decode), from a file that the value may keep, and that was checked against its digest.
    ///
    /// # Errors
    /// When the bytes are not such a value, or the file can't be read.
    fn decode_file(&self, file: &ObjectFile, version: u32) -> Result<T, CodecError> {
        self.decode_from(&mut file.open()?, file.size(), version)
    }

    /// A second value equal to this one, for codecs that can make it in a better way than by encoding and decoding. `None`: encode
    /// and decode.
    fn share(&self, value: &T) -> Option<T> {
        let _ = value;
        None
    }

    /// Shape, summary and statistics of the value, for people. Must be cheap beside encoding: it runs for every artifact.
    fn describe(&self, value: &T) -> Description {
        let _ = value;
        Description::default()
    }
}

/// The least that is allocated for bytes to come.
const PIECE: usize = 1 << 20;

/// How many elements to make room for next: twice as many as have arrived, but not more than announced.
pub(super) fn room(arrived: usize, announced: usize, least: usize) -> usize {
    announced.saturating_sub(arrived).min(arrived.max(least))
}

/// Reads everything. `size` is what is expected, and not believed.
pub(super) fn read_all(reader: &mut dyn io::Read, size: u64) -> io::Result<Vec<u8>> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    loop {
        let room = match room(bytes.len(), size, PIECE) {
            // More than announced may come, or, as it should be, the end.
            0 => 1,
            room => room,
        };
        bytes.reserve_exact(room);
        let taken = io::Read::read_to_end(&mut io::Read::take(&mut *reader, room as u64), &mut bytes)?;
        if taken < room {
            return Ok(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announced_sizes_are_not_believed() {
        for announced in [0, 1, 4, 5, 6, 1 << 20, u64::MAX] {
            let bytes = read_all(&mut &b"hello"[..], announced).unwrap();
            assert_eq!(bytes, b"hello");
            assert!(bytes.capacity() <= 2 * PIECE);
        }
        let large = vec![7; 5 * PIECE + 3];
        for announced in [0, 3, large.len() as u64, u64::MAX] {
            assert_eq!(read_all(&mut &large[..], announced).unwrap(), large);
        }
        assert_eq!(
            read_all(&mut &large[..], large.len() as u64).unwrap().capacity(),
            large.len() + 1
        );
    }
}
