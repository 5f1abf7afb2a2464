//! What a model deployer does.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::registry::default_deployer;
use super::{DeployConfig, DeployError, ServerFilter};
use crate::metadata::ServiceState;
use crate::service::{LogLines, Service, ServiceError};
use crate::serving::ModelRef;
use crate::stack::{Stack, StackBuilder};

/// Which run and step deploys a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The pipeline.
    pub pipeline: String,
    /// The step's name in the run.
    pub step: String,
    /// The run.
    pub run: Uuid,
}

/// A model to deploy.
#[derive(Debug, Clone, PartialEq)]
pub struct DeployRequest {
    /// The model.
    pub model: ModelRef,
    /// How.
    pub config: DeployConfig,
    /// Who deploys it; none when it is done by hand.
    pub origin: Option<Origin>,
}

impl DeployRequest {
    /// A model that is deployed by hand.
    pub fn new(model: ModelRef, config: DeployConfig) -> Self {
        Self {
            model,
            config,
            origin: None,
        }
    }

    /// What is deployed, for errors and for the service's name.
    pub(crate) fn name(&self) -> &str {
        &self.config.model_name
    }
}

/// Puts models behind prediction servers. A component of the stack.
///
/// Methods block. An implementation proves itself with [`crate::testing::model_deployer_conformance`].
pub trait ModelDeployer: Send + Sync + fmt::Debug + 'static {
    /// Names the implementation in records and configurations: `native`, `mlflow`, ..
    fn flavor(&self) -> &str;

    /// Deploys a model and waits until it answers, at most [`DeployConfig::timeout`].
    ///
    /// With `config.replace`, the server of the same pipeline, step and model name is updated in place: the same id, the same URL, a new
    /// version that runs this program's code; the version before is kept for [`Service::rollback`]. Clients notice nothing but
    /// other answers. Once this returns, new connections get the new version; one that was open before may get one more answer from the version
    /// before, which closes it with that answer. When nothing has changed, neither model nor configuration nor program, and the server runs, it is left alone. Of two
    /// deployments of the same model at once, one waits for the other.
    ///
    /// # Errors
    /// When the new version fails to start or to warm up; a version that ran before still runs then.
    fn deploy_model(&self, stack: &Stack, request: &DeployRequest) -> Result<Service, DeployError>;

    /// Records the server that [`deploy_model`](Self::deploy_model) would deploy, without starting it.
    ///
    /// # Errors
    /// When it can't be recorded.
    fn prepare(&self, stack: &Stack, request: &DeployRequest) -> Result<Service, DeployError>;

    /// Model servers of this flavour, newest first.
    ///
    /// # Errors
    /// When the metadata store fails.
    fn find_model_server(&self, stack: &Stack, filter: &ServerFilter) -> Result<Vec<Service>, DeployError> {
        let records = match filter.uuid {
            Some(id) => {
                let all = stack.metadata().services(&filter.recorded(self.flavor()))?;
                all.into_iter().filter(|record| record.id == id).collect()
            }
            None => stack.metadata().services(&filter.recorded(self.flavor()))?,
        };
        let mut found = Vec::new();
        for record in records {
            let service = Service::new(stack.clone(), record);
            let running = match filter.running {
                Some(_) => Some(service.status()?.state == ServiceState::Active),
                None => None,
            };
            if running == filter.running {
                found.push(service);
            }
        }
        Ok(found)
    }

    /// The model server with this id.
    ///
    /// # Errors
    /// When there is none of this flavour.
    fn model_server(&self, stack: &Stack, id: Uuid) -> Result<Service, DeployError> {
        match stack.metadata().service(id)? {
            Some(record) if record.flavor.as_deref() == Some(self.flavor()) => {
                Ok(Service::new(stack.clone(), record))
            }
            _ => Err(DeployError::Unknown(id)),
        }
    }

    /// Starts a stopped or failed server with the configuration and the code it had.
    ///
    /// # Errors
    /// When there is none, or it fails to start.
    fn start_model_server(&self, stack: &Stack, id: Uuid, timeout: Duration) -> Result<Service, DeployError> {
        let service = self.model_server(stack, id)?;
        service.start(timeout)?;
        Ok(service)
    }

    /// Stops a server; it can be started again. See [`Service::stop`].
    ///
    /// # Errors
    /// When there is none, or it can't be ended.
    fn stop_model_server(
        &self,
        stack: &Stack,
        id: Uuid,
        timeout: Duration,
        force: bool,
    ) -> Result<(), DeployError> {
        Ok(self.model_server(stack, id)?.stop(timeout, force)?)
    }

    /// Stops a server and removes all that is kept of it.
    ///
    /// # Errors
    /// When there is none, or it can't be ended or removed.
    fn delete_model_server(
        &self,
        stack: &Stack,
        id: Uuid,
        timeout: Duration,
        force: bool,
    ) -> Result<(), DeployError> {
        Ok(self.model_server(stack, id)?.delete(timeout, force)?)
    }

    /// A server's log; see [`Service::logs`].
    ///
    /// # Errors
    /// When there is none, or its log can't be read.
    fn model_server_logs(
        &self,
        stack: &Stack,
        id: Uuid,
        follow: bool,
        tail: Option<usize>,
    ) -> Result<LogLines, DeployError> {
        Ok(self.model_server(stack, id)?.logs(follow, tail)?)
    }

    /// Deploys the model of a service, which may be another deployer's, with this one, as it was deployed: it replaces this deployer's own server of
    /// the same pipeline, step and model name, and no other's.
    ///
    /// # Errors
    /// When its model isn't stored any more, or the deployment fails.
    fn deploy_again(&self, stack: &Stack, service: &Service) -> Result<Service, DeployError> {
        let record = service.record()?;
        let request = request_of(&record).ok_or_else(|| ServiceError::Config {
            service: record.name.clone(),
            reason: "it is no model server that a deployer made".into(),
        })?;
        self.deploy_model(stack, &request)
    }
}

/// What a deployer records beside the backend's own configuration.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Deployment {
    pub(crate) model: ModelRef,
    pub(crate) config: DeployConfig,
    pub(crate) origin: Option<Origin>,
}

/// The key of [`Deployment`] in a service's configuration.
pub(crate) const DEPLOYMENT: &str = "deployment";

pub(crate) fn request_of(record: &crate::metadata::ServiceRecord) -> Option<DeployRequest> {
    let deployment = Deployment::deserialize(record.config.get(DEPLOYMENT)?).ok()?;
    Some(DeployRequest {
        model: deployment.model,
        config: deployment.config,
        origin: deployment.origin,
    })
}

/// The component's kind in a stack.
const KIND: &str = "model_deployer";

impl Stack {
    /// The stack's model deployer: the one it was given, else this program's default one.
    ///
    /// # Errors
    /// When there is neither, or its own can't be opened.
    pub fn model_deployer(&self) -> Result<Arc<dyn ModelDeployer>, DeployError> {
        match self.component::<Arc<dyn ModelDeployer>>()? {
            Some(deployer) => Ok(Arc::clone(&*deployer)),
            None => default_deployer().ok_or_else(|| DeployError::NoDeployer {
                stack: self.name().to_owned(),
            }),
        }
    }
}

impl StackBuilder {
    /// The model deployer.
    #[must_use]
    pub fn model_deployer(self, deployer: Arc<dyn ModelDeployer>) -> Self {
        let flavor = deployer.flavor().to_owned();
        self.component(crate::graph::Component::new(
            KIND,
            "default",
            flavor,
            Arc::new(deployer),
        ))
    }
}
