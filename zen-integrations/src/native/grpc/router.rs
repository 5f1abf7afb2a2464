//! The service's routes.

use axum::Router;
use axum::http::{HeaderValue, Request, Response};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::{Code, Status};
use tower::ServiceExt;

use super::backend::Backend;
use super::proto::grpc_inference_service_server::GrpcInferenceServiceServer;
use super::service::Service;

/// How much the service takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrpcLimits {
    /// The largest message, in bytes; a larger one is refused with `RESOURCE_EXHAUSTED` before it is read.
    pub max_message: usize,
}

/// The routes of the service: everything below `/inference.GRPCInferenceService/`, and nothing else, so that they can be merged
/// with others. A method that the service doesn't have is answered with `UNIMPLEMENTED`.
///
/// The server must speak HTTP/2 without being asked to (prior knowledge), as axum's and hyper-util's `auto` servers do.
///
/// ```
/// use axum::{Router, routing::get};
/// use zen_integrations::native::grpc::{Backend, GrpcLimits, router};
///
/// fn routes(backend: impl Backend) -> Router {
///     let http = Router::new().route("/ping", get(|| async { "pong" }));
///     http.merge(router(backend, GrpcLimits { max_message: 64 << 20 }))
/// }
/// ```
pub fn router<B: Backend>(backend: B, limits: GrpcLimits) -> Router {
    let service =
        GrpcInferenceServiceServer::new(Service(backend)).max_decoding_message_size(limits.max_message);
    let path = format!(
        "/{}/{{*method}}",
        <GrpcInferenceServiceServer<Service<B>> as NamedService>::NAME
    );
    Router::new().route_service(
        &path,
        ServiceExt::<Request<axum::body::Body>>::map_response(service, corrected),
    )
}

/// tonic calls a message that is too large `OUT_OF_RANGE`; other servers, and the specification of gRPC, say `RESOURCE_EXHAUSTED`.
/// Nothing else here answers with that code. And tonic says nothing of a method that the service doesn't have.
fn corrected(mut response: Response<Body>) -> Response<Body> {
    let code = |code: Code| HeaderValue::from(code as i32);
    let headers = response.headers_mut();
    match headers.get_mut(Status::GRPC_STATUS) {
        Some(found) if *found == code(Code::OutOfRange) => *found = code(Code::ResourceExhausted),
        Some(found) if *found == code(Code::Unimplemented) => {
            let message = headers.entry(Status::GRPC_MESSAGE);
            message.or_insert(HeaderValue::from_static("this server has no such method"));
        }
        _ => {}
    }
    response
}
