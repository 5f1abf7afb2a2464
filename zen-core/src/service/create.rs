//! Services that are made by hand.

use std::time::Duration;

use super::local::{LocalConfig, NAME, home, program};
use super::{LocalOptions, LocalService, Service, ServiceError};
use crate::metadata::{Change, ServiceRecord, ServiceState, ServiceStatus};
use crate::stack::Stack;

impl Service {
    /// A new service of this machine, recorded and not started.
    ///
    /// # Errors
    /// When the stack has no folder, the program can't be kept, or the metadata store fails.
    pub fn local<S: LocalService>(stack: &Stack, name: &str, service: &S) -> Result<Self, ServiceError> {
        Self::local_with(stack, name, service, LocalOptions::default())
    }

    /// The same with other options: a fixed port, another address, ..
    ///
    /// # Errors
    /// As [`local`](Self::local).
    pub fn local_with<S: LocalService>(
        stack: &Stack,
        name: &str,
        service: &S,
        options: LocalOptions,
    ) -> Result<Self, ServiceError> {
        let home = home(stack)?;
        let program = program::keep(stack, home, name)?;
        let config = LocalConfig::new(name, service, options, program)?;
        let record = blank(stack, name, NAME, &config.kind, config.to_value(name)?);
        stack
            .metadata()
            .apply(&[Change::Service(Box::new(record.clone()))])?;
        Ok(Self::new(stack.clone(), record))
    }

    /// Puts another configuration behind the service's endpoint: a new version that runs this program's code, at the same URL. When it runs, it
    /// is replaced without failing a request.
    ///
    /// # Errors
    /// When the new version fails to start: the running one stays then.
    pub fn update<S: LocalService>(&self, service: &S, timeout: Duration) -> Result<(), ServiceError> {
        self.change(timeout, |record, _| {
            let before = LocalConfig::of(&record)?;
            let program = program::keep(self.stack(), home(self.stack())?, &record.name)?;
            let config = LocalConfig::new(&record.name, service, before.options, program)?;
            Ok(Some(ServiceRecord {
                kind: config.kind.clone(),
                config: config.to_value(&record.name)?,
                ..record
            }))
        })
    }
}

/// A service about which nothing more is known yet.
pub(crate) fn blank(
    stack: &Stack,
    name: &str,
    backend: &str,
    kind: &str,
    config: serde_json::Value,
) -> ServiceRecord {
    let now = stack.clock().now();
    ServiceRecord {
        id: crate::ids::next(),
        name: name.to_owned(),
        backend: backend.to_owned(),
        kind: kind.to_owned(),
        flavor: None,
        pipeline: None,
        run: None,
        step: None,
        model_name: None,
        model_uri: None,
        model_type: None,
        model_digest: None,
        config,
        desired: ServiceState::Inactive,
        status: ServiceStatus {
            state: ServiceState::Inactive,
            last_state: ServiceState::Inactive,
            last_error: None,
            seen: now,
        },
        endpoint: None,
        version: 0,
        created: now,
        updated: now,
    }
}
