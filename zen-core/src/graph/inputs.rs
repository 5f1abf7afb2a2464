//! The inputs of a step while it is executed.

use std::any::type_name;
use std::ops::Deref;
use std::sync::Arc;

use super::{FailureKind, StepFailure};
use crate::artifact::{AnyValue, Materialize, duplicate, own};

/// One loaded input.
#[derive(Debug)]
pub(crate) struct LoadedInput {
    pub(crate) name: String,
    pub(crate) value: AnyValue,
    /// The value is the vector of which this element is meant.
    pub(crate) element: Option<usize>,
}

/// The loaded inputs of a step in the order of its arguments.
#[doc(hidden)]
#[derive(Debug)]
pub struct Inputs {
    values: Vec<Option<LoadedInput>>,
}

impl Inputs {
    pub(crate) fn new(values: Vec<LoadedInput>) -> Self {
        Self {
            values: values.into_iter().map(Some).collect(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Takes the n-th input.
    ///
    /// # Errors
    /// When it isn't there or has another type, which the graph's checks exclude.
    pub fn take<T: Send + Sync + 'static>(&mut self, index: usize) -> Result<InputValue<T>, StepFailure> {
        let wrong =
            |reason: String| StepFailure::new(FailureKind::Storage, format!("input {index}: {reason}"));
        let input = self
            .values
            .get_mut(index)
            .and_then(Option::take)
            .ok_or_else(|| wrong("is missing".into()))?;
        let not_t = |_| wrong(format!("`{}` is no `{}`", input.name, type_name::<T>()));
        match input.element {
            None => input.value.downcast::<T>().map(InputValue::Whole).map_err(not_t),
            Some(element) => {
                let vector = input.value.downcast::<Vec<T>>().map_err(not_t)?;
                match element < vector.len() {
                    true => Ok(InputValue::Element(vector, element)),
                    false => Err(wrong(format!("`{}` has no element {element}", input.name))),
                }
            }
        }
    }
}

/// One input of a step: shared with its other readers, or an element of a shared vector. Borrow it by `&*`.
#[doc(hidden)]
#[derive(Debug)]
pub enum InputValue<T> {
    /// A whole value.
    Whole(Arc<T>),
    /// One element of a vector; in range.
    Element(Arc<Vec<T>>, usize),
}

impl<T> Deref for InputValue<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Whole(value) => value,
            Self::Element(vector, element) => &vector[*element],
        }
    }
}

impl<T> InputValue<T> {
    /// The value itself: moved out when nothing else holds it, else cloned.
    pub fn into_owned(self) -> T
    where
        T: OwnedInput,
    {
        match self {
            Self::Whole(value) => Arc::unwrap_or_clone(value),
            Self::Element(vector, element) => vector[element].clone(),
        }
    }
}

impl<T: Materialize> InputValue<T> {
    /// The value itself, for types that need not be `Clone`: a second one is made through the codec.
    pub(crate) fn into_collected(self) -> Result<T, StepFailure> {
        let value = match self {
            Self::Whole(value) => own(value),
            Self::Element(vector, element) => duplicate(&vector[element]),
        };
        value.map_err(|error| StepFailure::new(FailureKind::Storage, super::failure::chain(&error)))
    }
}

/// A type that a step may take by value.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a step can't take `{Self}` by value: it isn't `Clone`",
    label = "other steps may read the same artifact, so a by-value argument must be `Clone`",
    note = "take `&{Self}`, or derive `Clone`"
)]
pub trait OwnedInput: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> OwnedInput for T {}
