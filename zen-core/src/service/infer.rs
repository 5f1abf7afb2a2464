//! Asking a service in the Open Inference Protocol.

use super::http::Body;
use super::{Service, ServiceError};
use crate::serving::{Tensor, v2};

impl<M> Service<M> {
    /// Predicts tensors with the Open Inference Protocol (version 2, REST, binary): for models without Rust types, such as those of ONNX, and
    /// for large inputs.
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and when the service is no server of a named model.
    pub fn infer(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>, ServiceError> {
        let name = || self.name().to_owned();
        // A deployer records it; one that was made by hand has it among its settings.
        let record = self.known();
        let own = || {
            record
                .config
                .pointer("/settings/name")?
                .as_str()
                .map(str::to_owned)
        };
        let Some(model) = record.model_name.clone().or_else(own) else {
            return Err(ServiceError::NoPredictions { service: name() });
        };
        let (bytes, json_length) = v2::write_request(None, inputs, true);
        let body = Body {
            content_type: "application/octet-stream",
            json_length,
            bytes: &bytes,
        };
        let answer = self.post(|_| Some(format!("/v2/models/{model}/infer")), &body)?;
        v2::parse_answer(&answer.body, answer.json_length.as_deref()).map_err(|reason| ServiceError::Answer {
            service: name(),
            reason,
        })
    }
}
