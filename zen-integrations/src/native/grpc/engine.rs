//! The server's engine behind the service.

use std::sync::Arc;

use zen_core::serving::{Batch, ServedModel};

use super::Backend;
use crate::native::{Engine, Refusal};

impl Backend for Engine {
    fn name(&self) -> &str {
        Engine::name(self)
    }

    fn version(&self) -> &str {
        Engine::version(self)
    }

    fn model(&self) -> &Arc<dyn ServedModel> {
        Engine::model(self)
    }

    fn is_ready(&self) -> bool {
        Engine::is_ready(self)
    }

    async fn predict(&self, batch: Batch) -> Result<Batch, Refusal> {
        Engine::predict(self, batch).await
    }
}
