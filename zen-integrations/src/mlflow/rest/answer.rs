//! What comes back, and what it means when it is an error.

use std::io::ErrorKind;
use std::time::Duration;

use serde::Deserialize;
use ureq::Body;
use ureq::http::Response;

use crate::mlflow::MlflowError;

/// No answer is read further than this, but for files.
const LARGEST: u64 = 32 << 20;
/// What is kept of a message.
const LONGEST: usize = 2000;

/// MLflow's form of an error.
#[derive(Deserialize)]
struct Failure {
    error_code: String,
    #[serde(default)]
    message: String,
}

/// That no answer came.
pub(super) fn unreachable(doing: &str, error: &ureq::Error) -> MlflowError {
    MlflowError::Unavailable {
        doing: doing.to_owned(),
        reason: match error {
            ureq::Error::Timeout(_) => "no answer in time".to_owned(),
            ureq::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
                "the connection is refused: start the server with `mlflow server`, or say where it is with `tracking_uri`"
                    .to_owned()
            }
            error => error.to_string(),
        },
        retry_after: None,
    }
}

/// The whole body.
pub(super) fn body(doing: &str, response: &mut Response<Body>) -> Result<Vec<u8>, MlflowError> {
    let read = response.body_mut().with_config().limit(LARGEST).read_to_vec();
    read.map_err(|error| match error {
        ureq::Error::BodyExceedsLimit(_) => MlflowError::Foreign {
            doing: doing.to_owned(),
            found: format!("it answered with more than {} MiB", LARGEST >> 20),
        },
        error => unreachable(doing, &error),
    })
}

/// The error that an answer is, if it is one.
pub(super) fn failure(doing: &str, response: &Response<Body>, body: &[u8]) -> Option<MlflowError> {
    let status = response.status().as_u16();
    let failure: Option<Failure> = serde_json::from_slice(body).ok();
    let doing = doing.to_owned();
    match status {
        200..300 => None,
        401 | 403 => Some(MlflowError::Denied {
            doing,
            reason: denied(status, failure.as_ref(), body),
        }),
        // 501 is said of what a server never does.
        429 | 500 | 502.. => Some(MlflowError::Unavailable {
            doing,
            reason: match &failure {
                Some(failure) => format!("{} ({})", cut(&failure.message), cut(&failure.error_code)),
                None => format!("it answered {}", response.status()),
            },
            retry_after: retry_after(response),
        }),
        _ => Some(match failure {
            Some(failure) => MlflowError::Api {
                doing,
                code: cut(&failure.error_code),
                message: cut(&failure.message),
            },
            // Whoever stands before MLflow and takes no body of this size, say, will not take it later.
            None if matches!(status, 400..500) && !matches!(status, 404 | 408) => MlflowError::Api {
                doing,
                code: format!("{}", response.status()),
                message: match said(body) {
                    said if said.is_empty() => "it gives no reason".to_owned(),
                    said => said,
                },
            },
            None => foreign(&doing, response, body, None),
        }),
    }
}

/// What a body that isn't MLflow's says.
fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * LONGEST)]);
    match is_html(&text) {
        true => "a page that isn't MLflow's".to_owned(),
        false => cut(text.trim()),
    }
}

fn denied(status: u16, failure: Option<&Failure>, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    if text.contains("Invalid Host header") {
        return "it doesn't answer to the host name in the `tracking_uri`: start the server with `--allowed-hosts` and that name, or set \
                `MLFLOW_SERVER_ALLOWED_HOSTS` for it"
            .to_owned();
    }
    let said = match failure {
        Some(failure) => format!("{} ({})", cut(&failure.message), cut(&failure.error_code)),
        None => self::said(body),
    };
    let who = match status {
        401 => "it doesn't know who asks (is the `token`, or the `username` with the `password`, right?)",
        _ => "it doesn't allow this",
    };
    match said.is_empty() {
        true => who.to_owned(),
        false => format!("{who}: {said}"),
    }
}

/// An answer that isn't MLflow's; `error` when it should have been JSON of another kind.
pub(super) fn foreign(
    doing: &str,
    response: &Response<Body>,
    body: &[u8],
    error: Option<&serde_json::Error>,
) -> MlflowError {
    let status = response.status().as_u16();
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * LONGEST)]);
    let found = if response.status().is_redirection() {
        format!("it answered {status}, and sends whoever asks elsewhere")
    } else if is_html(&text) {
        format!("it answered {status} with an HTML page, as a proxy or a page for signing in does")
    } else if body.is_empty() {
        format!("it answered {status} without a word")
    } else if let Some(error) = error.filter(|error| error.is_data()) {
        format!("it answered {status} with JSON of another form ({error})")
    } else {
        format!(
            "it answered {status} with `{}`",
            cut(&text.chars().take(80).collect::<String>())
        )
    };
    MlflowError::Foreign {
        doing: doing.to_owned(),
        found,
    }
}

fn is_html(text: &str) -> bool {
    let start = text
        .trim_start()
        .get(..5)
        .unwrap_or_default()
        .to_ascii_lowercase();
    start == "<html" || start == "<!doc" || start == "<head" || start == "<body"
}

/// Seconds; servers that name a date are asked again when it suits us.
fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let header = response.headers().get("retry-after")?;
    header.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// In one line, and not too long.
fn cut(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}..", &line[..end]),
        None => line,
    }
}
