//! Text as it is.

use std::io;
use std::str::Utf8Error;

use super::summary;
use crate::artifact::codec::{Codec, CodecError, CodecInfo, Description, read_all};

/// Stores a `String` as its UTF-8 bytes, readable by any program. The summary is the first line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Text;

impl Codec<String> for Text {
    fn info(&self) -> CodecInfo {
        CodecInfo {
            name: "text",
            version: 1,
            media_type: "text/plain; charset=utf-8",
        }
    }

    fn encode(&self, value: &String, out: &mut dyn io::Write) -> Result<(), CodecError> {
        Ok(out.write_all(value.as_bytes())?)
    }

    fn decode(&self, bytes: &[u8], _version: u32) -> Result<String, CodecError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(malformed(error)),
        }
    }

    fn decode_from(&self, reader: &mut dyn io::Read, size: u64, _version: u32) -> Result<String, CodecError> {
        String::from_utf8(read_all(reader, size)?).map_err(|error| malformed(error.utf8_error()))
    }

    fn describe(&self, value: &String) -> Description {
        // A text may be one huge line: don't look for its end beyond what can be shown.
        let start = &value[..value.floor_char_boundary(summary::BYTES_NEEDED)];
        let line = start.lines().next().unwrap_or_default();
        let more = value.len() > line.len() && !value[line.len()..].trim_end().is_empty();
        Description {
            summary: Some(summary::cut(line, more)),
            ..Description::default()
        }
    }
}

fn malformed(error: Utf8Error) -> CodecError {
    CodecError::Malformed(format!("the text is not UTF-8: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(text: &str) -> String {
        Text.describe(&text.to_owned()).summary.unwrap()
    }

    #[test]
    fn the_summary_is_the_first_line() {
        assert_eq!(summary(""), "");
        assert_eq!(summary("one"), "one");
        assert_eq!(summary("one\n"), "one");
        assert_eq!(summary("one\r\ntwo"), "one…");
        assert_eq!(summary(&"ä".repeat(1000)), format!("{}…", "ä".repeat(79)));
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(Text.decode(&[0xff], 1).is_err());
    }
}
