//! NumPy's names of element types.

use super::malformed;
use crate::artifact::codec::CodecError;

/// An element type.
#[derive(Debug, Clone, Copy)]
pub struct Dtype {
    /// The name in Rust.
    pub(super) rust: &'static str,
    /// NumPy's letter for the kind of number.
    pub(super) kind: char,
    /// Bytes of one element.
    pub(super) size: usize,
}

impl Dtype {
    /// What is written into the header.
    pub(super) fn descr(self) -> String {
        let order = if self.size == 1 { '|' } else { '<' };
        format!("{order}{}{}", self.kind, self.size)
    }

    /// Whether the elements are big-endian; an error when they are not of this type at all.
    pub(super) fn matches(self, descr: &str) -> Result<bool, CodecError> {
        let mut rest = descr.chars();
        let order = rest.next();
        if rest.as_str() == format!("{}{}", self.kind, self.size) {
            match order {
                Some('<') => return Ok(false),
                Some('>') => return Ok(true),
                Some('|') if self.size == 1 => return Ok(false),
                _ => {}
            }
        }
        let descr: String = descr.chars().take(40).collect();
        Err(malformed(format!(
            "expected elements of type {} ({}), found dtype `{descr}`",
            self.rust,
            self.descr()
        )))
    }
}
