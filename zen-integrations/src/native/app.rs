//! What all connections of a server share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zen_core::serving::TensorSpec;

use super::Engine;
use super::access::Access;
use super::auth::Auth;
use super::body::Reading;
use super::routes::documents::Documents;

/// What all connections of a server share.
pub(super) struct App {
    pub(super) engine: Engine,
    pub(super) inputs: Arc<[TensorSpec]>,
    pub(super) documents: Documents,
    pub(super) auth: Auth,
    pub(super) access: Access,
    pub(super) reading: Reading,
    /// Answers requests of gRPC.
    pub(super) grpc: Option<axum::Router>,
    leaving: AtomicBool,
}

impl App {
    pub(super) fn new(
        engine: Engine,
        auth: Auth,
        access: Access,
        reading: Reading,
        grpc: Option<axum::Router>,
    ) -> Self {
        let inputs = engine.model().inputs();
        let documents = Documents::new(&engine, &inputs, &engine.model().outputs());
        Self {
            engine,
            inputs: inputs.into(),
            documents,
            auth,
            access,
            reading,
            grpc,
            leaving: AtomicBool::new(false),
        }
    }

    /// Whether each connection is to be closed with its next answer.
    pub(super) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// From now on, each connection is to be closed with its next answer.
    pub(super) fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }
}
