//! What is asked: the same row, in three protocols.

use serde_json::{Value, json};

use crate::models::{CLASSES, INPUTS, Network};

/// The model's name in routes.
pub(crate) const MODEL: &str = "network";

/// How the row is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// A JSON array of rows.
    Typed,
    /// The Open Inference Protocol, in JSON.
    V2Json,
    /// The Open Inference Protocol, with binary tensors both ways.
    V2Binary,
}

/// All of them.
pub(crate) const PROTOCOLS: [Protocol; 3] = [Protocol::Typed, Protocol::V2Json, Protocol::V2Binary];

/// The row that is sent: like the pixels of a small picture.
pub(crate) fn row() -> Vec<f32> {
    (0..INPUTS)
        .map(|place| ((place * 7) % 17) as f32 / 16.0)
        .collect()
}

impl Protocol {
    /// Its name in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Typed => "/predict",
            Self::V2Json => "V2 JSON",
            Self::V2Binary => "V2 binary",
        }
    }

    /// A whole request.
    pub(crate) fn request(self) -> Vec<u8> {
        let input = |name: &str, value: Value| {
            let mut input = json!({"name": "input", "shape": [1, INPUTS], "datatype": "FP32"});
            input[name] = value;
            input
        };
        let (body, headers) = match self {
            Self::Typed => (
                json!([row()]).to_string().into_bytes(),
                "Content-Type: application/json\r\n".to_owned(),
            ),
            Self::V2Json => (
                json!({"inputs": [input("data", json!(row()))]})
                    .to_string()
                    .into_bytes(),
                "Content-Type: application/json\r\n".to_owned(),
            ),
            Self::V2Binary => {
                let size = json!({"binary_data_size": INPUTS * size_of::<f32>()});
                let head = json!({
                    "inputs": [input("parameters", size)],
                    "parameters": {"binary_data_output": true},
                });
                let mut body = head.to_string().into_bytes();
                let headers = format!(
                    "Content-Type: application/octet-stream\r\nInference-Header-Content-Length: {}\r\n",
                    body.len()
                );
                body.extend(row().iter().flat_map(|value| value.to_le_bytes()));
                (body, headers)
            }
        };
        let path = match self {
            Self::Typed => "/predict".to_owned(),
            Self::V2Json | Self::V2Binary => format!("/v2/models/{MODEL}/infer"),
        };
        let length = body.len();
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n");
        [head.into_bytes(), body].concat()
    }

    /// Whether this body is the right answer.
    pub(crate) fn is_right(self, body: &[u8]) -> bool {
        let found: Option<Vec<f32>> = match self {
            Self::Typed => numbers(body, "/0"),
            Self::V2Json => numbers(body, "/outputs/0/data"),
            Self::V2Binary => body.last_chunk::<{ CLASSES * size_of::<f32>() }>().map(|tail| {
                let (chunks, _) = tail.as_chunks();
                chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
            }),
        };
        found.is_some_and(|found| found == Network::new().classify(&row()))
    }
}

fn numbers(body: &[u8], at: &str) -> Option<Vec<f32>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    serde_json::from_value(body.pointer(at)?.clone()).ok()
}
