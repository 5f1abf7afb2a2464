//! What a model needs to stand behind a prediction server, of whatever make: [`Predictor`], and the tensors its rows become.

mod cell;
mod column;
mod model;
mod not_finite;
mod number;
mod predictor;
mod row;
mod row_error;
mod served;
mod tensor;
mod typed;
pub mod v2;

pub use cell::{Cell, Elements, NotText};
pub use column::{check_cell, column_spec, read_column, write_column};
pub use model::{ModelRef, NotServable, load_model, load_value};
pub use not_finite::replace_not_finite;
pub use number::Number;
pub(crate) use predictor::{BoxError, predictor};
pub use predictor::{PredictError, Predictor, PredictorEntry, RegisteredPredictor, registered_predictors};
pub use row::Row;
pub use row_error::RowError;
pub use served::{Batch, ServedModel, arrange};
pub use tensor::{Datatype, ParseDatatypeError, Strings, Tensor, TensorError, TensorSpec};
pub use typed::Typed;
