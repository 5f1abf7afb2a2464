//! Pipelines by path and name: how another process of the same program finds them, and how people start them by name.

use std::fmt;

use serde_json::{Map, Value};

use super::configure::Overrides;
use super::{EncodedArguments, ErasedPipeline};
use crate::near::{choices, nearest};

/// A registered pipeline; `#[pipeline]` submits one for every function without type parameters.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct PipelineEntry {
    /// The pipeline's name.
    pub name: &'static str,
    /// `crate::module::function`.
    pub path: &'static str,
    /// Where it stands.
    pub file: &'static str,
    /// Where it stands.
    pub line: u32,
    /// The function's documentation.
    pub docs: &'static str,
    /// The function's arguments.
    pub parameters: &'static [ParameterEntry],
    /// Builds it from recorded arguments.
    pub rebuild: fn(&EncodedArguments) -> Result<ErasedPipeline, String>,
}

/// An argument of a registered pipeline.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct ParameterEntry {
    /// Its name.
    pub name: &'static str,
    /// Its type as it stands in the source.
    pub type_name: &'static str,
    /// Whether it is an `Option`.
    pub optional: bool,
    /// Reads a value written as JSON, and writes it as it is recorded.
    pub encode_json: fn(&Value) -> Result<Vec<u8>, String>,
}

impl fmt::Debug for PipelineEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.path, self.file, self.line)
    }
}

impl fmt::Debug for ParameterEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.type_name)
    }
}

inventory::collect!(PipelineEntry);

/// A pipeline that this program can start by name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct PipelineInfo {
    /// Its name.
    pub name: String,
    /// `crate::module::function`.
    pub path: String,
    /// The file in which the function stands.
    pub file: String,
    /// The line in it.
    pub line: u32,
    /// The function's documentation.
    pub docs: String,
    /// The function's arguments, in order.
    pub parameters: Vec<ParameterInfo>,
}

/// A parameter of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ParameterInfo {
    /// Its name.
    pub name: String,
    /// Its type as it stands in the source.
    pub type_name: String,
    /// Whether it may be left out: it is an `Option`, and is `None` then.
    pub optional: bool,
}

impl From<&PipelineEntry> for PipelineInfo {
    fn from(entry: &PipelineEntry) -> Self {
        let parameter = |parameter: &ParameterEntry| ParameterInfo {
            name: parameter.name.to_owned(),
            type_name: parameter.type_name.to_owned(),
            optional: parameter.optional,
        };
        Self {
            name: entry.name.to_owned(),
            path: entry.path.to_owned(),
            file: entry.file.to_owned(),
            line: entry.line,
            docs: entry.docs.to_owned(),
            parameters: entry.parameters.iter().map(parameter).collect(),
        }
    }
}

/// Why a pipeline could not be found or built by name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// No pipeline has this path or name.
    #[error(
        "this program has no pipeline `{name}`{} (it has: {known}); a pipeline of another crate is found only when \
         the program refers to that crate, as with `use that_crate as _;`", meant(near.as_deref())
    )]
    Unknown {
        /// The path or name.
        name: String,
        /// The one that was probably meant.
        near: Option<String>,
        /// The paths of those there are.
        known: String,
    },
    /// Two pipelines share it.
    #[error("two pipelines are called `{name}`: {first} and {second}; give the path instead of the name")]
    Duplicate {
        /// The path or name.
        name: String,
        /// The first place.
        first: String,
        /// The second place.
        second: String,
    },
    /// It can't be built from these arguments.
    #[error("pipeline `{name}` can't be built again: {reason}")]
    Rebuild {
        /// The path or name.
        name: String,
        /// Why not.
        reason: String,
    },
    /// The pipeline has no such parameter.
    #[error("pipeline `{pipeline}` has no parameter `{parameter}` ({choices})")]
    UnknownParameter {
        /// The pipeline.
        pipeline: String,
        /// What was given.
        parameter: String,
        /// The one that was probably meant, and those there are.
        choices: String,
    },
    /// A parameter was not given.
    #[error("pipeline `{pipeline}` needs the parameter `{parameter}`: give a `{type_name}`")]
    MissingParameter {
        /// The pipeline.
        pipeline: String,
        /// The parameter.
        parameter: String,
        /// Its type as it stands in the source.
        type_name: String,
    },
    /// A parameter's value is none of its type.
    #[error("parameter `{parameter}` of pipeline `{pipeline}` has to be a `{type_name}`: {reason}")]
    WrongParameter {
        /// The pipeline.
        pipeline: String,
        /// The parameter.
        parameter: String,
        /// Its type as it stands in the source.
        type_name: String,
        /// What is wrong, and where in the value.
        reason: String,
    },
}

fn meant(near: Option<&str>) -> String {
    near.map(|near| format!(": did you mean `{near}`?"))
        .unwrap_or_default()
}

fn entries() -> impl Iterator<Item = &'static PipelineEntry> {
    inventory::iter::<PipelineEntry>.into_iter()
}

fn find(name: &str) -> Result<&'static PipelineEntry, RegistryError> {
    // A path may also be another pipeline's name.
    let by_path = entries().filter(|entry| entry.path == name);
    let by_name = entries().filter(|entry| entry.name == name && entry.path != name);
    let mut found = by_path.chain(by_name);
    let Some(entry) = found.next() else {
        let names: Vec<&str> = entries().flat_map(|entry| [entry.name, entry.path]).collect();
        return Err(RegistryError::Unknown {
            name: name.to_owned(),
            near: nearest(name, names.iter().copied()).map(str::to_owned),
            known: registered_pipelines().join(", "),
        });
    };
    match found.next() {
        Some(second) if entry.path != name || second.path == name => Err(RegistryError::Duplicate {
            name: name.to_owned(),
            first: format!("{entry:?}"),
            second: format!("{second:?}"),
        }),
        _ => Ok(entry),
    }
}

/// The paths of all pipelines this program can start by name, sorted.
pub fn registered_pipelines() -> Vec<&'static str> {
    let mut paths: Vec<_> = entries().map(|entry| entry.path).collect();
    paths.sort_unstable();
    paths
}

/// All pipelines this program can start by name, with their parameters, sorted by path.
pub fn registered_pipeline_infos() -> Vec<PipelineInfo> {
    let mut infos: Vec<PipelineInfo> = entries().map(PipelineInfo::from).collect();
    infos.sort_by(|one, two| one.path.cmp(&two.path));
    infos
}

/// A registered pipeline by its path (`crate::module::function`) or, when it is unique, its name.
///
/// # Errors
/// When there is no such pipeline, or there are two.
pub fn registered_pipeline(name: &str) -> Result<PipelineInfo, RegistryError> {
    find(name).map(PipelineInfo::from)
}

/// Builds a registered pipeline by its path (`crate::module::function`) or, when it is unique, its name, from
/// recorded arguments.
///
/// # Errors
/// When there is no such pipeline, there are two, or the arguments don't fit.
pub fn rebuild_pipeline(name: &str, arguments: &[u8]) -> Result<ErasedPipeline, RegistryError> {
    let entry = find(name)?;
    let rebuild = |reason| RegistryError::Rebuild {
        name: name.to_owned(),
        reason,
    };
    let arguments = EncodedArguments::parse(arguments).map_err(rebuild)?;
    let mut pipeline = (entry.rebuild)(&arguments).map_err(rebuild)?;
    for overrides in arguments.overrides().map_err(rebuild)? {
        let overrides = Overrides::recorded(&overrides).map_err(rebuild)?;
        let overridden = pipeline.overridden(&overrides);
        pipeline = overridden.map_err(|error| rebuild(error.to_string()))?;
    }
    Ok(pipeline)
}

/// Builds a registered pipeline by its path (`crate::module::function`) or, when it is unique, its name, from arguments that
/// people wrote: on a command line, in a file, in a request.
///
/// An argument whose type is written as `Option<..>` may be left out, and is `None` then. What JSON can't say can't be given so: numbers
/// that are not finite, integers beyond 64 bits, maps with keys that are no texts.
///
/// ```
/// use serde_json::json;
/// use zen_core::graph::build_pipeline;
/// use zen_core::prelude::*;
///
/// #[step]
/// fn grow(rate: f64, years: u32) -> f64 { rate.powi(years as i32) }
/// #[pipeline]
/// fn growing(rate: f64, years: Option<u32>) -> Artifact<f64> { grow(rate, years.unwrap_or(10)) }
///
/// let arguments = json!({"rate": 1.5});
/// let pipeline = build_pipeline("growing", arguments.as_object().unwrap()).unwrap();
/// assert_eq!(pipeline.arguments(), json!({"rate": 1.5, "years": null}));
///
/// let wrong = json!({"rat": 1.5});
/// let error = build_pipeline("growing", wrong.as_object().unwrap()).unwrap_err();
/// assert!(error.to_string().contains("did you mean `rate`?"));
/// ```
///
/// # Errors
/// When there is no such pipeline or there are two; for an argument that the pipeline doesn't have, one that is missing, and one whose value is none
/// of its type, each by its name.
pub fn build_pipeline(name: &str, arguments: &Map<String, Value>) -> Result<ErasedPipeline, RegistryError> {
    let entry = find(name)?;
    let pipeline = || entry.name.to_owned();
    let known: Vec<&str> = entry.parameters.iter().map(|parameter| parameter.name).collect();
    if let Some(unknown) = arguments.keys().find(|given| !known.contains(&given.as_str())) {
        return Err(RegistryError::UnknownParameter {
            pipeline: pipeline(),
            parameter: unknown.clone(),
            choices: choices(unknown, &known),
        });
    }
    let mut encoded = Vec::with_capacity(known.len());
    for parameter in entry.parameters {
        let value = match arguments.get(parameter.name) {
            Some(value) => value,
            None if parameter.optional => &Value::Null,
            None => {
                return Err(RegistryError::MissingParameter {
                    pipeline: pipeline(),
                    parameter: parameter.name.to_owned(),
                    type_name: parameter.type_name.to_owned(),
                });
            }
        };
        let bytes = (parameter.encode_json)(value).map_err(|reason| RegistryError::WrongParameter {
            pipeline: pipeline(),
            parameter: parameter.name.to_owned(),
            type_name: parameter.type_name.to_owned(),
            reason,
        })?;
        encoded.push((parameter.name.to_owned(), bytes));
    }
    (entry.rebuild)(&EncodedArguments::of(encoded)).map_err(|reason| RegistryError::Rebuild {
        name: pipeline(),
        reason,
    })
}
