//! What all connections of a server share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zen_core::serving::TensorSpec;

use super::Engine;
use super::access::Access;
use super::auth::Auth;
use super::body::Reading;
use super::routes::documents::Documents;

/// Paths that another router answers.
pub(super) struct Elsewhere {
    pub(super) paths: &'static [&'static str],
    pub(super) router: axum::Router,
}

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
    pub(super) elsewhere: Option<Elsewhere>,
    leaving: AtomicBool,
}

impl App {
    pub(super) fn new(
        engine: Engine,
        auth: Auth,
        access: Access,
        reading: Reading,
        grpc: Option<axum::Router>,
        elsewhere: Option<Elsewhere>,
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
            elsewhere,
            leaving: AtomicBool::new(false),
        }
    }

    /// The router that answers this path in the server's place, if there is one.
    pub(super) fn elsewhere(&self, path: &str) -> Option<&axum::Router> {
        let elsewhere = self.elsewhere.as_ref()?;
        elsewhere.paths.contains(&path).then_some(&elsewhere.router)
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
