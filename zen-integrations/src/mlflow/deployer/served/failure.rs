//! What MLflow says when it makes no predictions.

use serde::Deserialize;
use zen_core::serving::PredictError;

use crate::mlflow::deployer::MlflowServerError;

/// How much of what MLflow says clients see, in characters.
const LONGEST: usize = 1000;

/// A call that gave no predictions.
pub(super) struct Failure {
    pub(super) error: PredictError,
    /// Whether the rows of one request may be to blame.
    pub(super) may_be_of_one: bool,
}

#[derive(Deserialize)]
struct Body {
    message: Option<String>,
    /// There when the model's own code failed.
    stack_trace: Option<String>,
}

impl Failure {
    /// The server could not be asked.
    pub(super) fn of(error: MlflowServerError) -> Self {
        Self {
            error: PredictError::model(said(&error)),
            may_be_of_one: false,
        }
    }

    /// The answer is none.
    pub(super) fn model(reason: String) -> Self {
        Self {
            error: PredictError::Model(reason),
            may_be_of_one: true,
        }
    }

    /// The server refused.
    pub(super) fn refused(status: u16, body: &[u8]) -> Self {
        if status == 504 {
            return Self {
                error: PredictError::model(
                    "the model took longer than MLflow's server lets it (`request_timeout`)",
                ),
                may_be_of_one: false,
            };
        }
        let read: Option<Body> = serde_json::from_slice(body).ok();
        let (message, stack_trace) = match read {
            Some(body) => (body.message, body.stack_trace),
            None => (None, None),
        };
        let message = message.unwrap_or_else(|| String::from_utf8_lossy(body).trim().to_owned());
        let message = shortened(&message);
        let error = match status {
            400 if stack_trace.is_none() => PredictError::Input(message),
            400 => PredictError::Model(with_cause(&message, stack_trace.as_deref().unwrap_or_default())),
            status => PredictError::Model(format!("MLflow answered {status}: {message}")),
        };
        Self {
            error,
            may_be_of_one: true,
        }
    }

    /// The same for another request.
    pub(super) fn again(&self) -> PredictError {
        match &self.error {
            PredictError::Input(reason) => PredictError::Input(reason.clone()),
            other => PredictError::Model(other.to_string()),
        }
    }
}

/// The message, which tells nothing of the error that the model's code raised, and this error: the last line of the stack trace.
fn with_cause(message: &str, stack_trace: &str) -> String {
    let last = stack_trace.trim_end().lines().next_back().unwrap_or_default();
    match last.is_empty() || message.contains(last) {
        true => message.to_owned(),
        false => format!("{message} {}", shortened(last)),
    }
}

/// What is wrong comes last in MLflow's messages, after all of the rows.
fn shortened(message: &str) -> String {
    if message.chars().nth(LONGEST).is_none() {
        return message.to_owned();
    }
    let end = message.rsplit_once("Error: ").map_or(message, |(_, end)| end);
    end.chars().take(LONGEST).collect()
}

/// An error and its causes.
fn said(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
