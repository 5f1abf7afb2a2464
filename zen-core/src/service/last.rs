//! Finding the service that a step made last.

use crate::artifact::{Materialize, bare_type_name};
use crate::client::{ArtifactView, Client};
use crate::graph::StepDefinition;
use crate::metadata::{RunFilter, ServiceFilter, ServiceState};
use crate::stack::Stack;

use super::{Service, ServiceError, observe};

/// How many runs are looked through for a step that returned a service it did not deploy itself.
const RUNS: u32 = 100;

/// A step, by its name in the run or by its definition: `"model_deployer"`, `&my_deployer::definition()`.
pub trait NamesStep {
    /// The step's name in a run.
    fn step_name(&self) -> &str;
}

impl NamesStep for str {
    fn step_name(&self) -> &str {
        self
    }
}

impl NamesStep for String {
    fn step_name(&self) -> &str {
        self
    }
}

impl NamesStep for StepDefinition {
    fn step_name(&self) -> &str {
        self.name()
    }
}

impl<T: NamesStep + ?Sized> NamesStep for &T {
    fn step_name(&self) -> &str {
        (**self).step_name()
    }
}

/// The service that a step of a pipeline made last, in the active stack; with `running`, the last one that runs and is healthy now. None when
/// there is none.
///
/// ```no_run
/// use zen_core::prelude::*;
/// use zen_core::service::load_last_service_from_step;
///
/// # fn main() -> Result<()> {
/// let service: Option<Service> = load_last_service_from_step("continuous_deployment", "model_deployer", true)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the stack can't be read, or the service serves a model of another type than `M`.
pub fn load_last_service_from_step<M: 'static>(
    pipeline: &str,
    step: impl NamesStep,
    running: bool,
) -> Result<Option<Service<M>>, ServiceError> {
    Service::last_from_step(&Stack::active()?, pipeline, step, running)
}

impl<M: 'static> Service<M> {
    /// The service that a step of a pipeline made last; see [`load_last_service_from_step`].
    ///
    /// Services that the step deployed come first. Then those it only returned are looked for in the outputs of the pipeline's last 100 runs.
    ///
    /// # Errors
    /// When the stack can't be read, or the service serves a model of another type than `M`.
    pub fn last_from_step(
        stack: &Stack,
        pipeline: &str,
        step: impl NamesStep,
        running: bool,
    ) -> Result<Option<Self>, ServiceError> {
        let step = step.step_name();
        let filter = ServiceFilter {
            pipeline: Some(pipeline.to_owned()),
            step: Some(step.to_owned()),
            ..ServiceFilter::default()
        };
        let mut records = stack.metadata().services(&filter)?;
        // The one that the newest run put there, which need not be the youngest: an older one may have been updated since.
        records.sort_by_key(|record| std::cmp::Reverse((record.run, record.id)));
        for record in records {
            if !running || observe(stack, &record)?.state == ServiceState::Active {
                return Self::new(stack.clone(), record).checked().map(Some);
            }
        }
        let runs = stack.metadata().runs(&RunFilter {
            pipeline: Some(pipeline.to_owned()),
            limit: Some(RUNS),
            ..RunFilter::default()
        })?;
        let mut seen = Vec::new();
        for run in runs {
            let Some(record) = stack.metadata().step_named(run.id, step)? else {
                continue;
            };
            for edge in record.outputs {
                let Some(artifact) = stack.metadata().artifact(edge.artifact)? else {
                    continue;
                };
                // `Service<()>` is written without its default argument.
                let bare = bare_type_name(&artifact.type_name);
                if bare != "Service" && !bare.starts_with("Service<") {
                    continue;
                }
                let view = ArtifactView::new(stack.clone(), artifact);
                let service: Service = view.decode()?;
                if seen.contains(&service.id()) {
                    continue;
                }
                seen.push(service.id());
                if !running || service.is_running() {
                    return service.of_model().checked().map(Some);
                }
            }
        }
        Ok(None)
    }

    /// Refuses a service of another model.
    fn checked(self) -> Result<Self, ServiceError> {
        self.check_model(std::any::type_name::<M>())?;
        Ok(self)
    }
}

impl<M> Service<M> {
    /// Refuses a service that serves something else than this type; `()` stands for any.
    pub(crate) fn check_model(&self, wanted: &'static str) -> Result<(), ServiceError> {
        let record = self.record()?;
        match record.model_type {
            Some(stored) if wanted != "()" && bare_type_name(&stored) != bare_type_name(wanted) => {
                Err(ServiceError::WrongModel {
                    service: record.name,
                    stored,
                    wanted,
                })
            }
            _ => Ok(()),
        }
    }
}

impl Client {
    /// Services by any of their properties, newest first, from what is recorded: [`Service::status`] looks whether they run.
    ///
    /// # Errors
    /// When the metadata store fails.
    pub fn services(&self, filter: &ServiceFilter) -> Result<Vec<Service>, ServiceError> {
        let records = self.stack().metadata().services(filter)?;
        let services = records
            .into_iter()
            .map(|record| Service::new(self.stack().clone(), record));
        Ok(services.collect())
    }
}

const _: () = {
    /// A service is an artifact whatever its model is.
    const fn is_artifact<T: Materialize>() {}
    is_artifact::<Service<u8>>();
};
