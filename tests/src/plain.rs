//! A second flavour of local model servers, as a user might write one: typed JSON over HTTP, and nothing else.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use zen_core::deploy::{DeployError, DeployRequest, LocalFlavor, LocalModelDeployer, ModelDeployer};
use zen_core::prelude::*;
use zen_core::service::{LocalService, Paths, Serving};
use zen_core::serving::{ModelRef, ServedModel};

/// Serves a stored model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlainServer {
    model: ModelRef,
}

impl LocalService for PlainServer {
    const KIND: &'static str = "plain-model-server";

    fn paths(&self) -> Paths {
        Paths::http("/healthy").predicting_at("/ask")
    }

    async fn serve(self, serving: Serving) -> Result<()> {
        let model = serving.load_model(&self.model)?;
        model.warm_up()?;
        let routes = Router::new()
            .route("/healthy", get(async || "yes"))
            .route("/ask", post(ask))
            .with_state(model);
        let listener = tokio::net::TcpListener::from_std(serving.listener()?)?;
        let mut stages = serving.ready().await?;
        let ended = async move {
            stages.end().await;
        };
        axum::serve(listener, routes)
            .with_graceful_shutdown(ended)
            .await?;
        Ok(())
    }
}

async fn ask(
    State(model): State<Arc<dyn ServedModel>>,
    body: Bytes,
) -> Result<Vec<u8>, (StatusCode, String)> {
    let refuse = |error: PredictError| (StatusCode::BAD_REQUEST, error.to_string());
    let batch = model.read_json(&body).map_err(refuse)?;
    let predictions = model
        .predict(vec![batch])
        .pop()
        .ok_or((StatusCode::INTERNAL_SERVER_ERROR, String::new()))?;
    model.write_json(&predictions.map_err(refuse)?).map_err(refuse)
}

zen_core::register_local_service!(PlainServer);

/// The flavour.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

impl Plain {
    /// The deployer.
    pub fn deployer() -> Arc<dyn ModelDeployer> {
        Arc::new(LocalModelDeployer::new(Self))
    }
}

impl LocalFlavor for Plain {
    type Server = PlainServer;

    fn flavor(&self) -> &str {
        "plain"
    }

    fn server(&self, request: &DeployRequest) -> Result<PlainServer, DeployError> {
        Ok(PlainServer {
            model: request.model.clone(),
        })
    }
}
