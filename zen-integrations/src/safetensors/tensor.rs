//! One tensor.

use std::fmt;

use safetensors::Dtype;

use super::element::Element;
use super::error::TensorError;

/// An array of numbers of one type, in C order, as little-endian bytes.
///
/// ```
/// use zen_integrations::safetensors::{Dtype, Tensor};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tensor = Tensor::from_slice([2, 2], &[1i64, 2, 3, 4])?;
/// assert_eq!((tensor.dtype(), tensor.shape()), (Dtype::I64, &[2, 2][..]));
/// assert_eq!(tensor.to_vec::<i64>()?, [1, 2, 3, 4]);
/// assert!(tensor.to_vec::<f32>().is_err()); // nothing is converted
///
/// // Types without a counterpart in Rust are bytes: two numbers of 16 bits, 1.0 and -2.0.
/// let half = Tensor::new(Dtype::BF16, [2], vec![0x80, 0x3f, 0x00, 0xc0])?;
/// assert_eq!(half.bytes().len(), 4);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Tensor {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Tensor {
    /// A tensor of these bytes: its elements in C order, each little-endian.
    ///
    /// # Errors
    /// When the bytes are not as many as the shape needs.
    pub fn new(dtype: Dtype, shape: impl Into<Vec<usize>>, bytes: Vec<u8>) -> Result<Self, TensorError> {
        let shape = shape.into();
        let expected = size(dtype, &shape);
        if expected != Some(bytes.len()) {
            let found = bytes.len();
            return Err(TensorError::Size {
                dtype,
                shape,
                expected,
                found,
            });
        }
        Ok(Self { dtype, shape, bytes })
    }

    /// A tensor of these elements, in C order. A tensor of one axis is also made by `From`.
    ///
    /// # Errors
    /// When the elements are not as many as the shape needs.
    pub fn from_slice<E: Element>(shape: impl Into<Vec<usize>>, elements: &[E]) -> Result<Self, TensorError> {
        let flat = Self::from(elements);
        Self::new(flat.dtype, shape, flat.bytes)
    }

    /// A tensor of `len` elements, as many as the shape says.
    pub(super) fn of_elements<E: Element>(
        shape: Vec<usize>,
        elements: impl Iterator<Item = E>,
        len: usize,
    ) -> Self {
        let mut bytes = Vec::with_capacity(len * size_of::<E>());
        E::write(elements, &mut bytes);
        Self {
            dtype: E::DTYPE,
            shape,
            bytes,
        }
    }

    /// The type of the elements.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The lengths of the axes, outermost first; none for a single number.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements in C order, each little-endian.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, without copying them.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The elements in C order.
    ///
    /// # Errors
    /// When they are of another type.
    pub fn to_vec<E: Element>(&self) -> Result<Vec<E>, TensorError> {
        if self.dtype != E::DTYPE {
            return Err(TensorError::Dtype {
                found: self.dtype,
                requested: E::DTYPE,
            });
        }
        E::read(&self.bytes)
    }
}

/// How many bytes a tensor has; none when it can't be, or its last byte would be used in part.
fn size(dtype: Dtype, shape: &[usize]) -> Option<usize> {
    let bits = shape
        .iter()
        .try_fold(1usize, |all, len| all.checked_mul(*len))?
        .checked_mul(dtype.bitsize())?;
    bits.is_multiple_of(8).then_some(bits / 8)
}

impl<E: Element> From<&[E]> for Tensor {
    fn from(elements: &[E]) -> Self {
        Self::of_elements(vec![elements.len()], elements.iter().copied(), elements.len())
    }
}

impl<E: Element> From<Vec<E>> for Tensor {
    fn from(elements: Vec<E>) -> Self {
        Self::from(elements.as_slice())
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({self})")
    }
}

/// The type and the shape: `F32 [2, 3]`.
impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.dtype, self.shape)
    }
}
