//! The model that is served: an artifact.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{BoxError, ServedModel, predictor, registered_predictors};
use crate::artifact::{Digest, Materialize, decode_with};
use crate::client::{ArtifactView, read_object};
use crate::metadata::ArtifactRecord;
use crate::stack::Stack;

/// A stored model: where it is, and how it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRef {
    /// The artifact version.
    pub artifact: Uuid,
    /// The artifact's name.
    pub name: String,
    /// Where its bytes are.
    pub uri: String,
    /// Their digest.
    pub digest: Digest,
    /// The model's type, as `std::any::type_name` gives it.
    pub type_name: String,
    /// The codec that wrote it.
    pub codec: String,
    /// The codec's version.
    pub codec_version: u32,
}

impl ModelRef {
    pub(crate) fn of(record: &ArtifactRecord) -> Self {
        Self {
            artifact: record.id,
            name: record.name.clone(),
            uri: record.uri.clone(),
            digest: record.digest,
            type_name: record.type_name.clone(),
            codec: record.codec.clone(),
            codec_version: record.codec_version,
        }
    }
}

impl From<&ArtifactView> for ModelRef {
    fn from(artifact: &ArtifactView) -> Self {
        Self::of(artifact.record())
    }
}

/// That no predictor is listed for a model's type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this program can't serve a model of type `{type_name}` (it can serve: {known}): write `#[predictor]` above its `impl Predictor`"
)]
pub struct NotServable {
    /// The model's type.
    pub type_name: String,
    /// The types there are.
    pub known: String,
}

impl NotServable {
    /// Whether this program can serve models of this type.
    ///
    /// # Errors
    /// When it can't.
    pub fn check(type_name: &str) -> Result<(), Self> {
        match predictor(type_name) {
            Some(_) => Ok(()),
            None => Err(Self::of(type_name)),
        }
    }

    fn of(type_name: &str) -> Self {
        let known = registered_predictors();
        Self {
            type_name: type_name.to_owned(),
            known: match known.is_empty() {
                true => "none".into(),
                false => known.join(", "),
            },
        }
    }
}

/// Reads a model as the type it is of. Blocks.
///
/// # Errors
/// When it is missing or damaged, or can't be decoded as this type.
pub fn load_value<M: Materialize>(stack: &Stack, model: &ModelRef) -> Result<M, BoxError> {
    let what = format!("the model `{}`", model.name);
    let bytes = read_object(stack, model.digest, &model.uri, &what)?;
    Ok(decode_with(
        &M::codecs(),
        &what,
        &model.codec,
        model.codec_version,
        &bytes,
    )?)
}

/// Reads a model as the predictor that is listed for its type. Blocks.
///
/// # Errors
/// When it is missing or damaged, can't be decoded, or no predictor is listed for its type.
pub fn load_model(stack: &Stack, model: &ModelRef) -> Result<Arc<dyn ServedModel>, BoxError> {
    let entry = predictor(&model.type_name).ok_or_else(|| NotServable::of(&model.type_name))?;
    let bytes = read_object(
        stack,
        model.digest,
        &model.uri,
        &format!("the model `{}`", model.name),
    )?;
    (entry.decode)(&model.codec, model.codec_version, &bytes)
}
