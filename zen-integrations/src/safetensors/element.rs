//! The element types that have a Rust counterpart.

use safetensors::Dtype;

use super::error::TensorError;

/// A type of tensor elements: `f32`, `f64`, `bool` and the integers of 8 to 64 bits.
///
/// Tensors of other types, such as `F16` and `BF16`, are made of and give their bytes. Can't be implemented elsewhere.
pub trait Element: Copy + sealed::Bytes {
    /// The type's name in safetensors files.
    const DTYPE: Dtype;
}

mod sealed {
    use super::TensorError;

    pub trait Bytes: Sized {
        /// Little-endian.
        fn write(elements: impl Iterator<Item = Self>, bytes: &mut Vec<u8>);

        fn read(bytes: &[u8]) -> Result<Vec<Self>, TensorError>;
    }
}

macro_rules! number {
    ($($type:ident $dtype:ident;)*) => {$(
        impl Element for $type {
            const DTYPE: Dtype = Dtype::$dtype;
        }

        impl sealed::Bytes for $type {
            fn write(elements: impl Iterator<Item = Self>, bytes: &mut Vec<u8>) {
                elements.for_each(|element| bytes.extend_from_slice(&element.to_le_bytes()));
            }

            fn read(bytes: &[u8]) -> Result<Vec<Self>, TensorError> {
                let (elements, _) = bytes.as_chunks();
                Ok(elements.iter().map(|element| Self::from_le_bytes(*element)).collect())
            }
        }
    )*};
}

number! {
    f32 F32;
    f64 F64;
    i8 I8;
    i16 I16;
    i32 I32;
    i64 I64;
    u8 U8;
    u16 U16;
    u32 U32;
    u64 U64;
}

impl Element for bool {
    const DTYPE: Dtype = Dtype::BOOL;
}

impl sealed::Bytes for bool {
    fn write(elements: impl Iterator<Item = Self>, bytes: &mut Vec<u8>) {
        bytes.extend(elements.map(u8::from));
    }

    fn read(bytes: &[u8]) -> Result<Vec<Self>, TensorError> {
        match bytes.iter().find(|byte| **byte > 1) {
            None => Ok(bytes.iter().map(|byte| *byte == 1).collect()),
            Some(other) => Err(TensorError::NoBoolean(*other)),
        }
    }
}
