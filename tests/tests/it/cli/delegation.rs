//! The command `zen` has no pipelines: the project's program carries out what needs some.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::project::{Project, Said};
use super::terminal::on_terminal;
use crate::support::eventually;

const OUTER: &str = env!("CARGO_BIN_EXE_outer");

/// A project whose program is this one.
fn of_program(program: &str) -> Project {
    Project::described(&format!("program = {program:?}\n"))
}

fn outer(project: &Project, arguments: &[&str]) -> Command {
    project.program(OUTER, arguments)
}

fn said(project: &Project, arguments: &[&str]) -> Said {
    Said::of(outer(project, arguments).output().unwrap())
}

const RUN: &[&str] = &["pipeline", "run", "apart", "--param", "count=3"];

#[test]
fn what_needs_the_project_s_code_is_done_by_its_program() {
    for program in [env!("CARGO_BIN_EXE_command"), env!("CARGO_BIN_EXE_marked")] {
        let project = of_program(program);
        let run = said(&project, &[RUN, &["--output=json"]].concat());
        assert_eq!(
            (run.json()["status"].as_str(), run.err.as_str()),
            (Some("completed"), "")
        );
        let listed = said(&project, &["pipeline", "list", "--limit=1000", "--output=json"]).json();
        let found = listed["pipelines"].as_array().unwrap().iter();
        let runs: Vec<_> = found
            .filter(|one| ["apart", "commanded"].contains(&one["name"].as_str().unwrap()))
            .map(|one| one["runs"].clone())
            .collect();
        assert_eq!(runs, [json!(1), json!(0)]);
        // What goes wrong there ends this one in the same way, and is said by it.
        let wrong = said(
            &project,
            &["pipeline", "run", "apart", "--param=count=x", "--output=json"],
        );
        assert_eq!((wrong.code, wrong.error()["kind"].as_str()), (2, Some("usage")));
        assert_eq!(said(&project, &["pipeline", "run", "aprt"]).code, 3);
        let folder = format!("--param=folder={}", project.folder().display());
        let failed = said(&project, &["pipeline", "run", "guarding", &folder, "--quiet"]);
        assert_eq!(failed.code, 1);
        assert!(failed.err.contains("the gate is closed"), "{}", failed.err);
        fs::write(project.folder().join("gate"), "").unwrap();
        assert_eq!(said(&project, &["run", "resume", "guarding", "-q"]).code, 0);
        assert_eq!(said(&project, &["schedule", "run", "--for=0s"]).code, 0);
        // From a folder inside, the program is found as from the project's.
        let inside = project.folder().join("a/b");
        fs::create_dir_all(&inside).unwrap();
        let run = outer(&project, RUN).current_dir(inside).output().unwrap();
        assert_eq!(Said::of(run).code, 0);
    }
}

#[test]
fn an_interrupt_reaches_the_program() {
    let project = of_program(env!("CARGO_BIN_EXE_command"));
    let folder = format!("--param=folder={}", project.folder().display());
    let mut command = outer(&project, &["pipeline", "run", "lingering", &folder]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let journal = project.folder().join("journal");
    eventually("the step waits", || {
        fs::read_to_string(&journal).is_ok_and(|text| text.contains("waiting"))
    });
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ended = Said::of(child.wait_with_output().unwrap());
    assert_eq!(ended.code, 4, "{}", ended.err);
    let run = said(&project, &["run", "show", "lingering", "--output=json"]).json();
    assert_eq!(run["status"], "cancelled");
    // On a terminal, it is the program's.
    let (code, seen) = on_terminal(outer(&project, RUN), 80, "");
    assert!(code == 0 && seen.contains("completed"), "{seen}");
}

/// A path of the program begins at the project's folder; a word is looked for as in a shell; a list has arguments.
#[test]
fn the_program_is_found() {
    let copy = |project: &Project| {
        let folder = project.folder().join("bin");
        fs::create_dir(&folder).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_command"), folder.join("app")).unwrap();
        folder
    };
    let relative = of_program("bin/app");
    copy(&relative);
    let inside = relative.folder().join("inside");
    fs::create_dir(&inside).unwrap();
    let run = outer(&relative, RUN).current_dir(inside).output().unwrap();
    assert_eq!(Said::of(run).code, 0);

    let word = of_program("app");
    let path = copy(&word);
    let run = outer(&word, RUN).env("PATH", &path).output().unwrap();
    assert_eq!(Said::of(run).code, 0);

    let list = Project::described(
        "program = [\"sh\", \"-c\", \"echo $1 $2 >told; exec bin/app \\\"$@\\\"\", \"app\"]\n",
    );
    copy(&list);
    let run = said(&list, RUN);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(
        fs::read_to_string(list.folder().join("told")).unwrap(),
        "--zen-cli pipeline\n"
    );
}

#[track_caller]
fn refused(project: &Project, words: &[&str]) {
    let one = said(project, RUN);
    assert_eq!((one.code, one.out.as_str()), (6, ""), "{}", one.err);
    for words in words {
        assert!(one.err.contains(words), "{}", one.err);
    }
    let one = said(project, &[RUN, &["--output=json"]].concat());
    assert_eq!((one.code, one.error()["kind"].as_str()), (6, Some("program")));
    assert!(one.error()["help"].as_str().is_some());
    // What needs no program works without.
    for arguments in [
        &["stack", "list"][..],
        &["stack", "get"],
        &["stack", "describe"],
        &["stack", "check"],
        &["artifact-store", "list"],
        &["artifact-store", "flavor", "list"],
        &["model-deployer", "flavor", "describe", "native"],
        &["pipeline", "list"],
        &["run", "list"],
        &["status"],
        &["secret", "list"],
        &["version"],
    ] {
        let one = said(project, arguments);
        assert_eq!(one.code, 0, "{arguments:?}: {}", one.err);
    }
}

#[test]
fn a_program_that_is_missing_is_said() {
    let none = Project::described("");
    refused(
        &none,
        &["no zen.toml names it", "write `program = ", "zen_cli::run()"],
    );
    let gone = of_program("target/debug/app");
    refused(&gone, &["target/debug/app", "zen.toml:1", "cargo build"]);
    let word = of_program("no-such-program-anywhere");
    refused(&word, &["no-such-program-anywhere", "zen.toml:1"]);
    let folder = of_program("./folder");
    fs::create_dir(folder.folder().join("folder")).unwrap();
    refused(&folder, &["folder", "zen.toml:1"]);
    let file = |content: &str, mode: u32| {
        let project = of_program("./app");
        let path = project.folder().join("app");
        fs::write(&path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        project
    };
    let help = ["app", "can't be started", "correct `program`"];
    refused(&file("#!/bin/sh\n", 0o644), &help);
    // It says that it has the commands.
    refused(
        &file("#!/nowhere/interpreter\n# zen-cli:commands:1\n", 0o755),
        &help,
    );
    // What more the program would know is left out, and that is said.
    let listed = said(&file("", 0o644), &["artifact-store", "flavor", "list"]);
    assert!(listed.code == 0 && listed.out.contains("local"), "{}", listed.err);
    assert!(listed.err.contains("can't be started"), "{}", listed.err);
}

/// Without a project there is nobody to ask, and nothing is made.
#[test]
fn no_project_no_program() {
    let project = Project::empty();
    let one = said(&project, RUN);
    assert_eq!((one.code, one.out.as_str()), (6, ""), "{}", one.err);
    assert!(!project.home().exists());
}

/// Named as its own program, it doesn't ask itself for ever.
#[test]
fn the_command_is_not_its_own_program() {
    let project = of_program(OUTER);
    let one = said(&project, RUN);
    assert_eq!(one.code, 3, "{}", one.err);
    assert!(one.err.contains("no pipeline `apart`"), "{}", one.err);
}

#[test]
fn a_marked_main_has_the_commands_when_they_are_linked() {
    let project = Project::empty();
    let marked = |arguments: &[&str]| {
        let mut command = project.program(env!("CARGO_BIN_EXE_marked"), arguments);
        Said::of(command.output().unwrap())
    };
    assert_eq!(marked(&[]).out, "the program's own main\n");
    assert_eq!(marked(&["stack", "list"]).out, "the program's own main\n");
    let version = marked(&["--zen-cli", "version", "--output=json"]);
    assert!(version.json().is_object());
    assert_eq!(marked(&[&["--zen-cli"], RUN].concat()).code, 0);
    assert_eq!(marked(&["--zen-cli", "run", "lits"]).code, 2);

    let unlinked = of_program(env!("CARGO_BIN_EXE_servant"));
    let one = said(&unlinked, RUN);
    assert_eq!((one.code, one.out.as_str()), (6, ""), "{}", one.err);
    assert!(one.err.contains("`use zen_cli as _;`"), "{}", one.err);
    assert!(Path::new(env!("CARGO_BIN_EXE_servant")).exists());
}
