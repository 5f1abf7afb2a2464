//! The Open Inference Protocol over gRPC.

mod client;
mod code;
mod hostile;
mod methods;
mod rows;
mod statuses;
mod tensors;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::routing::get;
use tonic::transport::Channel;
use zen_core::prelude::*;
use zen_core::serving::{Batch, PredictError, ServedModel, Typed};
use zen_integrations::native::Refusal;
use zen_integrations::native::grpc::proto::ModelInferRequest;
use zen_integrations::native::grpc::proto::grpc_inference_service_client::GrpcInferenceServiceClient;
use zen_integrations::native::grpc::{Backend, GrpcLimits, router};
use zen_integrations::native::onnx::OnnxModel;

type Client = GrpcInferenceServiceClient<Channel>;

const LIMITS: GrpcLimits = GrpcLimits { max_message: 1 << 20 };

/// Predicts with a model, without anything between.
#[derive(Clone)]
struct Direct {
    model: Arc<dyn ServedModel>,
    ready: Arc<AtomicBool>,
}

impl Backend for Direct {
    fn name(&self) -> &str {
        "iris"
    }

    fn version(&self) -> &str {
        "3"
    }

    fn model(&self) -> &Arc<dyn ServedModel> {
        &self.model
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::SeqCst)
    }

    async fn predict(&self, batch: Batch) -> Result<Batch, Refusal> {
        let mut results = self.model.predict(vec![batch]);
        Ok(results.pop().ok_or(Refusal::Model("no result".into()))??)
    }
}

impl Direct {
    fn of(model: Arc<dyn ServedModel>) -> Self {
        let ready = Arc::new(AtomicBool::new(true));
        Self { model, ready }
    }

    fn root() -> Self {
        Self::of(Arc::new(Typed::new(Arc::new(Root))))
    }

    fn echo() -> Self {
        Self::of(Arc::new(Typed::new(Arc::new(Echo))))
    }

    /// The ONNX model with an input and an output of each type.
    fn types() -> Self {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/onnx/types.onnx");
        Self::of(Arc::new(OnnxModel::from_file(path).unwrap().served()))
    }
}

/// Square roots; fails at NaN.
#[derive(Serialize, Deserialize)]
struct Root;

#[predictor]
impl Predictor for Root {
    type Input = [f32; 2];
    type Output = f32;

    fn predict(&self, batch: &[[f32; 2]]) -> Result<Vec<f32>> {
        let roots = batch.iter().map(|[x, y]| match x * y {
            product if product.is_nan() => Err("NaN has no root".into()),
            product if product < 0.0 => Err(PredictError::input(format!("{product} has no root")).into()),
            product => Ok(product.sqrt()),
        });
        roots.collect()
    }
}

/// A column of each type that rows have.
#[derive(Clone, Serialize, Deserialize, zen_core::Row)]
struct Columns {
    yes: bool,
    tiny: i8,
    small: i16,
    middle: [i32; 2],
    large: i64,
    byte: u8,
    word: u16,
    double: u32,
    quad: u64,
    single: f32,
    long: f64,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Echo;

#[predictor]
impl Predictor for Echo {
    type Input = Columns;
    type Output = Columns;

    fn predict(&self, batch: &[Columns]) -> Result<Vec<Columns>> {
        Ok(batch.to_vec())
    }
}

/// A server on a port of its own, with a route of HTTP beside the service; it ends with the test's runtime.
async fn serve(backend: impl Backend) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/ping", get(|| async { "pong" }));
    let routes = routes
        .fallback(|| async { "nothing here" })
        .merge(router(backend, LIMITS));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    address
}

async fn connect(address: SocketAddr) -> Client {
    Client::connect(format!("http://{address}")).await.unwrap()
}

/// A client of a server of its own.
async fn client(backend: impl Backend) -> Client {
    connect(serve(backend).await).await
}

fn request() -> ModelInferRequest {
    ModelInferRequest {
        model_name: "iris".into(),
        ..Default::default()
    }
}
