//! One MessagePack item, without the items inside it.

use std::fmt;

/// What an item is, with its content if that is not made of items.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Head<'de> {
    Nil,
    Bool(bool),
    /// Not negative.
    Unsigned(u64),
    /// Negative, or not: other programs may write signed forms.
    Signed(i64),
    /// [`format::U128`](super::format::U128)
    Unsigned128(u128),
    /// [`format::I128`](super::format::I128)
    Signed128(i128),
    Float32(f32),
    Float64(f64),
    Str(&'de str),
    Bin(&'de [u8]),
    /// This many items follow.
    Array(usize),
    /// This many pairs of items follow.
    Map(usize),
    /// [`format::SOME`](super::format::SOME); one item follows and ends at this byte.
    Some {
        end: usize,
    },
}

/// For messages: "found …".
impl fmt::Display for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Bool(value) => write!(f, "the boolean {value}"),
            Self::Unsigned(value) => write!(f, "the integer {value}"),
            Self::Signed(value) => write!(f, "the integer {value}"),
            Self::Unsigned128(value) => write!(f, "the integer {value}"),
            Self::Signed128(value) => write!(f, "the integer {value}"),
            Self::Float32(value) => write!(f, "the 32-bit float {value:?}"),
            Self::Float64(value) => write!(f, "the 64-bit float {value:?}"),
            Self::Str(text) => write!(f, "a string of {} bytes", text.len()),
            Self::Bin(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Array(len) => write!(f, "an array of {len}"),
            Self::Map(len) => write!(f, "a map of {len}"),
            Self::Some { .. } => f.write_str("an optional nil"),
        }
    }
}
