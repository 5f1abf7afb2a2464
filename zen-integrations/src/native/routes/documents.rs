//! What is answered without the model.

use bytes::Bytes;
use serde_json::{Value, json};
use zen_core::serving::TensorSpec;

use super::{LISTED, openapi};
use crate::native::answer::Answer;
use crate::native::{Engine, Refusal, v2};

/// This crate's version, which is zen's.
pub(in crate::native) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The documents that stay the same as long as the server runs.
pub(in crate::native) struct Documents {
    pub(in crate::native) root: Bytes,
    pub(in crate::native) server: Bytes,
    pub(in crate::native) model: Bytes,
    pub(in crate::native) models: Bytes,
    pub(in crate::native) openapi: Bytes,
}

impl Documents {
    pub(in crate::native) fn new(engine: &Engine, inputs: &[TensorSpec], outputs: &[TensorSpec]) -> Self {
        let routes =
            LISTED.map(|(method, path, what)| json!({ "method": method, "path": path, "what": what }));
        let root = json!({
            "name": engine.name(),
            "version": engine.version(),
            "server": format!("zen {VERSION}"),
            "routes": routes,
        });
        let versions = [engine.version().to_owned()];
        Self {
            root: bytes(&root),
            server: v2::server_metadata(VERSION).into(),
            model: v2::model_metadata(engine.name(), &versions, &**engine.model()).into(),
            models: bytes(&json!({ "models": [engine.name()] })),
            openapi: bytes(&openapi::document(engine, inputs, outputs)),
        }
    }
}

fn bytes(value: &Value) -> Bytes {
    value.to_string().into()
}

/// Whether the server is ready, in the Open Inference Protocol.
pub(in crate::native) fn ready(engine: &Engine) -> Answer {
    let ready = engine.is_ready();
    let body: &'static [u8] = match ready {
        true => br#"{"ready":true}"#,
        false => br#"{"ready":false}"#,
    };
    Answer::health(ready, body)
}

/// Whether the server is ready, as MLflow's answers it.
pub(in crate::native) fn ping(engine: &Engine) -> Answer {
    Answer::health(engine.is_ready(), &b"\n"[..])
}

/// Whether the model is ready.
pub(in crate::native) fn model_ready(engine: &Engine) -> Answer {
    let ready = engine.is_ready();
    let body = json!({ "name": engine.name(), "ready": ready }).to_string();
    Answer::health(ready, body)
}

/// The models, of which there is one. The body may be empty, or say that only those are wanted that are ready.
pub(in crate::native) fn index(engine: &Engine, body: &[u8]) -> Result<Answer, Refusal> {
    let wanted = match body.trim_ascii() {
        [] => json!({}),
        body => serde_json::from_slice(body)
            .map_err(|error| Refusal::Input(format!("the body is no JSON: {error}")))?,
    };
    let Some(wanted) = wanted.as_object() else {
        return Err(Refusal::Input("the body is no JSON object".into()));
    };
    let only_ready = match wanted.get("ready") {
        None => false,
        Some(Value::Bool(ready)) => *ready,
        Some(_) => return Err(Refusal::Input("`ready` is neither true nor false".into())),
    };
    let ready = engine.is_ready();
    let (state, reason) = match ready {
        true => ("READY", ""),
        false => ("UNAVAILABLE", "the server is stopping, or the model is stuck"),
    };
    let model =
        json!({ "name": engine.name(), "version": engine.version(), "state": state, "reason": reason });
    let models = match ready || !only_ready {
        true => json!([model]),
        false => json!([]),
    };
    Ok(Answer::json(models.to_string()))
}

/// Why models aren't loaded or unloaded.
pub(in crate::native) fn no_loading() -> Refusal {
    Refusal::Input(
        "this server serves one model: deploy another version of it instead of loading or unloading".into(),
    )
}
