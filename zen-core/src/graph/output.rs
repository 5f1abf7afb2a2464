//! Outputs of a step: one value, a tuple, or a struct that derives `Outputs`.

use std::sync::Arc;

use super::{Artifact, NodeHandle, OutputRef};
use crate::artifact::{AnyValue, ArtifactError, ErasedCodec, Materialize, codec_of, own};

/// One output a step has.
#[derive(Debug, Clone)]
pub struct OutputSpec {
    pub(crate) name: String,
    pub(crate) codec: Arc<dyn ErasedCodec>,
}

impl OutputSpec {
    /// An output of type `T`, stored with `T`'s default codec.
    pub fn of<T: Materialize>(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            codec: codec_of::<T>(),
        }
    }

    /// The output's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// One output a step has made.
#[doc(hidden)]
#[derive(Debug)]
pub struct OutputValue(pub(crate) AnyValue);

impl OutputValue {
    /// Wraps a value; its type is that of the [`OutputSpec`] at the same place.
    pub fn new<T: Send + Sync + 'static>(value: T) -> Self {
        Self(Arc::new(value))
    }
}

/// What a step may return: a storable value, a tuple of such values, or a struct that derives
/// [`Outputs`](crate::Outputs), each also inside a `Result`.
#[diagnostic::on_unimplemented(
    message = "a step can't return `{Self}`: it cannot be stored as an artifact",
    label = "this output can't be stored",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to the type, or implement `zen_core::artifact::Materialize` for it",
    note = "for several named outputs, return a struct with `#[derive(Outputs)]` (and without serde) or a tuple"
)]
pub trait StepOutput: Sized + Send + 'static {
    /// What a call of the step returns in a pipeline.
    type Handles;

    #[doc(hidden)]
    fn specs() -> Vec<OutputSpec>;

    #[doc(hidden)]
    fn into_values(self) -> Vec<OutputValue>;

    #[doc(hidden)]
    fn handles(node: NodeHandle) -> Self::Handles;
}

#[diagnostic::do_not_recommend]
impl<T: Materialize> StepOutput for T {
    type Handles = Artifact<T>;

    fn specs() -> Vec<OutputSpec> {
        vec![OutputSpec::of::<T>("output")]
    }

    fn into_values(self) -> Vec<OutputValue> {
        vec![OutputValue::new(self)]
    }

    fn handles(node: NodeHandle) -> Self::Handles {
        node.output(0)
    }
}

/// A tuple of outputs. Stands around what a step returned as a tuple, because a plain tuple is a storable value too.
#[doc(hidden)]
#[derive(Debug)]
pub struct Many<T>(pub T);

/// The outputs of a pipeline: what its function returns.
#[diagnostic::on_unimplemented(
    message = "a pipeline can't return `{Self}`",
    label = "expected handles",
    note = "a pipeline returns the `Artifact<..>` handles of its steps: one, a tuple, a struct from `#[derive(Outputs)]`, or nothing"
)]
pub trait PipelineOutput: Sized {
    /// What [`Run::output`](crate::runner::Run::output) gives.
    type Value;

    #[doc(hidden)]
    fn references(&self) -> Vec<OutputRef>;

    #[doc(hidden)]
    fn load(values: &mut OutputLoader) -> Result<Self::Value, ArtifactError>;
}

/// Hands out loaded outputs in order.
#[doc(hidden)]
#[derive(Debug)]
pub struct OutputLoader {
    values: std::vec::IntoIter<AnyValue>,
}

impl OutputLoader {
    pub(crate) fn new(values: Vec<AnyValue>) -> Self {
        Self {
            values: values.into_iter(),
        }
    }

    /// The next output, shared with the run.
    pub fn take_shared<T: Send + Sync + 'static>(&mut self) -> Result<Arc<T>, ArtifactError> {
        let requested = std::any::type_name::<T>();
        let wrong = |stored: &str| ArtifactError::WrongType {
            what: "a pipeline's output".into(),
            stored: stored.into(),
            requested,
        };
        let value = self.values.next().ok_or_else(|| wrong("missing output"))?;
        value.downcast::<T>().map_err(|_| wrong("value of another type"))
    }

    /// The next output, owned.
    pub fn take_owned<T: Materialize>(&mut self) -> Result<T, ArtifactError> {
        own(self.take_shared::<T>()?)
    }
}

impl PipelineOutput for () {
    type Value = ();

    fn references(&self) -> Vec<OutputRef> {
        Vec::new()
    }

    fn load(_: &mut OutputLoader) -> Result<(), ArtifactError> {
        Ok(())
    }
}

impl<T: Send + Sync + 'static> PipelineOutput for Artifact<T> {
    type Value = Arc<T>;

    fn references(&self) -> Vec<OutputRef> {
        vec![self.reference]
    }

    fn load(values: &mut OutputLoader) -> Result<Arc<T>, ArtifactError> {
        values.take_shared()
    }
}

macro_rules! tuple_outputs {
    ($($type:ident $index:tt),+) => {
        impl<$($type: Materialize),+> StepOutput for Many<($($type,)+)> {
            type Handles = ($(Artifact<$type>,)+);

            fn specs() -> Vec<OutputSpec> {
                vec![$(OutputSpec::of::<$type>(concat!("output_", $index))),+]
            }

            fn into_values(self) -> Vec<OutputValue> {
                vec![$(OutputValue::new(self.0.$index)),+]
            }

            fn handles(node: NodeHandle) -> Self::Handles {
                ($(node.output::<$type>($index),)+)
            }
        }

        impl<$($type: PipelineOutput),+> PipelineOutput for ($($type,)+) {
            type Value = ($($type::Value,)+);

            fn references(&self) -> Vec<OutputRef> {
                let mut references = Vec::new();
                $(references.extend(self.$index.references());)+
                references
            }

            fn load(values: &mut OutputLoader) -> Result<Self::Value, ArtifactError> {
                Ok(($($type::load(values)?,)+))
            }
        }
    };
}

tuple_outputs!(A 0, B 1);
tuple_outputs!(A 0, B 1, C 2);
tuple_outputs!(A 0, B 1, C 2, D 3);
tuple_outputs!(A 0, B 1, C 2, D 3, E 4);
tuple_outputs!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple_outputs!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple_outputs!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
