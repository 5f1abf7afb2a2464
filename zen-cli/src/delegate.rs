//! Commands that need the project's own code are carried out by the project's program.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use zen_core::graph::registered_pipelines;
use zen_core::stack::{Settings, Source};

use crate::Exit;
use crate::commands::Need;
use crate::error::Error;

/// The first argument of a program that is to carry out a command, before the command's own.
pub(crate) const ARGUMENT: &str = zen_core::__private::COMMAND_ARGUMENT;

/// The variable that tells such a program by which name people called `zen`: hints name that.
pub(crate) const CALLED: &str = zen_core::__private::CALLED_VARIABLE;

/// Stands in every executable with the commands. What hasn't got it is some other program, which would do whatever it does; a script
/// that starts the project's program has it in a comment. The number rises when programs are asked otherwise.
pub(crate) static MARK: [u8; 18] = *b"zen-cli:commands:1";

/// Who carries out a command.
#[derive(Debug)]
pub(crate) enum Who {
    /// This program.
    Here,
    /// This program, since the project's can't: why not.
    Without(Error),
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
        let by_path = Path::new(&*first).components().count() > 1;
        let said = &program.source;
        match executable(folder, first) {
            // What builds it first takes seconds, and little is gained.
            Some(_) if need == Need::IfThere && !by_path => return Ok(Who::Here),
            Some(path) => {
                // What is found by its name, as `cargo run`, only leads to the program.
                match by_path.then(|| unfit(&path, said)).flatten() {
                    Some(error) if need == Need::IfThere => return Ok(Who::Without(error)),
                    Some(error) => return Err(error),
                    None => *first = path.into(),
                }
            }
            None if need == Need::IfThere => return Ok(Who::Here),
            None => {
                let path = Path::new(&*first).display();
                return Err(missing(
                    format!("the project's program `{path}`, as {said} says, isn't there"),
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

/// Why a file can't be asked to carry out commands.
fn unfit(path: &Path, said: &Source) -> Option<Error> {
    let shown = path.display();
    if !is_executable(path) {
        return Some(missing(
            format!(
                "the project's program {shown}, as {said} says, can't be started: its mode doesn't allow it"
            ),
            "allow it, as with `chmod +x`, or correct `program` in zen.toml",
        ));
    }
    // What may be executed but not read can't be looked into.
    match File::open(path).and_then(|file| is_marked(file, PIECE)) {
        Ok(false) => Some(missing(
            format!("the project's program {shown}, as {said} says, has no commands of zen"),
            "add `zen-cli` to its Cargo.toml, and make `zen_cli::run()` its main, or write `use zen_cli as _;` beside a main \
             that is marked `#[zen_core::main]`; or correct `program` in zen.toml",
        )),
        Ok(true) | Err(_) => None,
    }
}

/// How much of an executable is looked at at once.
const PIECE: u64 = 1 << 20;

/// Whether the mark is in a file, which is read piece by piece.
fn is_marked(mut file: impl Read, piece: u64) -> io::Result<bool> {
    let [first, rest @ ..] = &MARK;
    let mut seen: Vec<u8> = Vec::new();
    loop {
        // The mark may stand across two pieces.
        seen.drain(..seen.len().saturating_sub(rest.len()));
        if file.by_ref().take(piece).read_to_end(&mut seen)? == 0 {
            return Ok(false);
        }
        let mut left = seen.as_slice();
        while left.skip_until(*first)? > 0 {
            if left.starts_with(rest) {
                return Ok(true);
            }
        }
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    true
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
    program
        .args(rest)
        .arg(ARGUMENT)
        .args(arguments.iter().skip(1))
        .env(CALLED, crate::run::name());
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Who is asked when a project names a file with this content and this mode as its program.
    #[cfg(unix)]
    fn asked(need: Need, content: &[u8], mode: u32) -> Result<Who, Error> {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("zen-program-{}", uuid::Uuid::now_v7()));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("zen.toml"), "program = \"./app\"\n").unwrap();
        fs::write(folder.join("app"), content).unwrap();
        fs::set_permissions(folder.join("app"), fs::Permissions::from_mode(mode)).unwrap();
        let who = who(need, true, &Settings::at(&folder.join(".zen")).unwrap());
        fs::remove_dir_all(&folder).unwrap();
        who
    }

    #[cfg(unix)]
    #[test]
    fn only_a_program_of_zen_is_started() {
        let good = [b"#!/bin/sh\n# ", &MARK[..]].concat();
        for need in [Need::Program, Need::IfThere] {
            let who = asked(need, &good, 0o755);
            assert!(matches!(who, Ok(Who::Program(_))), "{who:?}");
        }
        for (content, mode, words) in [
            (&b"#!/bin/sh\n"[..], 0o755, "has no commands of zen"),
            (&good, 0o644, "can't be started"),
        ] {
            let error = asked(Need::Program, content, mode).unwrap_err();
            assert_eq!(error.exit(), Exit::Program);
            assert!(error.to_string().contains(words), "{error}");
            let who = asked(Need::IfThere, content, mode);
            assert!(matches!(who, Ok(Who::Without(_))), "{who:?}");
        }
    }

    #[test]
    fn the_mark_is_found_across_pieces() {
        for before in 0..40 {
            let mut bytes = vec![b'z'; before];
            bytes.extend(MARK);
            bytes.extend(b"zen-cli:commands");
            for piece in [1, 7, 18, 1000] {
                assert!(is_marked(&*bytes, piece).unwrap(), "{before} {piece}");
            }
            // Without its last byte it is none.
            bytes.remove(before + MARK.len() - 1);
            assert!(!is_marked(&*bytes, 7).unwrap(), "{before}");
        }
        assert!(!is_marked(&b""[..], 7).unwrap());
    }
}
