//! Rows and the tensors that hold a batch of them.

use super::{Cell, RowError, Tensor, TensorSpec, check_cell, column_spec, read_column, write_column};

/// A row of a model's input or output: one example to predict, or one prediction.
///
/// Numbers, booleans, text, arrays and vectors of them are rows of a single tensor; a struct that derives `Row` has one
/// tensor for each field:
///
/// ```
/// use zen_core::serving::{Datatype, Row};
///
/// #[derive(zen_core::Row)]
/// struct Flower { sepal: [f32; 2], petal: [f32; 2], species: String }
///
/// let specs = Flower::specs("input");
/// assert_eq!(specs[0].name, "sepal");
/// assert_eq!((specs[0].datatype, specs[0].shape.clone()), (Datatype::Fp32, vec![-1, 2]));
/// assert_eq!((specs[2].datatype, specs[2].shape.clone()), (Datatype::Bytes, vec![-1]));
/// assert_eq!(<[f64; 64]>::specs("input")[0].name, "input");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the row of a tensor",
    label = "a predictor's input and output must be rows",
    note = "rows are numbers, `bool`, `String`, arrays and vectors of them, and structs of them that derive `zen_core::Row`"
)]
pub trait Row: Sized {
    /// The tensors that hold a batch of rows, the batch first in each shape. `name` is the name when it is only one.
    fn specs(name: &str) -> Vec<TensorSpec>;

    /// Takes tensors apart, which come in the order of [`specs`](Self::specs).
    ///
    /// # Errors
    /// When the number, a type or a shape of the tensors is another.
    fn read(tensors: &[Tensor]) -> Result<Vec<Self>, RowError>;

    /// Puts tensors together, in the order of [`specs`](Self::specs) and with the names of `names`.
    ///
    /// # Errors
    /// When rows have different shapes.
    fn write(rows: &[Self], names: &[TensorSpec]) -> Result<Vec<Tensor>, RowError>;

    /// Compares this row with what the model says of its tensors, which may be narrower than the type.
    ///
    /// # Errors
    /// When a size is another.
    fn check(&self, specs: &[TensorSpec]) -> Result<(), RowError>;
}

#[diagnostic::do_not_recommend]
impl<T: Cell> Row for T {
    fn specs(name: &str) -> Vec<TensorSpec> {
        vec![column_spec::<T>(name)]
    }

    fn read(tensors: &[Tensor]) -> Result<Vec<Self>, RowError> {
        match tensors {
            [tensor] => read_column(tensor),
            _ => Err(RowError::Count {
                expected: 1,
                names: "one a row".into(),
                found: tensors.len(),
            }),
        }
    }

    fn write(rows: &[Self], names: &[TensorSpec]) -> Result<Vec<Tensor>, RowError> {
        let name = names.first().map_or("output", |spec| spec.name.as_str());
        Ok(vec![write_column(name, rows.iter())?])
    }

    fn check(&self, specs: &[TensorSpec]) -> Result<(), RowError> {
        specs.first().map_or(Ok(()), |spec| check_cell(self, spec))
    }
}
