//! The codec of every serialisable type that has none of its own.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::summary;
use crate::artifact::codec::{Codec, CodecError, CodecInfo, Description};
use crate::artifact::msgpack;

/// Stores a value as MessagePack, in the encoding described at [`encode_value`](crate::artifact::encode_value).
///
/// The summary is the value as compact JSON, cut when it is long; none when JSON can't express the value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Serde;

impl<T: Serialize + DeserializeOwned> Codec<T> for Serde {
    fn info(&self) -> CodecInfo {
        CodecInfo {
            name: "serde-msgpack",
            version: 1,
            media_type: "application/vnd.msgpack",
        }
    }

    fn encode(&self, value: &T, out: &mut dyn io::Write) -> Result<(), CodecError> {
        msgpack::to_writer(value, out)
    }

    fn decode(&self, bytes: &[u8], _version: u32) -> Result<T, CodecError> {
        msgpack::from_slice(bytes)
    }

    fn describe(&self, value: &T) -> Description {
        Description {
            summary: json_summary(value),
            ..Description::default()
        }
    }
}

fn json_summary<T: Serialize>(value: &T) -> Option<String> {
    let mut start = Start {
        bytes: Vec::new(),
        more: false,
    };
    let result = serde_json::to_writer(&mut start, value);
    if result.is_err() && !start.more {
        return None;
    }
    let text = match std::str::from_utf8(&start.bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&start.bytes[..error.valid_up_to()]).unwrap_or_default(),
    };
    Some(summary::cut(text, start.more))
}

/// Keeps the first bytes and fails on the next, so that nothing more of a large value is visited.
struct Start {
    bytes: Vec<u8>,
    more: bool,
}

impl io::Write for Start {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = summary::BYTES_NEEDED - self.bytes.len();
        if room == 0 && !bytes.is_empty() {
            self.more = true;
            return Err(io::Error::other("enough"));
        }
        let taken = room.min(bytes.len());
        self.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn summaries_are_short_json() {
        assert_eq!(json_summary(&(1, "a")).as_deref(), Some("[1,\"a\"]"));
        assert_eq!(json_summary(&BTreeMap::from([((1, 2), 3)])), None);
        let long = json_summary(&vec![1.5; 1_000_000]).unwrap();
        assert_eq!((long.chars().count(), long.ends_with('…')), (80, true));
        let wide = json_summary(&"😀".repeat(100)).unwrap();
        assert_eq!(wide, format!("\"{}…", "😀".repeat(78)));
        assert_eq!(
            json_summary(&"😀".repeat(78)).unwrap(),
            format!("\"{}\"", "😀".repeat(78))
        );
    }
}
