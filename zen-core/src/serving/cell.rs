//! Values that take the same place in every row of a tensor.

use super::{Datatype, Number, Strings, Tensor, TensorSpec};

/// Rows and tensors don't fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// There are too many or too few tensors.
    #[error("expected {expected} tensors ({names}), got {found}")]
    Count {
        /// How many were expected.
        expected: usize,
        /// Their names.
        names: String,
        /// How many there were.
        found: usize,
    },
    /// A tensor is of another type.
    #[error("tensor `{name}` is {found}; the model expects {expected}")]
    Datatype {
        /// The tensor.
        name: String,
        /// The type the model has.
        expected: Datatype,
        /// The type the tensor has.
        found: Datatype,
    },
    /// A tensor has another shape.
    #[error("tensor `{name}` has the shape {found:?}; the model expects {expected:?}, where -1 is any size")]
    Shape {
        /// The tensor.
        name: String,
        /// The shape the model has.
        expected: Vec<i64>,
        /// The shape the tensor has.
        found: Vec<usize>,
    },
    /// The tensors have different numbers of rows.
    #[error("tensor `{name}` has {found} rows, and those before it have {expected}")]
    Rows {
        /// The tensor.
        name: String,
        /// The rows of the first tensor.
        expected: usize,
        /// The rows of this one.
        found: usize,
    },
    /// A byte string is no text.
    #[error("tensor `{name}`: a byte string is not UTF-8 text")]
    Text {
        /// The tensor.
        name: String,
    },
    /// A row has another shape.
    #[error(
        "a row of `{name}` has the shape {found:?}; the model expects {expected:?}, where -1 is any size"
    )]
    RowShape {
        /// The tensor.
        name: String,
        /// The shape of a row.
        expected: Vec<i64>,
        /// The shape this row has.
        found: Vec<usize>,
    },
    /// Rows that are to become one tensor have different shapes.
    #[error(
        "the rows of `{name}` have different shapes ({first:?} and {other:?}), and so can't be one tensor"
    )]
    Ragged {
        /// The tensor.
        name: String,
        /// The first row's shape.
        first: Vec<usize>,
        /// Another row's shape.
        other: Vec<usize>,
    },
    /// The bytes and the shape don't fit together.
    #[error(transparent)]
    Tensor(#[from] super::TensorError),
}

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

/// What a tensor of such values, one a row, looks like.
pub fn column_spec<T: Cell>(name: &str) -> TensorSpec {
    let mut shape = vec![-1];
    shape.extend(T::dimensions());
    TensorSpec {
        name: name.to_owned(),
        datatype: T::DATATYPE,
        shape,
    }
}

/// The values of a tensor, one a row.
///
/// # Errors
/// When the tensor has another type or shape, or isn't text where it should be.
pub fn read_column<T: Cell>(tensor: &Tensor) -> Result<Vec<T>, RowError> {
    let name = || tensor.name().to_owned();
    if tensor.datatype() != T::DATATYPE {
        return Err(RowError::Datatype {
            name: name(),
            expected: T::DATATYPE,
            found: tensor.datatype(),
        });
    }
    let (rows, shape) = match tensor.shape().split_first() {
        Some((rows, shape)) if fits(&T::dimensions(), shape) => (*rows, shape),
        _ => {
            return Err(RowError::Shape {
                name: name(),
                expected: column_spec::<T>("").shape,
                found: tensor.shape().to_vec(),
            });
        }
    };
    // A shape with a 0 in it needs no bytes whatever the number of rows: refuse what would only cost memory.
    if shape.contains(&0) && rows > 0 {
        return Err(RowError::Shape {
            name: name(),
            expected: column_spec::<T>("").shape,
            found: tensor.shape().to_vec(),
        });
    }
    let mut elements = Elements::of(tensor);
    T::read_many(&mut elements, rows, shape).map_err(|NotText| RowError::Text { name: name() })
}

/// Compares a value with what the model says of its tensor.
///
/// # Errors
/// When a size is another, or the value is ragged.
pub fn check_cell<T: Cell>(value: &T, spec: &TensorSpec) -> Result<(), RowError> {
    let shape = value.shape();
    let expected = spec.shape.get(1..).unwrap_or_default();
    match fits(expected, &shape) && value.uniform(&shape) {
        true => Ok(()),
        false => Err(RowError::RowShape {
            name: spec.name.clone(),
            expected: expected.to_vec(),
            found: shape,
        }),
    }
}

/// Whether a shape is one of those that dimensions allow.
pub(super) fn fits(dimensions: &[i64], shape: &[usize]) -> bool {
    let mut each = dimensions.iter().zip(shape);
    dimensions.len() == shape.len()
        && each.all(|(want, have)| *want < 0 || u64::try_from(*want) == Ok(*have as u64))
}

/// One tensor of these values, one a row.
///
/// # Errors
/// When they have different shapes.
pub fn write_column<'a, T: Cell + 'a>(
    name: &str,
    values: impl ExactSizeIterator<Item = &'a T> + Clone,
) -> Result<Tensor, RowError> {
    let rows = values.len();
    let first = match values.clone().next() {
        Some(value) => value.shape(),
        None => T::dimensions()
            .iter()
            .map(|size| usize::try_from(*size).unwrap_or(0))
            .collect(),
    };
    let mut data = Vec::new();
    for value in values {
        if !value.uniform(&first) {
            return Err(RowError::Ragged {
                name: name.to_owned(),
                first,
                other: value.shape(),
            });
        }
        value.write(&mut data);
    }
    let mut shape = vec![rows];
    shape.extend(first);
    Ok(Tensor::new(name, T::DATATYPE, shape, data)?)
}
