//! Commands that need the project's own code are carried out by the project's program.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use zen_core::graph::registered_pipelines;
use zen_core::stack::Settings;

use crate::Exit;
use crate::commands::Need;
use crate::error::Error;

/// The first argument of a program that is to carry out a command, before the command's own.
pub(crate) const ARGUMENT: &str = zen_core::__private::COMMAND_ARGUMENT;

/// Who carries out a command.
#[derive(Debug)]
pub(crate) enum Who {
    /// This program.
    Here,
    /// The project's.
    Program(Vec<OsString>),
}

/// Who carries out a command that needs this. `delegates` is false for a program of a user, which has the code.
pub(crate) fn who(need: Need, delegates: bool, settings: &Settings) -> Result<Who, Error> {
    if need == Need::Nothing || !delegates {
        return Ok(Who::Here);
    }
    let Some(program) = settings.program() else {
        return match need {
            Need::Program if registered_pipelines().is_empty() => Err(missing(
                "this command needs the project's program, and no zen.toml names it",
                "write `program = \"target/debug/my-program\"` into zen.toml; its main is `zen_cli::run()`, or marked \
                 `#[zen_core::main]` in a crate with `use zen_cli as _;`",
            )),
            _ => Ok(Who::Here),
        };
    };
    let folder = settings.project_file().parent().unwrap_or(Path::new("."));
    let mut command: Vec<OsString> = program.command.iter().map(OsString::from).collect();
    if let Some(first) = command.first_mut() {
        match executable(folder, first) {
            // What builds it first takes seconds, and little is gained.
            Some(_) if need == Need::IfThere && Path::new(&*first).components().count() == 1 => {
                return Ok(Who::Here);
            }
            Some(path) => *first = path.into(),
            None if need == Need::IfThere => return Ok(Who::Here),
            None => {
                let path = Path::new(&*first).display();
                return Err(missing(
                    format!(
                        "the project's program `{path}`, as {} says, isn't there",
                        program.source
                    ),
                    "build it, as with `cargo build`, or correct `program` in zen.toml",
                ));
            }
        }
    }
    Ok(Who::Program(command))
}

fn missing(message: impl Into<String>, help: impl Into<String>) -> Error {
    Error::Program {
        message: message.into(),
        help: help.into(),
    }
}

/// Where an executable is: a path from the project's folder on, or a word that the system looks for.
fn executable(folder: &Path, name: &OsString) -> Option<PathBuf> {
    let path = Path::new(name);
    if path.components().count() > 1 {
        let path = folder.join(path);
        return path.is_file().then_some(path);
    }
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths)
        .map(|folder| folder.join(path))
        .find(|path| path.is_file())
}

/// Becomes the project's program.
pub(crate) fn become_program(command: &[OsString], arguments: &[OsString]) -> Result<Exit, Error> {
    let Some((first, rest)) = command.split_first() else {
        return Err(missing(
            "`program` in zen.toml is empty",
            "name the project's executable there",
        ));
    };
    let mut program = std::process::Command::new(first);
    program.args(rest).arg(ARGUMENT).args(arguments.iter().skip(1));
    let failed = |error: std::io::Error| {
        missing(
            format!(
                "the project's program {} can't be started: {error}",
                Path::new(first).display()
            ),
            "correct `program` in zen.toml",
        )
    };
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        // Signals, the terminal and the exit code are the program's from here on.
        Err(failed(program.exec()))
    }
    #[cfg(not(unix))]
    {
        let status = program.status().map_err(failed)?;
        std::process::exit(status.code().unwrap_or(1));
    }
}
