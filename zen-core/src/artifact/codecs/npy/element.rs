//! The element types that have a NumPy counterpart.

use super::dtype::Dtype;
use super::extremes::Extreme;
use super::malformed;
use crate::artifact::codec::CodecError;

/// A type of array elements that [`Npy`](super::Npy) stores: `f32`, `f64`, `bool` and the integers of 8 to 64 bits.
///
/// Can't be implemented elsewhere.
pub trait NpyElement: Copy + sealed::Bytes + Extreme {}

mod sealed {
    use super::{CodecError, Dtype};

    pub trait Bytes: Sized {
        const DTYPE: Dtype;

        /// Little-endian, into exactly as many bytes as needed.
        fn write(elements: &[Self], bytes: &mut [u8]);

        /// Adds the elements that these bytes are.
        fn read(bytes: &[u8], big_endian: bool, elements: &mut Vec<Self>) -> Result<(), CodecError>;
    }
}

macro_rules! number {
    ($($kind:literal: $($type:ident)*;)*) => {$($(
        impl NpyElement for $type {}

        impl sealed::Bytes for $type {
            const DTYPE: Dtype = Dtype { rust: stringify!($type), kind: $kind, size: size_of::<$type>() };

            fn write(elements: &[Self], bytes: &mut [u8]) {
                let (chunks, _) = bytes.as_chunks_mut();
                for (chunk, element) in chunks.iter_mut().zip(elements) {
                    *chunk = element.to_le_bytes();
                }
            }

            fn read(bytes: &[u8], big_endian: bool, elements: &mut Vec<Self>) -> Result<(), CodecError> {
                let (chunks, _) = bytes.as_chunks();
                if big_endian {
                    elements.extend(chunks.iter().map(|chunk| Self::from_be_bytes(*chunk)));
                } else {
                    elements.extend(chunks.iter().map(|chunk| Self::from_le_bytes(*chunk)));
                }
                Ok(())
            }
        }
    )*)*};
}

number! {
    'f': f32 f64;
    'i': i8 i16 i32 i64;
    'u': u8 u16 u32 u64;
}

impl NpyElement for bool {}

impl sealed::Bytes for bool {
    const DTYPE: Dtype = Dtype {
        rust: "bool",
        kind: 'b',
        size: 1,
    };

    fn write(elements: &[Self], bytes: &mut [u8]) {
        for (byte, element) in bytes.iter_mut().zip(elements) {
            *byte = u8::from(*element);
        }
    }

    fn read(bytes: &[u8], _big_endian: bool, elements: &mut Vec<Self>) -> Result<(), CodecError> {
        match bytes.iter().find(|byte| **byte > 1) {
            None => {
                elements.extend(bytes.iter().map(|byte| *byte == 1));
                Ok(())
            }
            Some(other) => Err(malformed(format!("a boolean is stored as 0 or 1, found {other}"))),
        }
    }
}
