//! `pipeline run`.

use std::path::PathBuf;

use serde_json::{Map, Value};
use zen_core::graph::{PipelineInfo, registered_pipeline};
use zen_core::runner::RunConfig;
use zen_core::stack::Stack;

use crate::Exit;
use crate::commands::{Command, Context, Need};
use crate::error::Error;
use crate::launch::{to_its_end, wait_for_runs};

/// Run a pipeline of the project's program
///
/// Ends with 0 when the run has completed, 1 when it failed, and 4 when it was cancelled. `pipeline describe` shows the parameters.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  zen pipeline run training --param epochs=5\n  zen pipeline run training --config run.toml --dry-run\n  zen pipeline run training --step evaluator"
)]
pub(crate) struct Run {
    /// The pipeline: its name, or `crate::module::name`
    pipeline: String,
    /// A parameter of the pipeline: JSON, or else a text; `a.b=1` sets a field
    #[arg(long, short, value_name = "NAME=VALUE")]
    param: Vec<String>,
    /// A file of parameters and options, of the run and of its steps
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Take nothing from the cache
    #[arg(long)]
    no_cache: bool,
    /// Only tell what would come from the cache, what would run, and why
    #[arg(long)]
    dry_run: bool,
    /// Run this step only, and of those it needs what isn't in the cache
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    /// The run's name
    #[arg(long)]
    name: Option<String>,
    /// A label of the run
    #[arg(long, value_name = "LABEL")]
    tag: Vec<String>,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

impl Command for Run {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let info = registered_pipeline(&self.pipeline)?;
        let mut config = match &self.config {
            Some(path) => RunConfig::from_file(path)?,
            None => RunConfig::default(),
        };
        for text in &self.param {
            parameter(&mut config.parameters, &info, text)?;
        }
        let mut launch = config.launch(&info.path)?;
        if self.no_cache {
            launch = launch.cache(false);
        }
        if let Some(step) = self.step {
            launch = launch.only(step);
        }
        if let Some(name) = self.name {
            launch = launch.named(name);
        }
        for tag in self.tag {
            launch = launch.tag(tag);
        }
        if self.dry_run {
            let stack = looked_at(context)?;
            let plan = wait_for_runs(launch.on(&stack).plan())??;
            context.out.show(&plan, || Ok(format!("{plan}\n")))?;
            return Ok(Exit::Success);
        }
        let stack = context.project.choice()?.activate()?;
        if self.quiet || context.out.is_json() {
            launch = launch.quiet();
        }
        to_its_end(context, &stack, launch)
    }

    fn need(&self) -> Need {
        Need::Program
    }
}

/// The project's stack, in which nothing is written; where there is no project yet, there is nothing to hit.
fn looked_at(context: &Context) -> Result<Stack, Error> {
    match context.project.client() {
        Ok(client) => Ok(client.stack().clone()),
        Err(Error::NotFound { .. }) => Ok(Stack::in_memory()?),
        Err(error) => Err(error),
    }
}

/// Puts a parameter where it belongs.
fn parameter(parameters: &mut Map<String, Value>, info: &PipelineInfo, text: &str) -> Result<(), Error> {
    let (path, text) = text
        .split_once('=')
        .ok_or_else(|| Error::usage(format!("`{text}` is no `name=value`")))?;
    let mut names = path.split('.').map(|name| name.trim().replace('-', "_"));
    let first = names.next().unwrap_or_default();
    let value = value(info, &first, text, !path.contains('.'));
    let mut place = parameters.entry(first).or_insert(Value::Null);
    for name in names {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(fields) = place else { break };
        place = fields.entry(name).or_insert(Value::Null);
    }
    *place = value;
    Ok(())
}

/// JSON, or else a text. What has to be a text is one, whatever it looks like.
fn value(info: &PipelineInfo, name: &str, text: &str, whole: bool) -> Value {
    let known = info.parameters.iter().find(|parameter| parameter.name == name);
    let is_text = known.is_some_and(|parameter| {
        let name: String = parameter.type_name.split_whitespace().collect();
        let name = name
            .strip_prefix("Option<")
            .and_then(|name| name.strip_suffix('>'))
            .unwrap_or(&name);
        ["String", "PathBuf"]
            .iter()
            .any(|text| name.rsplit("::").next() == Some(text))
    });
    let text_value = || Value::String(text.to_owned());
    if is_text && whole {
        // As JSON writes it, or as it stands.
        return match serde_json::from_str(text) {
            Ok(Value::String(text)) => Value::String(text),
            Ok(Value::Null) => Value::Null,
            _ => text_value(),
        };
    }
    serde_json::from_str(text).unwrap_or_else(|_| text_value())
}
