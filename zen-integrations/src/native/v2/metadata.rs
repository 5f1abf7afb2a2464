//! What a server says of itself and of its models.

use serde::Serialize;
use zen_core::serving::{ServedModel, TensorSpec};

use crate::native::Refusal;

#[derive(Serialize)]
struct Server<'a> {
    name: &'a str,
    version: &'a str,
    extensions: &'a [&'a str],
}

#[derive(Serialize)]
struct Model<'a> {
    name: &'a str,
    versions: &'a [String],
    platform: &'a str,
    inputs: Vec<TensorSpec>,
    outputs: Vec<TensorSpec>,
}

#[derive(Serialize)]
struct Indexed<'a> {
    name: &'a str,
    version: &'a str,
    state: &'a str,
}

#[derive(Serialize)]
struct Error {
    error: String,
}

/// The body of `GET /v2`. `version` is the server's.
pub fn server_metadata(version: &str) -> Vec<u8> {
    json(&Server {
        name: "zen",
        version,
        extensions: &["model_repository", "binary_tensor_data"],
    })
}

/// The body of `GET /v2/models/{name}`. `versions` are those that can be asked for.
pub fn model_metadata(name: &str, versions: &[String], model: &dyn ServedModel) -> Vec<u8> {
    json(&Model {
        name,
        versions,
        platform: model.platform(),
        inputs: model.inputs(),
        outputs: model.outputs(),
    })
}

/// The body of `POST /v2/repository/index` for a server of one model.
pub fn model_index(name: &str, version: &str, ready: bool) -> Vec<u8> {
    let state = if ready { "READY" } else { "UNAVAILABLE" };
    json(&[Indexed { name, version, state }])
}

/// The body of every answer that is a refusal: `{"error": ..}`.
pub fn error_body(refusal: &Refusal) -> Vec<u8> {
    json(&Error {
        error: refusal.to_string(),
    })
}

/// Texts, numbers and lists of them always have a JSON.
fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
