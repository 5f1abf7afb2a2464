//! Asking a service for predictions.

use std::io::ErrorKind;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::http::{Answer, Body, Http, message};
use super::{Service, ServiceError, Token, TokenSource};
use crate::graph::Component;
use crate::metadata::{Endpoint, ServiceRecord, ServiceState};
use crate::secrets::Secrets;
use crate::serving::Predictor;

/// How long a prediction may take unless it is said otherwise: longer than the server gives it, whose words then arrive.
pub(super) const TIMEOUT: Duration = Duration::from_secs(75);

impl<M: Predictor> Service<M> {
    /// Predicts a batch of rows: as many predictions, in their order. Connections are kept and used again.
    ///
    /// The rows go as JSON, which has no NaN and no infinity: rows with them are refused, and [`infer`](Self::infer) takes them.
    ///
    /// # Errors
    /// When the service can't be reached, takes longer than [its time](Self::with_prediction_timeout), or refuses: [`ServiceError::Refused`] has its words.
    pub fn predict(&self, rows: &[M::Input]) -> Result<Vec<M::Output>, ServiceError> {
        let predictions: Vec<M::Output> = self.ask(rows)?;
        if predictions.len() != rows.len() {
            return Err(ServiceError::Answer {
                service: self.name().to_owned(),
                reason: format!("{} predictions of {} rows", predictions.len(), rows.len()),
            });
        }
        Ok(predictions)
    }

    /// Predicts one row.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_one(&self, row: &M::Input) -> Result<M::Output, ServiceError> {
        let mut predictions: Vec<M::Output> = self.ask(&[row])?;
        match (predictions.pop(), predictions.is_empty()) {
            (Some(prediction), true) => Ok(prediction),
            _ => Err(ServiceError::Answer {
                service: self.name().to_owned(),
                reason: "not one prediction of one row".into(),
            }),
        }
    }

    /// [`predict`](Self::predict) for asynchronous code: waits without blocking the thread.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub async fn predict_async(&self, rows: Vec<M::Input>) -> Result<Vec<M::Output>, ServiceError>
    where
        M::Output: Send,
    {
        let service = self.clone();
        let answer = tokio::task::spawn_blocking(move || service.predict(&rows)).await;
        answer.unwrap_or_else(|error| {
            Err(ServiceError::Answer {
                service: self.name().to_owned(),
                reason: error.to_string(),
            })
        })
    }
}

impl<M> Service<M> {
    /// Predicts a JSON array of rows, and answers with a JSON array of predictions, whatever the model's types are.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_json(&self, rows: &Value) -> Result<Value, ServiceError> {
        self.ask(rows)
    }

    fn ask<Q: Serialize + ?Sized, A: DeserializeOwned>(&self, rows: &Q) -> Result<A, ServiceError> {
        let name = || self.name().to_owned();
        let bytes = serde_json::to_vec(rows).map_err(|error| ServiceError::Rows {
            service: name(),
            reason: error.to_string(),
        })?;
        let path = |endpoint: &Endpoint| endpoint.prediction_path.clone();
        let body = Body {
            content_type: "application/json",
            json_length: None,
            bytes: &bytes,
        };
        let answer = self.post(path, &body)?;
        serde_json::from_slice(&answer.body).map_err(|error| ServiceError::Answer {
            service: name(),
            reason: error.to_string(),
        })
    }

    /// Posts to the path that `path` finds, wherever the service answers now.
    pub(super) fn post(
        &self,
        path: impl Fn(&Endpoint) -> Option<String>,
        body: &Body<'_>,
    ) -> Result<Answer, ServiceError> {
        let mut known = self.known();
        if known.endpoint.is_none() {
            known = Arc::new(self.record()?);
        }
        let answer = match self.post_to(&known, &path, body) {
            Err(error) if may_be_outdated(&error) => {
                let fresh = self.record()?;
                // Another program may have started it elsewhere, or with another token; it has not been asked yet.
                if (&fresh.endpoint, &fresh.config) == (&known.endpoint, &known.config) {
                    Err(error)
                } else {
                    self.remember(fresh.clone());
                    self.post_to(&fresh, &path, body)
                }
            }
            other => other,
        };
        answer.map_err(|error| match error {
            ServiceError::Unreachable { url, source, .. } => self.unreachable(url, source),
            other => other,
        })
    }

    /// Posts to where the service is, as far as this record knows.
    fn post_to(
        &self,
        record: &ServiceRecord,
        path: &impl Fn(&Endpoint) -> Option<String>,
        body: &Body<'_>,
    ) -> Result<Answer, ServiceError> {
        let name = || self.name().to_owned();
        let Some(endpoint) = &record.endpoint else {
            return Err(self.not_running());
        };
        let Some(path) = path(endpoint) else {
            return Err(ServiceError::NoPredictions { service: name() });
        };
        let url = format!("{}{path}", endpoint.base_url());
        let token = self.token(record)?;
        let http = {
            let mut http = self.inner.http.lock().unwrap_or_else(PoisonError::into_inner);
            http.get_or_insert_with(|| Http::new(self.patience())).clone()
        };
        match http.post(&url, token.as_ref(), body) {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(answer),
            Ok(answer) => Err(ServiceError::Refused {
                service: name(),
                status: answer.status,
                message: message(&answer.body),
            }),
            Err(error) => Err(ServiceError::Unreachable {
                service: name(),
                url,
                source: error.into(),
            }),
        }
    }

    /// Says more than that a connection was refused, when more is known.
    fn unreachable(&self, url: String, source: Box<dyn std::error::Error + Send + Sync>) -> ServiceError {
        match self.status() {
            Ok(status) if status.state != ServiceState::Active => ServiceError::NotRunning {
                service: self.name().to_owned(),
                state: status.state.to_string(),
                error: status.last_error,
            },
            _ => ServiceError::Unreachable {
                service: self.name().to_owned(),
                url,
                source,
            },
        }
    }

    fn not_running(&self) -> ServiceError {
        let status = self.status().ok();
        ServiceError::NotRunning {
            service: self.name().to_owned(),
            state: status
                .as_ref()
                .map_or_else(|| "inactive".into(), |status| status.state.to_string()),
            error: status.and_then(|status| status.last_error),
        }
    }

    /// Those that the stack has, else those of its project.
    fn secrets(&self) -> Secrets {
        let stack = self.stack();
        let own = stack.components().iter().find_map(Component::value::<Secrets>);
        match (own, stack.home()) {
            (Some(secrets), _) => (*secrets).clone(),
            (None, Some(home)) => Secrets::in_home(home),
            (None, None) => Secrets::environment(),
        }
    }

    /// The token that the service asks for, if it does.
    fn token(&self, record: &ServiceRecord) -> Result<Option<Token>, ServiceError> {
        // The backend's own option, or that of the server it runs.
        let config = &record.config;
        let places = ["/options/token", "/settings/options/token"];
        let source = places
            .iter()
            .find_map(|place| config.pointer(place).filter(|source| !source.is_null()));
        let source = source.and_then(|source| TokenSource::deserialize(source).ok());
        let token = source.map(|source| source.read_with(&self.secrets())).transpose();
        token.map_err(|source| ServiceError::Token {
            service: self.name().to_owned(),
            source,
        })
    }
}

/// Whether a newer record may help: nobody listened there, or the token wasn't the right one.
fn may_be_outdated(error: &ServiceError) -> bool {
    match error {
        ServiceError::Refused { status, .. } => *status == 401,
        ServiceError::Token { .. } => true,
        ServiceError::Unreachable { source, .. } => matches!(
            source.downcast_ref(),
            Some(ureq::Error::Io(error)) if error.kind() == ErrorKind::ConnectionRefused
        ),
        _ => false,
    }
}
