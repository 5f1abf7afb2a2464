//! The server as a service: what the daemon of a deployed model runs.

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use zen_core::prelude::Result;
use zen_core::service::{LocalService, Paths, Serving};
use zen_core::serving::ModelRef;

use super::{Engine, Metrics, NativeOptions, Server};

/// A stored model behind a native server.
///
/// The deployer makes it. By hand it is a service like any other: `Service::local(&stack, "digits", &NativeService { .. })`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NativeService {
    /// The model.
    pub model: ModelRef,
    /// The name clients know it by.
    pub name: String,
    /// How it is served.
    pub options: NativeOptions,
}

impl LocalService for NativeService {
    const KIND: &'static str = "native-model-server";

    fn paths(&self) -> Paths {
        Paths::http("/v2/health/ready").predicting_at("/predict")
    }

    async fn serve(self, serving: Serving) -> Result<()> {
        let version = serving.version().to_string();
        // The server reads it again when it begins: what is missing must be said before a running version is replaced.
        if let Some(token) = &self.options.token {
            token.read()?;
        }
        let metrics = Metrics::new(&self.name, &version);
        let options = self.options.clone();
        let name = self.name.clone();
        // Decoding and warming up take as long as they take; the process answers signals meanwhile.
        let (engine, serving) = spawn_blocking(move || -> Result<_> {
            let model = serving.load_model(&self.model)?;
            let engine = Engine::new(name, version, model, &options, metrics);
            engine
                .warm_up()
                .map_err(|error| format!("the model `{}` doesn't warm up: {error}", self.name))?;
            Ok((engine, serving))
        })
        .await??;
        let server = server(engine, self.options).leaving(serving.leaving());
        let listener = TcpListener::from_std(serving.listener()?)?;
        let stages = serving.ready().await?;
        server.serve(listener, stages.into_receiver()).await?;
        Ok(())
    }
}

/// A server in all protocols that this program has.
pub(crate) fn server(engine: Engine, options: NativeOptions) -> Server {
    #[cfg(feature = "grpc")]
    let router = {
        let max_message = options.body_limit;
        super::grpc::router(engine.clone(), super::grpc::GrpcLimits { max_message })
    };
    let server = Server::new(engine, options);
    #[cfg(feature = "grpc")]
    let server = server.grpc(router);
    server
}

zen_core::register_local_service!(NativeService);
