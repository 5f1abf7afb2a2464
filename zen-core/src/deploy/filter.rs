//! Which model servers to find.

use uuid::Uuid;

use crate::metadata::ServiceFilter;

/// Which model servers to find: those that match all that is given. The default finds all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerFilter {
    /// Only those that run and are healthy now, or only those that don't.
    pub running: Option<bool>,
    /// With this id.
    pub uuid: Option<Uuid>,
    /// Deployed by this pipeline.
    pub pipeline: Option<String>,
    /// One of whose versions was deployed by this run.
    pub run: Option<Uuid>,
    /// Deployed by the step of this name.
    pub step: Option<String>,
    /// Serving a model of this name.
    pub model_name: Option<String>,
    /// Serving the model at this place.
    pub model_uri: Option<String>,
    /// Serving a model of this type, as `std::any::type_name` gives it.
    pub model_type: Option<String>,
}

impl ServerFilter {
    /// The part that the metadata store looks for.
    pub(crate) fn recorded(&self, flavor: &str) -> ServiceFilter {
        ServiceFilter {
            pipeline: self.pipeline.clone(),
            run: self.run,
            step: self.step.clone(),
            model_name: self.model_name.clone(),
            model_uri: self.model_uri.clone(),
            model_type: self.model_type.clone(),
            flavor: Some(flavor.to_owned()),
            ..ServiceFilter::default()
        }
    }
}
