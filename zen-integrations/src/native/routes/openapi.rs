//! The interface as an OpenAPI document.

use serde_json::{Map, Value, json};
use zen_core::serving::TensorSpec;

use super::documents::VERSION;
use super::{LISTED, schema};
use crate::native::Engine;

/// The OpenAPI 3.1 document of all routes.
pub(super) fn document(engine: &Engine, inputs: &[TensorSpec], outputs: &[TensorSpec]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for (method, path, what) in LISTED {
        let mut operation = operation(path, what);
        let parameters = parameters(engine, path);
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        if is_open(path) {
            operation["security"] = json!([]);
        }
        paths.insert(path.to_owned(), json!({ method.to_lowercase(): operation }));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": engine.name(),
            "version": engine.version(),
            "description": format!("A model of the platform `{}`, served by zen {VERSION}.", engine.model().platform()),
        },
        "paths": paths,
        "security": [{}, { "bearer": [] }],
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas(inputs, outputs),
        },
    })
}

fn is_open(path: &str) -> bool {
    super::Route::of(path).is_open()
}

fn parameters(engine: &Engine, path: &str) -> Vec<Value> {
    let values = [("model", engine.name()), ("version", engine.version())];
    let there = values
        .into_iter()
        .filter(|(name, _)| path.contains(&format!("{{{name}}}")));
    let parameters = there.map(|(name, value)| {
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" }, "example": value })
    });
    parameters.collect()
}

fn operation(path: &str, what: &str) -> Value {
    let json = |schema: Value| json!({ "application/json": { "schema": schema } });
    let named = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let errors = |name: &str, codes: &[&str]| -> Map<String, Value> {
        let error = |code: &&str| {
            let answer = json!({ "description": reason(code), "content": json(named(name)) });
            ((*code).to_owned(), answer)
        };
        codes.iter().map(error).collect()
    };
    let predicting = &[
        "400", "401", "404", "408", "413", "415", "429", "500", "503", "504",
    ];
    let (answer, request, mut responses) = match path.rsplit('/').next() {
        Some("predict") => (
            named("Predictions"),
            Some(named("Rows")),
            errors("Error", predicting),
        ),
        Some("invocations") => (
            named("MlflowPredictions"),
            Some(named("MlflowRows")),
            errors("MlflowError", predicting),
        ),
        Some("infer") => (
            named("InferAnswer"),
            Some(named("InferRequest")),
            errors("Error", predicting),
        ),
        Some("index") => (json!({ "type": "array" }), None, errors("Error", &["400", "401"])),
        Some("ready") => (
            json!({ "type": "object" }),
            None,
            errors("Health", &["404", "503"]),
        ),
        Some("ping" | "health") => (json!({}), None, Map::new()),
        Some("live") => (json!({ "type": "object" }), None, Map::new()),
        _ => (json!({}), None, errors("Error", &["401", "404"])),
    };
    if matches!(path, "/ping" | "/health") {
        responses.insert("503".into(), json!({ "description": reason("503") }));
    }
    let content = match path {
        "/ping" | "/health" | "/version" => None,
        "/metrics" => Some(json!({ "application/openmetrics-text": { "schema": { "type": "string" } } })),
        _ => Some(json(answer)),
    };
    let mut success = json!({ "description": what });
    if let Some(content) = content {
        success["content"] = content;
    }
    responses.insert("200".into(), success);
    let mut operation = json!({ "summary": what, "responses": responses });
    if let Some(request) = request {
        operation["requestBody"] = json!({ "required": true, "content": json(request) });
    }
    operation
}

fn reason(code: &str) -> &'static str {
    match code {
        "400" => "the request is at fault",
        "401" => "a bearer token is needed",
        "404" => "there is no such model or version",
        "408" => "the body came too slowly",
        "413" => "the body is too large",
        "415" => "the body is of a media type that is not read here",
        "429" => "too many requests are waiting, or too many bytes of them",
        "500" => "the model failed",
        "503" => "the server is not ready",
        "504" => "the prediction took too long",
        _ => "an error",
    }
}

fn schemas(inputs: &[TensorSpec], outputs: &[TensorSpec]) -> Value {
    let rows = |specs| json!({ "type": "array", "items": schema::row(specs) });
    let tensor = |data: bool| {
        let mut required = vec!["name", "shape", "datatype"];
        if data {
            required.push("data");
        }
        json!({
            "type": "object",
            "properties": {
                "name": { "type": "string" },
                "shape": { "type": "array", "items": { "type": "integer", "minimum": 0 } },
                "datatype": { "type": "string" },
                "parameters": { "type": "object" },
                "data": { "type": "array", "description": "nested or flat, row-major" },
            },
            "required": required,
        })
    };
    let columns = |specs: &[TensorSpec]| {
        let all: Map<String, Value> = specs
            .iter()
            .map(|spec| {
                (
                    spec.name.clone(),
                    json!({ "type": "array", "items": schema::cell(spec) }),
                )
            })
            .collect();
        json!({ "type": "object", "properties": all })
    };
    json!({
        "Rows": rows(inputs),
        "Predictions": rows(outputs),
        "MlflowRows": {
            "type": "object",
            "description": "exactly one of `dataframe_split`, `dataframe_records`, `instances` and `inputs`",
            "properties": {
                "dataframe_split": {
                    "type": "object",
                    "properties": {
                        "columns": { "type": "array", "items": { "type": "string" } },
                        "index": { "type": "array" },
                        "data": { "type": "array", "items": { "type": "array" } },
                    },
                    "required": ["data"],
                },
                "dataframe_records": rows(inputs),
                "instances": rows(inputs),
                "inputs": { "anyOf": [columns(inputs), rows(inputs)] },
                "params": { "type": "object" },
            },
        },
        "MlflowPredictions": {
            "type": "object",
            "properties": { "predictions": {} },
            "required": ["predictions"],
        },
        "MlflowError": {
            "type": "object",
            "properties": { "error_code": { "type": "string" }, "message": { "type": "string" } },
            "required": ["error_code", "message"],
        },
        "InferRequest": {
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "parameters": { "type": "object" },
                "inputs": { "type": "array", "items": tensor(true) },
                "outputs": { "type": "array", "items": { "type": "object", "required": ["name"] } },
            },
            "required": ["inputs"],
        },
        "InferAnswer": {
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "model_name": { "type": "string" },
                "model_version": { "type": "string" },
                "outputs": { "type": "array", "items": tensor(false) },
            },
            "required": ["model_name", "outputs"],
        },
        "Error": {
            "type": "object",
            "properties": { "error": { "type": "string" } },
            "required": ["error"],
        },
        "Health": { "type": "object" },
    })
}
