//! Rust's numbers as elements of tensors.

use super::Datatype;

/// A number that tensors are made of.
pub trait Number: Copy + Default + Send + Sync + 'static + sealed::Sealed {
    /// Its type on the wire.
    const DATATYPE: Datatype;

    /// Appends it in little-endian order.
    fn write(self, out: &mut Vec<u8>);

    /// The number that `data` begins with; 0 when there are too few bytes.
    fn read_one(data: &[u8]) -> Self;

    /// Reads all numbers that fit in `data`.
    fn read_all(data: &[u8]) -> Vec<Self>;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! numbers {
    ($($number:ty => $datatype:ident),* $(,)?) => {$(
        impl sealed::Sealed for $number {}

        impl Number for $number {
            const DATATYPE: Datatype = Datatype::$datatype;

            fn write(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn read_one(data: &[u8]) -> Self {
                data.first_chunk().map_or(Self::default(), |bytes| <$number>::from_le_bytes(*bytes))
            }

            fn read_all(data: &[u8]) -> Vec<Self> {
                let (chunks, _) = data.as_chunks::<{ size_of::<$number>() }>();
                chunks.iter().map(|bytes| <$number>::from_le_bytes(*bytes)).collect()
            }
        }
    )*};
}

numbers! {
    u8 => Uint8, u16 => Uint16, u32 => Uint32, u64 => Uint64,
    i8 => Int8, i16 => Int16, i32 => Int32, i64 => Int64,
    f32 => Fp32, f64 => Fp64,
}

impl sealed::Sealed for bool {}

impl Number for bool {
    const DATATYPE: Datatype = Datatype::Bool;

    fn write(self, out: &mut Vec<u8>) {
        out.push(u8::from(self));
    }

    fn read_one(data: &[u8]) -> Self {
        data.first().is_some_and(|byte| *byte != 0)
    }

    fn read_all(data: &[u8]) -> Vec<Self> {
        data.iter().map(|byte| *byte != 0).collect()
    }
}
