//! Putting a configuration on a pipeline.

use super::RunConfig;
use crate::graph::configure::Overrides;
use crate::graph::{
    ConfigError, ConfigPlace, OutputRef, Pipeline, PipelineOutput, RegistryError, build_pipeline,
};
use crate::runner::Launch;

impl RunConfig {
    /// A registered pipeline, by its path or, when it is unique, its name, with these parameters, ready to be run as this says.
    ///
    /// # Errors
    /// When there is no such pipeline, when its parameters don't fit, and as [`Launch::configured`].
    pub fn launch(mut self, pipeline: &str) -> Result<Launch<Vec<OutputRef>>, ConfigError> {
        let parameters = std::mem::take(&mut self.parameters);
        let built = build_pipeline(pipeline, &parameters).map_err(|error| {
            let place = match &error {
                RegistryError::UnknownParameter { parameter, .. }
                | RegistryError::WrongParameter { parameter, .. } => format!("parameters.{parameter}"),
                _ => "parameters".to_owned(),
            };
            let error = ConfigError::NotBuilt {
                place: ConfigPlace::of(place),
                error,
            };
            self.located(error)
        })?;
        built.launch().configured(self)
    }

    fn located(&self, error: ConfigError) -> ConfigError {
        match &self.origin {
            Some(origin) => error.located(|place| origin.locate(place)),
            None => error,
        }
    }
}

impl<O: PipelineOutput> Pipeline<O> {
    /// Sets what the configuration says of steps and of the cache; what it says of the run is left out. What is set is recorded with the
    /// arguments of a run or a schedule of the pipeline.
    ///
    /// # Errors
    /// As [`Launch::configured`].
    pub fn apply(self, config: &RunConfig) -> Result<Self, ConfigError> {
        if !config.parameters.is_empty() {
            return Err(config.located(ConfigError::Built {
                place: ConfigPlace::of("parameters".into()),
                pipeline: self.name,
            }));
        }
        let overrides = Overrides {
            cache: config.cache.clone(),
            steps: config.steps.clone(),
        };
        self.overridden(&overrides).map_err(|error| config.located(error))
    }
}

impl<O: PipelineOutput> Launch<O> {
    /// Runs as the configuration says. What it doesn't say stays as it is.
    ///
    /// # Errors
    /// When it names a step or an argument that the pipeline doesn't have, or sets an argument that another step feeds, or to a value that is none of
    /// the argument's type; and when it has parameters of the pipeline, which is built already: see [`RunConfig::launch`].
    pub fn configured(mut self, config: RunConfig) -> Result<Self, ConfigError> {
        self.pipeline = self.pipeline.apply(&config)?;
        if let Some(name) = config.name {
            self = self.named(name);
        }
        for tag in config.tags {
            self = self.tag(tag);
        }
        if let Some(attempts) = config.parallel {
            self = self.parallel(attempts);
        }
        if let Some(failure) = config.failure {
            self = self.failure(failure);
        }
        Ok(self)
    }
}
