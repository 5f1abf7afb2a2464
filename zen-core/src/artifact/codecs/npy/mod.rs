//! NumPy's `.npy` format for `ndarray` arrays.
//!
//! The crate `ndarray-npy` is not used: it parses headers with a recursive grammar, which a header made for it takes
//! to the end of the stack, and allocates what a header announces before it knows that the data is there.

mod dtype;
mod element;
mod extremes;
mod header;
mod listed;
mod literal;

use std::io;

use ndarray::{Array, Dimension, ShapeBuilder};

pub use self::element::NpyElement;
use self::header::Header;
use crate::artifact::codec::{Codec, CodecError, CodecInfo, Description, room};

/// Stores an `ndarray::Array` as a [`.npy` file](https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html),
/// which `numpy.load` reads.
///
/// Written as format version 1.0, little-endian, in C order whatever the array's layout in memory: equal arrays give
/// equal bytes. Read in versions 1.0 to 3.0, either byte order, C and Fortran order. The element type and the number
/// of dimensions must be those of the array type; nothing is converted.
///
/// The statistics tell the smallest and the largest element, and how many are NaN; when zen is built without optimisation, only of arrays of at most
/// 2^20 elements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Npy;

/// Elements that are converted in one go: they and their bytes stay in the processor's cache.
const BLOCK: usize = 4096;

impl<A: NpyElement, D: Dimension> Codec<Array<A, D>> for Npy {
    fn info(&self) -> CodecInfo {
        CodecInfo {
            name: "npy",
            version: 1,
            media_type: "application/x-npy",
        }
    }

    fn encode(&self, value: &Array<A, D>, out: &mut dyn io::Write) -> Result<(), CodecError> {
        out.write_all(&header::write(A::DTYPE, value.shape())?)?;
        let mut bytes = vec![0; BLOCK * A::DTYPE.size];
        let mut put = |block: &[A]| {
            let bytes = &mut bytes[..size_of_val(block)];
            A::write(block, bytes);
            out.write_all(bytes)
        };
        if let Some(all) = value.as_slice() {
            return Ok(all.chunks(BLOCK).try_for_each(put)?);
        }
        let mut elements = value.iter().copied();
        loop {
            let block: Vec<A> = elements.by_ref().take(BLOCK).collect();
            if block.is_empty() {
                return Ok(());
            }
            put(&block)?;
        }
    }

    fn decode(&self, bytes: &[u8], _version: u32) -> Result<Array<A, D>, CodecError> {
        let (header, data) = header::read(bytes)?;
        let layout = Layout::of::<A, D>(header, data.len() as u64)?;
        let mut elements = Vec::with_capacity(layout.bytes / A::DTYPE.size);
        A::read(data, layout.big_endian, &mut elements)?;
        layout.array(elements)
    }

    fn decode_from(
        &self,
        reader: &mut dyn io::Read,
        size: u64,
        _version: u32,
    ) -> Result<Array<A, D>, CodecError> {
        let head = header::read_from(reader)?;
        let (header, _) = header::read(&head)?;
        let layout = Layout::of::<A, D>(header, size.saturating_sub(head.len() as u64))?;
        let all = layout.bytes / A::DTYPE.size;
        let mut elements = Vec::new();
        let mut block = vec![0; BLOCK * A::DTYPE.size];
        while elements.len() < all {
            let count = BLOCK.min(all - elements.len());
            let bytes = &mut block[..count * A::DTYPE.size];
            reader.read_exact(bytes)?;
            if elements.capacity() - elements.len() < count {
                elements.reserve_exact(room(elements.len(), all, 32 * BLOCK));
            }
            A::read(bytes, layout.big_endian, &mut elements)?;
        }
        layout.array(elements)
    }

    fn describe(&self, value: &Array<A, D>) -> Description {
        Description {
            shape: Some(value.shape().iter().map(|&len| len as u64).collect()),
            summary: Some(format!("{} array {:?}", A::DTYPE.rust, value.shape())),
            statistics: Some(extremes::statistics(value)),
        }
    }
}

/// What a header says, once it fits the type and the data.
struct Layout {
    big_endian: bool,
    fortran_order: bool,
    shape: Vec<usize>,
    /// How many bytes of data there are.
    bytes: usize,
}

impl Layout {
    /// `found` is how many bytes of data there are.
    fn of<A: NpyElement, D: Dimension>(header: Header, found: u64) -> Result<Self, CodecError> {
        let Header {
            dtype,
            fortran_order,
            shape,
        } = header;
        let big_endian = A::DTYPE.matches(&dtype)?;
        if D::NDIM.is_some_and(|expected| expected != shape.len()) {
            return Err(malformed(format!(
                "expected an array of {} dimensions, found one of shape {shape:?}",
                D::NDIM.unwrap_or_default()
            )));
        }
        let bytes = header::data_len(&shape, A::DTYPE.size)?;
        if found != bytes as u64 {
            return Err(malformed(format!(
                "an array of shape {shape:?} and dtype {dtype} has {bytes} bytes of data, found {found}"
            )));
        }
        Ok(Self {
            big_endian,
            fortran_order,
            shape,
            bytes,
        })
    }

    fn array<A, D: Dimension>(self, elements: Vec<A>) -> Result<Array<A, D>, CodecError> {
        let mut dimension = D::zeros(self.shape.len());
        dimension.slice_mut().copy_from_slice(&self.shape);
        Array::from_shape_vec(dimension.set_f(self.fortran_order), elements)
            .map_err(|error| malformed(format!("no array can have shape {:?}: {error}", self.shape)))
    }
}

fn malformed(text: String) -> CodecError {
    CodecError::Malformed(format!("{text} (npy)"))
}
