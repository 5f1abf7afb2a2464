//! What is looked for in arguments before they are parsed.

use std::ffi::OsString;

use clap::{Arg, ColorChoice, Command};

/// Whether `--output json` is asked for, by arguments that may not be understood.
pub(crate) fn asks_for_json(arguments: &[OsString]) -> bool {
    value_of(arguments, "--output") == Some("json")
}

/// The colours that help and usage errors have, which are written before anything else is known.
pub(crate) fn color(arguments: &[OsString]) -> ColorChoice {
    match value_of(arguments, "--color") {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

/// The value of an option: `--option value` or `--option=value`.
fn value_of<'a>(arguments: &'a [OsString], option: &str) -> Option<&'a str> {
    let mut texts = arguments.iter().map(|text| text.to_str().unwrap_or_default());
    while let Some(text) = texts.next() {
        match text.strip_prefix(option) {
            Some("") => return texts.next(),
            Some(rest) if rest.starts_with('=') => return Some(&rest[1..]),
            _ => {}
        }
    }
    None
}

/// The arguments of a command that takes `key=value`, where `--key=value` is one too, as in ZenML, wherever it stands. Such arguments lose
/// their dashes and go to the end, so that options of the command may stand between and behind them.
///
/// # Errors
/// What to say of an option that the command doesn't have, and that has no value.
pub(crate) fn with_plain_values(root: &Command, arguments: &[OsString]) -> Result<Vec<OsString>, String> {
    let mut command = root;
    let (mut kept, mut values) = (Vec::new(), Vec::new());
    let mut rest = arguments.iter().cloned();
    kept.extend(rest.next());
    while let Some(argument) = rest.next() {
        let text = argument.to_str().unwrap_or_default();
        if text == "--" {
            kept.push(argument);
            break;
        }
        let Some(long) = text.strip_prefix("--") else {
            let short = text.strip_prefix('-').filter(|short| !short.is_empty());
            let option = short.and_then(|short| short_option(root, command, short));
            command = match short {
                Some(_) => command,
                None => command.find_subcommand(text).unwrap_or(command),
            };
            kept.push(argument);
            kept.extend(
                option
                    .filter(|option| takes_value(option))
                    .and_then(|_| rest.next()),
            );
            continue;
        };
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        match (long_option(root, command, name), value) {
            (Some(option), None) => {
                let valued = takes_value(option);
                kept.push(argument);
                kept.extend(valued.then(|| rest.next()).flatten());
            }
            (None, Some(_)) if takes_keys(command) => values.push(OsString::from(long)),
            (None, None) if takes_keys(command) && name != "help" => {
                let next = rest.next().and_then(|next| next.into_string().ok());
                let value = next
                    .filter(|next| !next.starts_with('-'))
                    .unwrap_or_else(|| "VALUE".into());
                return Err(format!(
                    "there is no option `--{name}`; for a value of the configuration write `--{name}={value}`"
                ));
            }
            _ => kept.push(argument),
        }
    }
    kept.extend(rest);
    kept.extend(values);
    Ok(kept)
}

/// Whether a command takes `key=value`.
fn takes_keys(command: &Command) -> bool {
    command
        .get_positionals()
        .any(|argument| argument.get_id() == "values")
}

fn takes_value(option: &Arg) -> bool {
    option.get_action().takes_values()
}

/// What a command has, and what all have.
fn options<'a>(root: &'a Command, command: &'a Command) -> impl Iterator<Item = &'a Arg> {
    command.get_arguments().chain(root.get_arguments())
}

fn long_option<'a>(root: &'a Command, command: &'a Command, name: &str) -> Option<&'a Arg> {
    let is_it = |option: &&Arg| {
        let names = option.get_long_and_visible_aliases().unwrap_or_default();
        names.contains(&name)
    };
    options(root, command).find(is_it)
}

/// Only one that stands alone has its value in the next argument.
fn short_option<'a>(root: &'a Command, command: &'a Command, letters: &str) -> Option<&'a Arg> {
    let mut letters = letters.chars();
    let (letter, None) = (letters.next()?, letters.next()) else {
        return None;
    };
    options(root, command).find(|option| option.get_short() == Some(letter))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Args;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn options_may_stand_anywhere() {
        let cases = [
            (
                "zen model-deployer update mlflow --queue=7 --output json",
                "zen model-deployer update mlflow --output json queue=7",
            ),
            (
                "zen --home x artifact-store register --url=s3://a b -f s3 --key={{a.b}} --flavor s3 -h",
                "zen --home x artifact-store register b -f s3 --flavor s3 -h url=s3://a key={{a.b}}",
            ),
            (
                "zen artifact-store register b --type=s3 --exact-times --url=x --help",
                "zen artifact-store register b --type=s3 --exact-times --help url=x",
            ),
            // Others have no such values.
            ("zen run list --queue=7", "zen run list --queue=7"),
            (
                "zen model-deployer update a -- --queue=7",
                "zen model-deployer update a -- --queue=7",
            ),
        ];
        let root = Args::command();
        for (given, expected) in cases {
            assert_eq!(
                with_plain_values(&root, &words(given)).unwrap(),
                words(expected),
                "{given}"
            );
        }
    }

    #[test]
    fn two_words_are_answered_with_one() {
        let root = Args::command();
        let error = with_plain_values(&root, &words("zen alerter update x --queue 7")).unwrap_err();
        assert!(error.contains("write `--queue=7`"), "{error}");
        let error = with_plain_values(&root, &words("zen alerter update x --queue")).unwrap_err();
        assert!(error.contains("write `--queue=VALUE`"), "{error}");
    }

    #[test]
    fn what_is_asked_of_the_output_is_found() {
        assert!(asks_for_json(&words("zen run --output json")));
        assert!(asks_for_json(&words("zen --output=json run")));
        assert!(!asks_for_json(&words("zen run --output")));
        assert_eq!(color(&words("zen --color never -h")), ColorChoice::Never);
        assert_eq!(color(&words("zen -h --color=always")), ColorChoice::Always);
        assert_eq!(color(&words("zen -h")), ColorChoice::Auto);
    }
}
