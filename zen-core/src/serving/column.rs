//! A tensor as a column: one value a row.

use super::{Cell, Elements, NotText, RowError, Tensor, TensorSpec};

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
