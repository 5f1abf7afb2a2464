//! Texts as other programs read and write them; see `csv_files`.

use zen_core::artifact::{Codec, Text};

/// The bytes of a text's artifact.
pub fn encoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    Text.encode(&text.to_owned(), &mut bytes).unwrap();
    bytes
}

/// The text in these bytes.
pub fn decoded(bytes: &[u8]) -> String {
    Text.decode(bytes, 1).unwrap()
}
