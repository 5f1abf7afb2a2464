//! What predicts behind the service.

use std::sync::Arc;

use zen_core::serving::{Batch, ServedModel};

use crate::native::Refusal;

/// What predicts behind the service: one version of one model. Clones share it.
pub trait Backend: Clone + Send + Sync + 'static {
    /// The model's name in requests.
    fn name(&self) -> &str;

    /// The model's version in requests.
    fn version(&self) -> &str;

    /// The model, which reads tensors and writes them.
    fn model(&self) -> &Arc<dyn ServedModel>;

    /// Whether clients should send requests. Those that come all the same are predicted, if that is possible.
    fn is_ready(&self) -> bool;

    /// Predicts what the model has read.
    ///
    /// # Errors
    /// When there is no prediction: the [`Refusal`] says why.
    fn predict(&self, batch: Batch) -> impl Future<Output = Result<Batch, Refusal>> + Send;
}
