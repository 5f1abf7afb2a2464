//! From arguments to an exit code.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use serde::Serialize;

use crate::Exit;
use crate::args::{Args, Format};
use crate::commands::{Command, Context, Need};
use crate::delegate::{self, ARGUMENT, Who};
use crate::error::Error;

/// The whole `main` of a program with the commands of zen: carries out what its arguments say.
///
/// As `#[zen_core::main]` does, it first looks whether this process was started as a worker, a service or for a schedule, and is that then.
/// So a program whose `main` is this can be started for its pipelines, models and schedules.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     zen_cli::run()
/// }
/// ```
pub fn run() -> ExitCode {
    begin(false)
}

/// As [`run`], for the command `zen` itself: commands that need the project's own code are carried out by the project's program.
pub fn run_as_zen() -> ExitCode {
    begin(true)
}

// A program whose main is marked, and which is linked with this crate, has the commands too.
zen_core::__private::inventory::submit! {
    zen_core::__private::CommandLine { run: || begin(false) }
}

fn begin(delegates: bool) -> ExitCode {
    if let Some(code) = zen_core::__private::begin_main() {
        return code;
    }
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    // Whoever was asked by `zen` asks nobody else.
    let asked = arguments.get(1).is_some_and(|argument| argument == ARGUMENT);
    if asked {
        arguments.remove(1);
    }
    carry_out(arguments, delegates && !asked).into()
}

/// Carries out a command: the arguments begin with the program's name. For programs with arguments of their own, whose `main` is marked
/// `#[zen_core::main]`; not in asynchronous code, since commands block.
pub fn run_with(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Exit {
    carry_out(arguments.into_iter().map(Into::into).collect(), false)
}

fn carry_out(arguments: Vec<OsString>, delegates: bool) -> Exit {
    let matches = Args::command().try_get_matches_from(&arguments);
    let args = match matches.and_then(|matches| Args::from_arg_matches(&matches)) {
        Ok(args) => args,
        Err(error) => return unparsed(&error, asks_for_json(&arguments)),
    };
    let format = args.global.output;
    let context = Context::new(args.global);
    let need = args.command.need();
    let who = match need {
        Need::Nothing => Ok(Who::Here),
        need => context
            .project
            .settings()
            .and_then(|settings| delegate::who(need, delegates, &settings)),
    };
    let ended = who
        .and_then(|who| match who {
            Who::Here => args.command.execute(&context),
            Who::Program(command) => delegate::become_program(&command, &arguments),
        })
        .and_then(|exit| context.out.flush().map(|()| exit));
    ended.unwrap_or_else(|error| {
        // What was said before it failed comes first.
        let _ = context.out.flush();
        if !matches!(error, Error::Closed) {
            match format {
                Format::Json => say_json(error.kind(), &error.chain(), error.help()),
                Format::Text => context.out.error(&error.chain(), error.help().as_deref()),
            }
        }
        error.exit()
    })
}

/// What people call this program.
pub(crate) fn program() -> String {
    let path = std::env::args_os().next().map(PathBuf::from);
    let name = path
        .as_deref()
        .and_then(Path::file_stem)
        .and_then(|name| name.to_str());
    name.unwrap_or("zen").to_owned()
}

/// Asked before the arguments could be understood.
fn asks_for_json(arguments: &[OsString]) -> bool {
    let texts: Vec<&str> = arguments.iter().filter_map(|text| text.to_str()).collect();
    texts.contains(&"--output=json")
        || texts
            .windows(2)
            .any(|pair| pair[0] == "--output" && pair[1] == "json")
}

/// Help and versions are no errors.
fn unparsed(error: &clap::Error, json: bool) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A reader that has left is no failure.
        let _ = error.print();
        return Exit::Success;
    }
    if json {
        let text = error.render().to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        let (message, help) = text.split_once("\n\n").unwrap_or((text, ""));
        let help = Some(help.trim().to_owned()).filter(|help| !help.is_empty());
        say_json("usage", message.trim(), help);
    } else {
        let _ = error.print();
    }
    Exit::Usage
}

/// An error as programs read it.
#[derive(Serialize)]
struct Said<'a> {
    kind: &'a str,
    message: &'a str,
    help: Option<String>,
}

fn say_json(kind: &str, message: &str, help: Option<String>) {
    #[derive(Serialize)]
    struct Outer<'a> {
        error: Said<'a>,
    }
    let error = Said { kind, message, help };
    if let Ok(text) = serde_json::to_string(&Outer { error }) {
        // Nobody can be told that the standard error is closed.
        let _ = writeln!(std::io::stderr(), "{}", zen_core::secrets::redact(&text));
    }
}
