//! The three ways of asking for a prediction: bytes to a batch, the engine, and bytes again.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use zen_core::serving::TensorSpec;

use crate::native::answer::{Answer, JSON, JSON_LENGTH};
use crate::native::engine::guarded;
use crate::native::{Engine, Refusal, mlflow, v2};

/// The media type of tensors that follow their JSON.
const BINARY: &str = "application/octet-stream";
/// From how many bytes on a body is read and its answer written outside the connection's task, so that other connections don't wait.
const LARGE: usize = 256 << 10;

/// Predicts a JSON array of rows.
pub(in crate::native) async fn typed(
    engine: &Engine,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Answer, Refusal> {
    expect(headers, &[JSON])?;
    let size = body.len();
    let batch = {
        let engine = engine.clone();
        apart(size, move || Ok(engine.model().read_json(&body)?)).await?
    };
    let predictions = engine.predict(batch).await?;
    let engine = engine.clone();
    let written = apart(size, move || Ok(engine.model().write_json(&predictions)?)).await?;
    Ok(Answer::json(written))
}

/// Predicts in MLflow's protocol.
pub(in crate::native) async fn invocations(
    engine: &Engine,
    inputs: &std::sync::Arc<[TensorSpec]>,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Answer, Refusal> {
    let media_type = match headers.get(CONTENT_TYPE) {
        None => None,
        Some(value) => Some(value.to_str().map_err(|_| not_text())?.to_owned()),
    };
    let size = body.len();
    let batch = {
        let (engine, inputs) = (engine.clone(), std::sync::Arc::clone(inputs));
        let read = move || {
            let rows = mlflow::read_rows(&body, media_type.as_deref(), &inputs)?;
            Ok(engine.model().read_json(&rows)?)
        };
        apart(size, read).await?
    };
    let predictions = engine.predict(batch).await?;
    let engine = engine.clone();
    let write = move || {
        Ok(mlflow::write_predictions(
            &engine.model().write_json(&predictions)?,
        ))
    };
    Ok(Answer::json(apart(size, write).await?))
}

/// Predicts tensors in the Open Inference Protocol.
pub(in crate::native) async fn infer(
    engine: &Engine,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Answer, Refusal> {
    expect(headers, &[JSON, BINARY])?;
    let json_length = match headers.get(JSON_LENGTH) {
        None => None,
        Some(value) => Some(value.to_str().map_err(|_| not_text())?.to_owned()),
    };
    let size = body.len();
    let (request, batch) = {
        let engine = engine.clone();
        let read = move || {
            let mut request = v2::parse_infer(&body, json_length.as_deref())?;
            let batch = engine.model().read_tensors(request.take_inputs())?;
            Ok((request, batch))
        };
        apart(size, read).await?
    };
    let predictions = engine.predict(batch).await?;
    let engine = engine.clone();
    let write = move || {
        let tensors = engine.model().write_tensors(&predictions)?;
        v2::write_infer(&request, engine.name(), engine.version(), tensors)
    };
    let written = apart(size, write).await?;
    let media_type = match written.json_length {
        Some(_) => BINARY,
        None => JSON,
    };
    let mut answer = Answer::of(media_type, written.body);
    answer.json_length = written.json_length;
    Ok(answer)
}

/// Works on a body of this size, which is apart from the connections when it is large. The model's own code may be in it, which may panic.
pub(in crate::native) async fn apart<T: Send + 'static>(
    size: usize,
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    if size < LARGE {
        return guarded(work)?;
    }
    match tokio::task::spawn_blocking(move || guarded(work)).await {
        Ok(result) => result?,
        Err(_) => Err(Refusal::NotReady("the server is stopping".into())),
    }
}

/// The media type must be one of these, or none.
fn expect(headers: &HeaderMap, media_types: &[&'static str]) -> Result<(), Refusal> {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Ok(());
    };
    let value = value.as_bytes();
    let essence = value
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    match media_types
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known.as_bytes()))
    {
        true => Ok(()),
        false => {
            let found: String = String::from_utf8_lossy(value).chars().take(100).collect();
            Err(Refusal::MediaType(format!(
                "the content type `{found}` is not read here: send {}",
                media_types.join(" or ")
            )))
        }
    }
}

fn not_text() -> Refusal {
    Refusal::Input("a header of the request is no ASCII text".into())
}
