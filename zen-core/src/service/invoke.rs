//! Asking a service in MLflow's protocol.

use serde_json::Value;

use super::http::Body;
use super::{Service, ServiceError};
use crate::metadata::Endpoint;
use crate::serving::replace_not_finite;

impl<M> Service<M> {
    /// Posts a payload of MLflow's protocol to `/invocations`, and answers with the whole answer: `{"predictions": ..}`. The payload has exactly one of
    /// `dataframe_split`, `dataframe_records`, `instances` and `inputs`, and may have an object `params`.
    ///
    /// For the services of deployers that speak the protocol: `native` and `mlflow`. Numbers of the answer that are not finite, which Python writes and JSON
    /// hasn't, become `null`; [`infer`](Self::infer) keeps them.
    ///
    /// ```no_run
    /// # fn main() -> zen_core::prelude::Result<()> {
    /// # let service: zen_core::service::Service = zen_core::service::Service::find(&zen_core::stack::Stack::active()?, uuid::Uuid::nil())?;
    /// let answer = service.invoke(&serde_json::json!({ "inputs": [[5.1, 3.5, 1.4, 0.2]] }))?;
    /// println!("{}", answer["predictions"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn invoke(&self, payload: &Value) -> Result<Value, ServiceError> {
        let name = || self.name().to_owned();
        let bytes = serde_json::to_vec(payload).map_err(|error| ServiceError::Rows {
            service: name(),
            reason: error.to_string(),
        })?;
        // A service that makes no predictions has no such path either.
        let path = |endpoint: &Endpoint| {
            endpoint
                .prediction_path
                .as_ref()
                .map(|_| "/invocations".to_owned())
        };
        let body = Body {
            content_type: "application/json",
            json_length: None,
            bytes: &bytes,
        };
        let answer = self.post(path, &body)?;
        let json = replace_not_finite(&answer.body, |_| "null".to_owned());
        serde_json::from_slice(&json).map_err(|error| ServiceError::Answer {
            service: name(),
            reason: error.to_string(),
        })
    }
}
