//! What every command takes.

use std::path::PathBuf;

use zen_core::stack::{ComponentType, UnknownComponentType};

use crate::commands::Commands;

/// What zen keeps of a project: its pipelines, runs, artifacts, model servers and schedules.
///
/// Whatever has an id can be called by its first characters, and by its name where that is unique. `zen run show training` is the newest run of
/// the pipeline `training`.
#[derive(Debug, clap::Parser)]
#[command(
    version,
    propagate_version = false,
    subcommand_required = true,
    arg_required_else_help = true
)]
#[command(after_help = crate::exit::HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Commands,
}

/// Options of all commands.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// The folder that holds everything of the project [default: ZEN_HOME, else `.zen` of the project around here]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) home: Option<PathBuf>,
    /// Another stack than the active one
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) stack: Option<String>,
    /// Another value in the configuration of one of its components, as in `orchestrator.parallel=2`
    #[arg(long = "stack-value", global = true, value_name = "TYPE.KEY=VALUE", value_parser = stack_value)]
    pub(crate) stack_values: Vec<StackValue>,
    /// For people or for programs
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub(crate) output: Format,
    /// When to use colours; `auto` is on terminals, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub(crate) color: ColorChoice,
    /// Dates and times instead of `3 minutes ago`
    #[arg(long, global = true)]
    pub(crate) exact_times: bool,
}

/// A value of a component's configuration, above what settings say.
#[derive(Debug, Clone)]
pub(crate) struct StackValue {
    pub(crate) kind: ComponentType,
    pub(crate) key: String,
    pub(crate) value: String,
}

fn stack_value(text: &str) -> Result<StackValue, String> {
    let parts = text
        .split_once('=')
        .and_then(|(name, value)| Some((name.split_once('.')?, value)));
    let Some(((kind, key), value)) = parts else {
        return Err("it has the form `orchestrator.parallel=2`".to_owned());
    };
    Ok(StackValue {
        kind: kind
            .parse()
            .map_err(|error: UnknownComponentType| error.to_string())?,
        key: key.to_owned(),
        value: value.to_owned(),
    })
}

/// How the output is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Tables and text
    Text,
    /// One JSON value
    Json,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// A part of a list.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Page {
    /// At most so many
    #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// Only what comes after this one in the list: the `next` of the page before
    #[arg(long, value_name = "ID")]
    pub(crate) before: Option<String>,
}

/// Whether to ask.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Confirm {
    /// Don't ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// A time span as people write it: `90s`, `10m`, `1h30m`, `7d`.
pub(crate) fn duration(text: &str) -> Result<std::time::Duration, String> {
    let wrong = || format!("`{text}` is no time span: write `90s`, `10m`, `12h` or `7d`");
    let mut seconds = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let unit = match unit {
            "ms" => 0.001,
            "s" | "" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            "w" => 604_800.0,
            _ => return Err(wrong()),
        };
        seconds += number.parse::<f64>().map_err(|_| wrong())? * unit;
        rest = tail;
    }
    std::time::Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_are_what_people_write() {
        let seconds = |text| duration(text).unwrap().as_secs_f64();
        assert_eq!(seconds("90s"), 90.0);
        assert_eq!(seconds("1h30m"), 5400.0);
        assert_eq!(seconds("7d"), 604_800.0);
        assert_eq!(seconds("1.5m"), 90.0);
        assert_eq!(seconds("0"), 0.0);
        for wrong in ["", "x", "3 parsecs", "-1s", "1e400s", "s", "nan"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
