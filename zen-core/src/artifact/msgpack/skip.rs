//! Passes over one item of any kind.

use super::decode_error::DecodeError;
use super::head::Head;
use super::reader::Reader;

/// Checks what it passes over as if it were read. Uses no stack, so needs no limit on nesting.
pub(super) fn skip(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let mut left: u64 = 1;
    while left > 0 {
        let inside = match reader.head()? {
            Head::Array(len) => len as u64,
            Head::Map(len) => 2 * len as u64,
            Head::Some { .. } => 1,
            _ => 0,
        };
        left = (left - 1).saturating_add(inside);
    }
    Ok(())
}
