//! Values that take the same place in every row of a tensor.

use super::{Datatype, Number, Strings, Tensor};

/// A value with a fixed type and number of dimensions: a number, a boolean, a text, or an array or vector of them.
///
/// A batch of such values is one tensor.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a field of a row",
    label = "it would have to be a tensor's values",
    note = "a field is a number, `bool`, `String`, or an array or vector of them"
)]
pub trait Cell: Sized {
    /// The type of its elements.
    const DATATYPE: Datatype;

    /// Its dimensions, without the batch: empty for a single number, -1 where any size will do.
    fn dimensions() -> Vec<i64>;

    /// The shape of this value, without the batch. A ragged vector answers with the shape of its first element;
    /// [`uniform`](Self::uniform) finds it out.
    fn shape(&self) -> Vec<usize>;

    /// Whether the value has this shape throughout.
    fn uniform(&self, shape: &[usize]) -> bool;

    /// Appends the elements in row-major order.
    fn write(&self, out: &mut Vec<u8>);

    /// Takes the elements of one value of this shape, which fits [`dimensions`](Self::dimensions), off the front.
    ///
    /// # Errors
    /// When a byte string is no text.
    fn read(source: &mut Elements<'_>, shape: &[usize]) -> Result<Self, NotText>;

    /// Takes the elements of so many values of this shape off the front.
    ///
    /// # Errors
    /// When a byte string is no text.
    fn read_many(source: &mut Elements<'_>, count: usize, shape: &[usize]) -> Result<Vec<Self>, NotText> {
        (0..count).map(|_| Self::read(source, shape)).collect()
    }
}

/// A byte string that should be text is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotText;

/// The elements of a tensor that have not been read yet.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    data: &'a [u8],
    strings: Strings<'a>,
}

impl<'a> Elements<'a> {
    pub(super) fn of(tensor: &'a Tensor) -> Self {
        Self {
            data: tensor.data(),
            strings: tensor.strings(),
        }
    }

    /// The bytes of the next `size` bytes; the caller has checked that there are as many.
    fn take(&mut self, size: usize) -> &'a [u8] {
        let (taken, rest) = self.data.split_at(size.min(self.data.len()));
        self.data = rest;
        taken
    }
}

macro_rules! number_cells {
    ($($number:ty),*) => {$(
        impl Cell for $number {
            const DATATYPE: Datatype = <$number as Number>::DATATYPE;

            fn dimensions() -> Vec<i64> {
                Vec::new()
            }

            fn shape(&self) -> Vec<usize> {
                Vec::new()
            }

            fn uniform(&self, shape: &[usize]) -> bool {
                shape.is_empty()
            }

            fn write(&self, out: &mut Vec<u8>) {
                Number::write(*self, out);
            }

            fn read(source: &mut Elements<'_>, _: &[usize]) -> Result<Self, NotText> {
                let bytes = source.take(size_of::<$number>());
                Ok(<$number as Number>::read_one(bytes))
            }

            fn read_many(source: &mut Elements<'_>, count: usize, _: &[usize]) -> Result<Vec<Self>, NotText> {
                let bytes = source.take(count.saturating_mul(size_of::<$number>()));
                Ok(<$number as Number>::read_all(bytes))
            }
        }
    )*};
}

number_cells!(bool, u8, u16, u32, u64, i8, i16, i32, i64, f32, f64);

impl Cell for String {
    const DATATYPE: Datatype = Datatype::Bytes;

    fn dimensions() -> Vec<i64> {
        Vec::new()
    }

    fn shape(&self) -> Vec<usize> {
        Vec::new()
    }

    fn uniform(&self, shape: &[usize]) -> bool {
        shape.is_empty()
    }

    fn write(&self, out: &mut Vec<u8>) {
        // A length over 4 GiB would be cut off here and is refused when the tensor is made.
        out.extend_from_slice(&(self.len() as u32).to_le_bytes());
        out.extend_from_slice(self.as_bytes());
    }

    fn read(source: &mut Elements<'_>, _: &[usize]) -> Result<Self, NotText> {
        let bytes = source.strings.next().unwrap_or_default();
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| NotText)
    }
}

impl<T: Cell, const N: usize> Cell for [T; N] {
    const DATATYPE: Datatype = T::DATATYPE;

    fn dimensions() -> Vec<i64> {
        let mut dimensions = vec![N as i64];
        dimensions.extend(T::dimensions());
        dimensions
    }

    fn shape(&self) -> Vec<usize> {
        shape_of(self)
    }

    fn uniform(&self, shape: &[usize]) -> bool {
        is_uniform(self, shape)
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|value| value.write(out));
    }

    fn read(source: &mut Elements<'_>, shape: &[usize]) -> Result<Self, NotText> {
        let inner = shape.get(1..).unwrap_or_default();
        let values = T::read_many(source, N, inner)?;
        // As many as were asked for.
        values.try_into().map_err(|_| NotText)
    }
}

impl<T: Cell> Cell for Vec<T> {
    const DATATYPE: Datatype = T::DATATYPE;

    fn dimensions() -> Vec<i64> {
        let mut dimensions = vec![-1];
        dimensions.extend(T::dimensions());
        dimensions
    }

    fn shape(&self) -> Vec<usize> {
        shape_of(self)
    }

    fn uniform(&self, shape: &[usize]) -> bool {
        is_uniform(self, shape)
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|value| value.write(out));
    }

    fn read(source: &mut Elements<'_>, shape: &[usize]) -> Result<Self, NotText> {
        let (length, inner) = shape
            .split_first()
            .map_or((0, shape), |(length, inner)| (*length, inner));
        T::read_many(source, length, inner)
    }
}

fn shape_of<T: Cell>(values: &[T]) -> Vec<usize> {
    let mut shape = vec![values.len()];
    match values.first() {
        Some(value) => shape.extend(value.shape()),
        // No element says what its size would be.
        None => shape.extend(
            T::dimensions()
                .iter()
                .map(|size| usize::try_from(*size).unwrap_or(0)),
        ),
    }
    shape
}

fn is_uniform<T: Cell>(values: &[T], shape: &[usize]) -> bool {
    match shape.split_first() {
        Some((length, inner)) => values.len() == *length && values.iter().all(|value| value.uniform(inner)),
        None => false,
    }
}
