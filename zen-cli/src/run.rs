//! From arguments to an exit code.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use crate::Exit;
use crate::args::Args;
use crate::arguments::{asks_for_json, color, with_plain_values};
use crate::commands::{Command, Commands, Context, Need};
use crate::delegate::{self, ARGUMENT, CALLED, MARK, Who};
use crate::output::out::say_json;

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
    // Kept in the executable, where `zen` looks for it before it starts a program.
    std::hint::black_box(&MARK);
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    // Whoever was asked by `zen` asks nobody else.
    let asked = arguments.get(1).is_some_and(|argument| argument == ARGUMENT);
    if asked {
        arguments.remove(1);
        let called = std::env::var(CALLED).ok().filter(|name| !name.is_empty());
        // Set once: a process begins once.
        let _ = WORDS.set(called.unwrap_or_else(|| format!("{} {ARGUMENT}", name())));
    }
    carry_out(arguments, delegates && !asked).into()
}

/// What people typed before the command's own words, when it isn't the name of this program.
static WORDS: OnceLock<String> = OnceLock::new();

/// Carries out a command: the arguments begin with the program's name. For programs with arguments of their own, whose `main` is marked
/// `#[zen_core::main]`; not in asynchronous code, since commands block.
pub fn run_with(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Exit {
    carry_out(arguments.into_iter().map(Into::into).collect(), false)
}

fn carry_out(arguments: Vec<OsString>, delegates: bool) -> Exit {
    let command = Args::command().color(color(&arguments));
    let matches = match with_plain_values(&command, &arguments) {
        Ok(arguments) => command.try_get_matches_from(arguments),
        Err(message) => Err(clap::Error::raw(ErrorKind::UnknownArgument, message + "\n")),
    };
    let args = match matches.and_then(|matches| Args::from_arg_matches(&matches)) {
        Ok(args) => args,
        Err(error) => return unparsed(&error, asks_for_json(&arguments)),
    };
    let context = Context::new(args.global);
    let need = args.command.need();
    let who = match need {
        Need::Nothing => Ok(Who::Here),
        need => context
            .project
            .settings()
            .and_then(|settings| delegate::who(need, delegates, &settings)),
    };
    // `init` says itself what it makes.
    let unmade = !matches!(args.command, Commands::Init(_)) && !context.project.home().exists();
    let ended = who
        .and_then(|who| match who {
            Who::Here => args.command.execute(&context).inspect(|_| {
                let home = context.project.home();
                if unmade && home.exists() {
                    context.out.hint(&format!("made {}", home.display()));
                }
            }),
            Who::Without(error) => {
                // Said, since what the program has is missing in what follows.
                context.out.hint(&error.to_string());
                args.command.execute(&context)
            }
            Who::Program(command) => match delegate::become_program(&command, &arguments) {
                Err(error) if need == Need::IfThere => {
                    context.out.hint(&error.to_string());
                    args.command.execute(&context)
                }
                other => other,
            },
        })
        .and_then(|exit| context.out.flush().map(|()| exit));
    ended.unwrap_or_else(|error| {
        // What was said before it failed comes first.
        let _ = context.out.flush();
        context.out.fail(&error);
        error.exit()
    })
}

/// What people type before the words of a command, in what is said to them.
pub(crate) fn program() -> String {
    WORDS.get().cloned().unwrap_or_else(name)
}

/// What this program was started as.
pub(crate) fn name() -> String {
    let path = std::env::args_os().next().map(PathBuf::from);
    let name = path
        .as_deref()
        .and_then(Path::file_stem)
        .and_then(|name| name.to_str());
    name.unwrap_or("zen").to_owned()
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
