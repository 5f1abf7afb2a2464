//! How a model is written, and how it is found.

use std::fmt;

use zen_core::artifact::Materialize;
use zen_core::prelude::BoxError;
use zen_core::serving::{ModelRef, load_value};
use zen_core::stack::Stack;

use super::{ExportError, ExportedOnnx};

/// A model that can be written as ONNX. List it with [`register_onnx!`](crate::register_onnx): without, the implementation doesn't compile.
///
/// The names, types and order of inputs and outputs must be those that the model's `Predictor` has, so that a client notices no difference.
pub trait ToOnnx: Materialize + RegisteredOnnx {
    /// Writes the model.
    ///
    /// # Errors
    /// When it can't be written, with the reason.
    fn to_onnx(&self) -> Result<ExportedOnnx, BoxError>;
}

/// That a type is listed as one that can be written as ONNX. [`register_onnx!`](crate::register_onnx) implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not listed as a model that can be written as ONNX",
    label = "a deployer or a registry would not find it",
    note = "write `zen_integrations::register_onnx!({Self});`"
)]
pub trait RegisteredOnnx: 'static {}

/// A listed type.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct OnnxEntry {
    name: fn() -> &'static str,
    export: fn(&Stack, &ModelRef) -> Result<ExportedOnnx, ExportError>,
}

impl fmt::Debug for OnnxEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str((self.name)())
    }
}

inventory::collect!(OnnxEntry);

impl OnnxEntry {
    /// The entry of a model.
    pub const fn of<M: ToOnnx>() -> Self {
        Self {
            name: std::any::type_name::<M>,
            export: |stack, model| {
                let value: M = load_value(stack, model).map_err(|source| ExportError::Unreadable {
                    model: model.name.clone(),
                    source,
                })?;
                value
                    .to_onnx()
                    .map_err(|error| match error.downcast::<ExportError>() {
                        Ok(error) => *error,
                        Err(error) => ExportError::Model(error),
                    })
            },
        }
    }
}

/// The names of all types this program can write as ONNX, sorted.
pub fn exportable() -> Vec<&'static str> {
    let entries = inventory::iter::<OnnxEntry>.into_iter();
    let mut names: Vec<_> = entries.map(|entry| (entry.name)()).collect();
    names.sort_unstable();
    names
}

/// Reads a stored model, and writes it as ONNX. Blocks.
///
/// # Errors
/// When no way of writing its type is listed, it is missing or damaged, or it can't be written.
pub fn export(stack: &Stack, model: &ModelRef) -> Result<ExportedOnnx, ExportError> {
    let mut entries = inventory::iter::<OnnxEntry>.into_iter();
    let Some(entry) = entries.find(|entry| (entry.name)() == model.type_name) else {
        return Err(ExportError::NotExportable {
            type_name: model.type_name.clone(),
            known: match exportable() {
                known if known.is_empty() => "none".into(),
                known => known.join(", "),
            },
        });
    };
    (entry.export)(stack, model)
}

/// Lists a type that implements [`ToOnnx`](crate::export::ToOnnx), so that deployers and registries find it by its name.
#[macro_export]
macro_rules! register_onnx {
    ($type:ty) => {
        const _: () = {
            impl $crate::export::RegisteredOnnx for $type {}
            $crate::__private::inventory::submit! {
                $crate::__private::OnnxEntry::of::<$type>()
            }
        };
    };
}
