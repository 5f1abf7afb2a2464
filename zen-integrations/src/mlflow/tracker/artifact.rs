//! Putting artifacts into a run.

use serde_json::{Value, json};
use zen_core::artifact::decode_value;
use zen_core::serving::ModelRef;
use zen_core::tracking::TrackedArtifact;

use super::content::Content;
use super::writer::Writer;
use crate::export::{export, exportable};
use crate::mlflow::MlflowError;
use crate::mlflow::model_dir::{ModelDir, flavors};
use crate::mlflow::rest::Place;

/// Artifacts of zen's own format that are larger have no view in JSON.
const LARGEST_VIEW: u64 = 256 << 10;

impl Writer {
    /// A model that can be exported as a model directory; everything else as a file.
    pub(super) fn put(&mut self, tracked: &TrackedArtifact<'_>) -> Result<(), MlflowError> {
        let name = if tracked.output.is_empty() {
            tracked.step
        } else {
            tracked.output
        };
        let path = self.path_of(name, tracked);
        let root = self.client.place(&self.run.artifact_uri)?;
        let type_name = tracked.artifact.record().type_name.as_str();
        match exportable().contains(&type_name) {
            true => self.put_model(&root, &path, tracked),
            false => self.put_file(&root, &path, tracked),
        }
    }

    /// `model`; when another step has an output of this name, `trainer.model`.
    fn path_of(&mut self, name: &str, tracked: &TrackedArtifact<'_>) -> String {
        let name = safe(name);
        let owner = format!("{}\0{}", tracked.step, tracked.output);
        match self.paths.claim(&name, &owner) {
            true => name,
            false => safe(&format!("{}.{name}", tracked.step)),
        }
    }

    fn put_model(&self, root: &Place, path: &str, tracked: &TrackedArtifact<'_>) -> Result<(), MlflowError> {
        let artifact = tracked.artifact;
        let model =
            export(artifact.stack(), &ModelRef::from(artifact)).map_err(|error| MlflowError::Content {
                what: artifact.to_string(),
                source: error.into(),
            })?;
        let folder = root.join(path);
        for (name, bytes) in ModelDir::files(&model) {
            self.client
                .upload(&folder.join(&name), &mut &bytes[..], bytes.len() as u64)?;
        }
        let description = json!({
            "artifact_path": path,
            "flavors": flavors(),
            "model_uuid": artifact.id().simple().to_string(),
            "run_id": self.run.run_id,
            "utc_time_created": artifact.created().format("%Y-%m-%d %H:%M:%S%.6f").to_string(),
        });
        self.client.log_model(&self.run.run_id, &description)
    }

    fn put_file(&self, root: &Place, path: &str, tracked: &TrackedArtifact<'_>) -> Result<(), MlflowError> {
        let artifact = tracked.artifact;
        let record = artifact.record();
        let failed = |source| MlflowError::Content {
            what: artifact.to_string(),
            source,
        };
        let file = root.join(&format!("{path}{}", extension(&record.codec)));
        let mut content = Content::of(artifact).map_err(failed)?;
        self.client
            .upload(&file, &mut content, record.size)
            .map_err(|error| match error {
                MlflowError::Content { source, .. } => failed(source),
                error => error,
            })?;
        if record.codec != "serde-msgpack" || record.size > LARGEST_VIEW {
            return Ok(());
        }
        let bytes = Content::of(artifact).and_then(Content::all).map_err(failed)?;
        // What JSON can't say has no view.
        let Some(view) = decode_value::<Value>(&bytes)
            .ok()
            .and_then(|value| serde_json::to_vec_pretty(&value).ok())
        else {
            return Ok(());
        };
        let file = root.join(&format!("{path}.json"));
        self.client.upload(&file, &mut &view[..], view.len() as u64)
    }
}

/// A name as one part of a path, of characters that MLflow and all systems take.
pub(in crate::mlflow) fn safe(name: &str) -> String {
    let taken = |char: char| !char.is_control() && !"/\\:*?\"<>|#%".contains(char);
    let name: String = name
        .chars()
        .map(|char| if taken(char) { char } else { '_' })
        .take(120)
        .collect();
    match name.trim_matches([' ', '.']) {
        "" => "_".to_owned(),
        name => name.to_owned(),
    }
}

/// What a file of this format is usually called.
fn extension(codec: &str) -> &'static str {
    match codec {
        "serde-msgpack" => ".msgpack",
        "text" => ".txt",
        "npy" => ".npy",
        "safetensors" => ".safetensors",
        "csv" => ".csv",
        "parquet" => ".parquet",
        "onnx" => ".onnx",
        "folder-tar" | "file-tar" => ".tar",
        _ => ".bin",
    }
}
