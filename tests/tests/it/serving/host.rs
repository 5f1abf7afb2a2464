//! A server, in a runtime of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zen_core::prelude::*;
use zen_core::service::Stage;
use zen_core::serving::Typed;
use zen_integrations::native::grpc::{GrpcLimits, router};
use zen_integrations::native::{AccessLog, Engine, Metrics, NativeOptions, ServeError, Server};

use super::models::{Steered, Wheel};
use super::wire::Wire;

/// A running server.
pub struct Host {
    pub address: SocketAddr,
    pub engine: Engine,
    pub stage: watch::Sender<Stage>,
    served: Option<JoinHandle<Result<(), ServeError>>>,
    runtime: Option<Runtime>,
}

/// Without a log, which would only disturb.
pub fn options() -> NativeOptions {
    NativeOptions::default().access_log(AccessLog::Off)
}

/// Far away.
pub fn later() -> Instant {
    Instant::now() + Duration::from_secs(600)
}

impl Host {
    /// Serves a model under the name `model` and the version `1`.
    pub fn start<P: Predictor>(model: P, options: NativeOptions) -> Self {
        Self::start_with(model, options, |server| server)
    }

    pub fn start_with<P: Predictor>(
        model: P,
        options: NativeOptions,
        change: impl FnOnce(Server) -> Server,
    ) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        Self::run(listener, model, options, |server, _| change(server))
    }

    /// Serves a model over gRPC too.
    pub fn start_grpc<P: Predictor>(model: P, options: NativeOptions) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let limits = GrpcLimits {
            max_message: options.body_limit,
        };
        Self::run(listener, model, options, |server, engine| {
            server.grpc(router(engine, limits))
        })
    }

    /// Serves a model on this socket.
    pub fn on<P: Predictor>(listener: std::net::TcpListener, model: P, options: NativeOptions) -> Self {
        Self::run(listener, model, options, |server, _| server)
    }

    fn run<P: Predictor>(
        listener: std::net::TcpListener,
        model: P,
        options: NativeOptions,
        change: impl FnOnce(Server, Engine) -> Server,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        let entered = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        drop(entered);
        let model = Arc::new(Typed::new(Arc::new(model)));
        let metrics = Metrics::new("model", "1");
        let engine = Engine::new("model".into(), "1".into(), model, &options, metrics);
        let (stage, stages) = watch::channel(Stage::Serving);
        let server = change(Server::new(engine.clone(), options), engine.clone());
        let served = runtime.spawn(server.serve(listener, stages));
        Self {
            address,
            engine,
            stage,
            served: Some(served),
            runtime: Some(runtime),
        }
    }

    /// Serves a [`Steered`] model.
    pub fn steered(options: NativeOptions) -> (Self, Arc<Wheel>) {
        let model = Steered::default();
        let wheel = Arc::clone(&model.wheel);
        (Self::start(model, options), wheel)
    }

    pub fn open(&self) -> Wire {
        Wire::open(self.address)
    }

    /// Waits until the server has returned.
    pub fn wait(&mut self) -> Result<(), ServeError> {
        let served = self.served.take().unwrap();
        let served = async { tokio::time::timeout(Duration::from_secs(60), served).await };
        let served = self.runtime.as_ref().unwrap().block_on(served);
        served.expect("the server didn't return within a minute").unwrap()
    }

    pub fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().unwrap()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Not waiting for what a test left hanging.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
