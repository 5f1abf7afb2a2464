//! The floor: bare axum handlers, as a good program by hand would have them, in a process of their own.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::sync::Arc;

use axum::extract::{Json, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use serde::{Deserialize, Serialize};

use crate::models::{CLASSES, INPUTS, Network};
use crate::payload::MODEL;

/// The argument that makes this program a floor.
pub(crate) const ARGUMENT: &str = "floor-child";

const JSON_LENGTH: &str = "inference-header-content-length";

/// When this process was started as a floor: serves until its standard input ends.
pub(crate) fn child() -> Option<ExitCode> {
    if std::env::args().nth(1).as_deref() != Some(ARGUMENT) {
        return None;
    }
    // As daemons do. Linux shares its processors out among sessions, and what crosses them takes a few microseconds longer.
    let _ = rustix::process::setsid();
    // So it ends also when the benchmark is killed.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    // As the daemon's runtime is made.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let serving = tokio::spawn(serve());
        serving.await.expect("a server");
    });
    Some(ExitCode::SUCCESS)
}

async fn serve() {
    let app = axum::Router::new()
        .route("/predict", post(predict))
        .route(&format!("/v2/models/{MODEL}/infer"), post(infer))
        .with_state(Arc::new(Network::new()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mut out = std::io::stdout();
    writeln!(out, "{port}").expect("a reader");
    out.flush().expect("a reader");
    axum::serve(listener, app).await.expect("a server");
}

type Refused = (StatusCode, String);

fn classify(network: &Network, row: &[f32]) -> Result<[f32; CLASSES], Refused> {
    match row.len() {
        INPUTS => Ok(network.classify(row)),
        found => Err((StatusCode::BAD_REQUEST, format!("a row has {found} numbers"))),
    }
}

async fn predict(
    State(network): State<Arc<Network>>,
    Json(rows): Json<Vec<Vec<f32>>>,
) -> Result<Json<Vec<[f32; CLASSES]>>, Refused> {
    let classes = rows.iter().map(|row| classify(&network, row));
    classes.collect::<Result<_, _>>().map(Json)
}

#[derive(Deserialize)]
struct Asked {
    inputs: Vec<Input>,
}

#[derive(Deserialize)]
struct Input {
    name: String,
    shape: Vec<usize>,
    datatype: String,
    data: Option<Vec<f32>>,
    parameters: Option<Size>,
}

#[derive(Serialize, Deserialize)]
struct Size {
    binary_data_size: usize,
}

#[derive(Serialize)]
struct Answered {
    model_name: &'static str,
    model_version: &'static str,
    outputs: [Output; 1],
}

#[derive(Serialize)]
struct Output {
    name: &'static str,
    datatype: &'static str,
    shape: [usize; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Size>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<[f32; CLASSES]>,
}

fn answered(data: Option<[f32; CLASSES]>) -> Answered {
    let size = Size {
        binary_data_size: CLASSES * size_of::<f32>(),
    };
    Answered {
        model_name: MODEL,
        model_version: "1",
        outputs: [Output {
            name: "output",
            datatype: "FP32",
            shape: [1, CLASSES],
            parameters: data.is_none().then_some(size),
            data,
        }],
    }
}

/// The only input, when it is one row of the right kind.
fn only(asked: Asked) -> Result<Input, Refused> {
    let mut inputs = asked.inputs.into_iter();
    match (inputs.next(), inputs.next()) {
        (Some(input), None)
            if input.name == "input" && input.datatype == "FP32" && input.shape == [1, INPUTS] =>
        {
            Ok(input)
        }
        _ => Err(wrong()),
    }
}

fn wrong() -> Refused {
    (StatusCode::BAD_REQUEST, "not the model's input".into())
}

/// Both forms of the protocol, told apart by the header.
async fn infer(
    State(network): State<Arc<Network>>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Result<axum::response::Response, Refused> {
    let malformed = |error: serde_json::Error| (StatusCode::BAD_REQUEST, error.to_string());
    let Some(length) = headers.get(JSON_LENGTH) else {
        let input = only(serde_json::from_slice(&body).map_err(malformed)?)?;
        let classes = classify(&network, &input.data.ok_or_else(wrong)?)?;
        return Ok(Json(answered(Some(classes))).into_response());
    };
    let length = length.to_str().ok().and_then(|length| length.parse().ok());
    let (head, tail) = length
        .and_then(|length| body.split_at_checked(length))
        .ok_or_else(wrong)?;
    let input = only(serde_json::from_slice(head).map_err(malformed)?)?;
    let size = input.parameters.map(|parameters| parameters.binary_data_size);
    let (chunks, []) = tail.as_chunks() else {
        return Err(wrong());
    };
    if size != Some(tail.len()) {
        return Err(wrong());
    }
    let row: Vec<f32> = chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let classes = classify(&network, &row)?;
    let mut body = serde_json::to_vec(&answered(None)).map_err(malformed)?;
    let length = body.len();
    body.extend(classes.iter().flat_map(|value| value.to_le_bytes()));
    let headers = [
        (
            header::CONTENT_TYPE.as_str(),
            "application/octet-stream".to_owned(),
        ),
        (JSON_LENGTH, length.to_string()),
    ];
    Ok((headers, body).into_response())
}
