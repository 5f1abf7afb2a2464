//! Deployers whose servers are daemons of this machine.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::deployer::{DEPLOYMENT, Deployment};
use super::{DeployError, DeployRequest, ModelDeployer, ServerFilter};
use crate::metadata::{Change, ServiceRecord, ServiceState};
use crate::service::local::{LocalConfig, NAME, home, program};
use crate::service::{Lease, LocalOptions, LocalService, Service, ServiceError, blank};
use crate::stack::Stack;

/// How long one deployment waits for another of the same model.
const PATIENCE: Duration = Duration::from_secs(600);

/// What tells one flavour of local servers from another.
pub trait LocalFlavor: Send + Sync + fmt::Debug + 'static {
    /// The server.
    type Server: LocalService;

    /// The flavour's name.
    fn flavor(&self) -> &str;

    /// The server for a model.
    ///
    /// # Errors
    /// When it can't serve such a model, or the flavour's options can't be read.
    fn server(&self, request: &DeployRequest) -> Result<Self::Server, DeployError>;
}

/// Deploys models as daemons of this machine.
#[derive(Debug)]
pub struct LocalModelDeployer<F> {
    flavor: F,
}

impl<F: LocalFlavor> LocalModelDeployer<F> {
    /// A deployer of this flavour.
    pub const fn new(flavor: F) -> Self {
        Self { flavor }
    }

    /// What the service's record should say.
    fn wanted(
        &self,
        stack: &Stack,
        request: &DeployRequest,
        record: ServiceRecord,
    ) -> Result<ServiceRecord, DeployError> {
        let name = request.name().to_owned();
        let server = self.flavor.server(request)?;
        let program = program::keep(stack, home(stack)?, &name)?;
        let config = LocalConfig::new(&name, &server, options(request), program)?;
        let mut value = config.to_value(&name)?;
        let deployment = Deployment {
            model: request.model.clone(),
            config: request.config.clone(),
            origin: request.origin.clone(),
        };
        value[DEPLOYMENT] = json(&name, &deployment)?;
        let origin = request.origin.as_ref();
        Ok(ServiceRecord {
            name,
            kind: config.kind,
            flavor: Some(self.flavor.flavor().to_owned()),
            pipeline: origin.map(|origin| origin.pipeline.clone()),
            run: origin.map(|origin| origin.run),
            step: origin.map(|origin| origin.step.clone()),
            model_name: Some(request.config.model_name.clone()),
            model_uri: Some(request.model.uri.clone()),
            model_type: Some(request.model.type_name.clone()),
            model_digest: Some(request.model.digest),
            config: value,
            ..record
        })
    }

    /// The newest server of the same pipeline, step and model name.
    fn equivalent(
        &self,
        stack: &Stack,
        request: &DeployRequest,
    ) -> Result<Option<ServiceRecord>, DeployError> {
        let origin = request.origin.as_ref();
        let filter = ServerFilter {
            pipeline: origin.map(|origin| origin.pipeline.clone()),
            step: origin.map(|origin| origin.step.clone()),
            model_name: Some(request.config.model_name.clone()),
            ..ServerFilter::default()
        };
        let found = stack
            .metadata()
            .services(&filter.recorded(self.flavor.flavor()))?;
        // One deployed by hand is equivalent only to others deployed by hand.
        Ok(found
            .into_iter()
            .find(|record| record.pipeline.is_some() == origin.is_some()))
    }

    /// The record to deploy to: that of the equivalent server, or a new one. The lease keeps two deployments from both making one.
    fn find_or_make(&self, stack: &Stack, request: &DeployRequest) -> Result<Service, DeployError> {
        let origin = request.origin.as_ref();
        let part = |part: Option<&str>| part.unwrap_or_default().to_owned();
        let key = format!(
            "deploy/{}/{}/{}",
            part(origin.map(|origin| origin.pipeline.as_str())),
            part(origin.map(|origin| origin.step.as_str())),
            request.config.model_name
        );
        let lease = Lease::acquire(stack, &key, request.name(), PATIENCE)?;
        if request.config.replace
            && let Some(record) = self.equivalent(stack, request)?
        {
            return Ok(Service::new(stack.clone(), record));
        }
        let record = blank(stack, request.name(), NAME, "", serde_json::Value::Null);
        let record = self.wanted(stack, request, record)?;
        lease.apply(request.name(), vec![Change::Service(Box::new(record.clone()))])?;
        Ok(Service::new(stack.clone(), record))
    }
}

impl<F: LocalFlavor> ModelDeployer for LocalModelDeployer<F> {
    fn flavor(&self) -> &str {
        self.flavor.flavor()
    }

    fn deploy_model(&self, stack: &Stack, request: &DeployRequest) -> Result<Service, DeployError> {
        request.config.check()?;
        let service = self.find_or_make(stack, request)?;
        let mut refused = None;
        let changed = service.change(request.config.timeout, |record, status| {
            let before = record.clone();
            let wanted = match self.wanted(stack, request, record) {
                Ok(wanted) => wanted,
                Err(error) => {
                    refused = Some(error);
                    return Ok(None);
                }
            };
            let same = status.state == ServiceState::Active && is_same(&before, &wanted);
            Ok((!same).then_some(wanted))
        });
        match refused {
            Some(error) => Err(error),
            None => changed.map(|()| service).map_err(DeployError::from),
        }
    }

    fn prepare(&self, stack: &Stack, request: &DeployRequest) -> Result<Service, DeployError> {
        request.config.check()?;
        let service = self.find_or_make(stack, request)?;
        let record = service.record()?;
        if service.versions()?.iter().all(|version| version.live.is_none()) {
            // Recorded before, and never live: what is to be started now is the newest model.
            let wanted = self.wanted(stack, request, record)?;
            stack
                .metadata()
                .apply(&[Change::Service(Box::new(wanted.clone()))])?;
            return Ok(Service::new(stack.clone(), wanted));
        }
        Ok(service)
    }
}

/// Whether a server would do the same with either record: the same model, configuration and program.
fn is_same(before: &ServiceRecord, wanted: &ServiceRecord) -> bool {
    let parts = |record: &ServiceRecord| {
        let mut config = LocalConfig::of(record).ok()?;
        // Where the executable lay doesn't matter, and neither do the names under which the same model was stored.
        config.program.path.clear();
        for field in ["artifact", "name", "uri"] {
            if let Some(value) = config.settings.pointer_mut(&format!("/model/{field}")) {
                *value = serde_json::Value::Null;
            }
        }
        Some(config)
    };
    let (before_config, wanted_config) = (parts(before), parts(wanted));
    before_config.is_some() && before_config == wanted_config && before.model_digest == wanted.model_digest
}

fn options(request: &DeployRequest) -> LocalOptions {
    LocalOptions {
        host: request.config.host.clone(),
        port: request.config.port,
        drain: request.config.drain,
        token: request.config.token.clone(),
        ..LocalOptions::default()
    }
}

fn json(service: &str, value: &impl Serialize) -> Result<serde_json::Value, ServiceError> {
    serde_json::to_value(value).map_err(|error| ServiceError::Config {
        service: service.to_owned(),
        reason: error.to_string(),
    })
}
