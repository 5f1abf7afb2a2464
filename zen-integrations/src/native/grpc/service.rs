//! The methods of the service.

use std::collections::BTreeMap;
use std::sync::Arc;

use prost::Message;
use tonic::{Request, Response, Status};
use zen_core::serving::{PredictError, Tensor, TensorSpec};

use super::backend::Backend;
use super::proto::grpc_inference_service_server::GrpcInferenceService;
use super::proto::model_metadata_response::TensorMetadata;
use super::proto::repository_index_response::ModelIndex;
use super::proto::{
    ModelInferRequest, ModelInferResponse, ModelMetadataRequest, ModelMetadataResponse, ModelReadyRequest,
    ModelReadyResponse, RepositoryIndexRequest, RepositoryIndexResponse, ServerLiveRequest,
    ServerLiveResponse, ServerMetadataRequest, ServerMetadataResponse, ServerReadyRequest,
    ServerReadyResponse,
};
use super::request::{read_inputs, wanted, write_outputs};
use super::status::status;
use crate::native::Refusal;
use crate::native::routes::predictions::apart;

/// The service of one model.
pub(super) struct Service<B>(pub(super) B);

impl<B: Backend> Service<B> {
    fn check(&self, name: &str, version: &str) -> Result<(), Refusal> {
        let short = |text: &str| text.chars().take(100).collect::<String>();
        let backend = &self.0;
        if name != backend.name() {
            return Err(Refusal::NotFound(format!(
                "there is no model `{}` here",
                short(name)
            )));
        }
        if !version.is_empty() && version != backend.version() {
            return Err(Refusal::NotFound(format!(
                "model `{name}` has no version `{}` here; it is version `{}`",
                short(version),
                backend.version()
            )));
        }
        Ok(())
    }

    async fn infer(&self, request: ModelInferRequest) -> Result<ModelInferResponse, Refusal> {
        self.check(&request.model_name, &request.model_version)?;
        let size = request.encoded_len();
        let raw = !request.raw_input_contents.is_empty();
        let id = request.id;
        let model = Arc::clone(self.0.model());
        let read = move || {
            let wanted = wanted(&request.outputs, &model.outputs()).map_err(Refusal::Input)?;
            let tensors = read_inputs(request.inputs, request.raw_input_contents).map_err(Refusal::Input)?;
            Ok((wanted, model.read_tensors(tensors)?))
        };
        let (wanted, batch) = apart(size, read).await?;
        let predictions = self.0.predict(batch).await?;
        let model = Arc::clone(self.0.model());
        let write = move || {
            let tensors = model.write_tensors(&predictions)?;
            let mut tensors: Vec<Option<Tensor>> = tensors.into_iter().map(Some).collect();
            let outputs = wanted
                .into_iter()
                .map(|place| tensors.get_mut(place).and_then(Option::take));
            let outputs = outputs.collect::<Option<Vec<_>>>().ok_or_else(|| {
                PredictError::model("the model wrote fewer outputs than it says that it has")
            })?;
            Ok(write_outputs(&outputs, raw))
        };
        let (outputs, raw_output_contents) = apart(size, write).await?;
        Ok(ModelInferResponse {
            model_name: self.0.name().to_owned(),
            model_version: self.0.version().to_owned(),
            id,
            parameters: BTreeMap::new(),
            outputs,
            raw_output_contents,
        })
    }
}

#[tonic::async_trait]
impl<B: Backend> GrpcInferenceService for Service<B> {
    async fn server_live(
        &self,
        _: Request<ServerLiveRequest>,
    ) -> Result<Response<ServerLiveResponse>, Status> {
        Ok(Response::new(ServerLiveResponse { live: true }))
    }

    async fn server_ready(
        &self,
        _: Request<ServerReadyRequest>,
    ) -> Result<Response<ServerReadyResponse>, Status> {
        let ready = self.0.is_ready();
        Ok(Response::new(ServerReadyResponse { ready }))
    }

    async fn model_ready(
        &self,
        request: Request<ModelReadyRequest>,
    ) -> Result<Response<ModelReadyResponse>, Status> {
        let request = request.into_inner();
        self.check(&request.name, &request.version)
            .map_err(|refusal| status(&refusal))?;
        let ready = self.0.is_ready();
        Ok(Response::new(ModelReadyResponse { ready }))
    }

    async fn server_metadata(
        &self,
        _: Request<ServerMetadataRequest>,
    ) -> Result<Response<ServerMetadataResponse>, Status> {
        Ok(Response::new(ServerMetadataResponse {
            name: "zen".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            // Those that the protocol names are about loading models and about HTTP.
            extensions: Vec::new(),
        }))
    }

    async fn model_metadata(
        &self,
        request: Request<ModelMetadataRequest>,
    ) -> Result<Response<ModelMetadataResponse>, Status> {
        let request = request.into_inner();
        self.check(&request.name, &request.version)
            .map_err(|refusal| status(&refusal))?;
        let model = self.0.model();
        Ok(Response::new(ModelMetadataResponse {
            name: self.0.name().to_owned(),
            versions: vec![self.0.version().to_owned()],
            platform: model.platform().to_owned(),
            inputs: model.inputs().into_iter().map(metadata).collect(),
            outputs: model.outputs().into_iter().map(metadata).collect(),
        }))
    }

    async fn model_infer(
        &self,
        request: Request<ModelInferRequest>,
    ) -> Result<Response<ModelInferResponse>, Status> {
        let answer = self.infer(request.into_inner()).await;
        answer.map(Response::new).map_err(|refusal| status(&refusal))
    }

    async fn repository_index(
        &self,
        request: Request<RepositoryIndexRequest>,
    ) -> Result<Response<RepositoryIndexResponse>, Status> {
        let ready = self.0.is_ready();
        let model = ModelIndex {
            name: self.0.name().to_owned(),
            version: self.0.version().to_owned(),
            state: if ready { "READY" } else { "UNAVAILABLE" }.to_owned(),
            reason: String::new(),
        };
        let listed = ready || !request.into_inner().ready;
        Ok(Response::new(RepositoryIndexResponse {
            models: listed.then_some(model).into_iter().collect(),
        }))
    }
}

fn metadata(spec: TensorSpec) -> TensorMetadata {
    TensorMetadata {
        name: spec.name,
        datatype: spec.datatype.as_str().to_owned(),
        shape: spec.shape,
    }
}
