//! The artifact: an ONNX model.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use zen_core::__private::{PredictorEntry, RegisteredPredictor};
use zen_core::artifact::{Codec, CodecError, Materialize};
use zen_core::serving::{ServedModel, TensorSpec};

use super::codec::{FORMAT, OnnxCodec};
use super::error::OnnxError;
use super::plan::Plan;
use super::served::OnnxServed;

/// An ONNX model: the bytes of its file, which were read and found to be runnable.
///
/// It is stored as the file it came from, byte for byte. Clones share the bytes and the prepared model.
#[derive(Clone)]
pub struct OnnxModel {
    bytes: Bytes,
    plan: Arc<Plan>,
}

impl OnnxModel {
    /// The model in these bytes, which are an ONNX file.
    ///
    /// # Errors
    /// When they are none, or the model can't be run or served: see the [module's page](super).
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, OnnxError> {
        let bytes = Bytes::from(bytes.into());
        let plan = Arc::new(Plan::load(&bytes)?);
        Ok(Self { bytes, plan })
    }

    /// The model in this file. Weights that are kept in other files are not followed: they are an error.
    ///
    /// # Errors
    /// When the file can't be read; otherwise as [`from_bytes`](Self::from_bytes).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, OnnxError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| OnnxError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::from_bytes(bytes)
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The inputs in the file's order. A size is -1 where the file leaves it open, as it mostly does for the batch.
    pub fn inputs(&self) -> Vec<TensorSpec> {
        self.plan.inputs().to_vec()
    }

    /// The outputs in the file's order, with the sizes that follow from those of the inputs.
    pub fn outputs(&self) -> Vec<TensorSpec> {
        self.plan.outputs().to_vec()
    }

    /// The model as a server sees it.
    pub fn served(&self) -> OnnxServed {
        OnnxServed::new(self.plan.clone())
    }
}

impl fmt::Debug for OnnxModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnnxModel")
            .field("bytes", &self.bytes.len())
            .field("inputs", &self.plan.inputs())
            .field("outputs", &self.plan.outputs())
            .finish()
    }
}

/// Models are equal when their files are.
impl PartialEq for OnnxModel {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for OnnxModel {}

impl Materialize for OnnxModel {
    fn codecs() -> Vec<Arc<dyn Codec<Self>>> {
        vec![Arc::new(OnnxCodec)]
    }

    fn json(&self) -> Value {
        json!({ "inputs": self.plan.inputs(), "outputs": self.plan.outputs() })
    }
}

impl RegisteredPredictor for OnnxModel {}

inventory::submit! {
    PredictorEntry {
        name: std::any::type_name::<OnnxModel>,
        decode: |codec, version, bytes| {
            if codec != FORMAT.name || version > FORMAT.version {
                let reason = format!(
                    "the model was stored by version {version} of the codec `{codec}`, and this program reads ONNX models \
                     of `{}` up to version {}",
                    FORMAT.name, FORMAT.version
                );
                return Err(CodecError::Unsupported(reason).into());
            }
            let model = OnnxCodec.decode(bytes, version)?;
            let served: Arc<dyn ServedModel> = Arc::new(model.served());
            Ok(served)
        },
    }
}
