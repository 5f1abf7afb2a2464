//! On a terminal: widths, colours, questions; and readers that leave.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::project::Project;

/// Runs a command on a terminal of so many columns, where somebody types `input`; returns its code and all that it wrote.
pub fn on_terminal(mut command: Command, columns: u16, input: &str) -> (i32, String) {
    let (mut master, mut child) = started(&mut command, columns);
    // The terminal ends with the last process that has it open, and this one is none of them.
    drop(command);
    master.write_all(input.as_bytes()).unwrap();
    let seen = to_its_end(&mut master);
    (child.wait().unwrap().code().unwrap(), seen)
}

/// Runs a command on a terminal where somebody types an answer when a question is there.
pub fn answering(mut command: Command, question: &str, answer: &str) -> (i32, String) {
    let (mut master, mut child) = started(&mut command, 80);
    drop(command);
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(question.as_bytes()) {
        assert_eq!(
            master.read(&mut byte).unwrap(),
            1,
            "{}",
            String::from_utf8_lossy(&seen)
        );
        seen.push(byte[0]);
    }
    master.write_all(answer.as_bytes()).unwrap();
    let seen = String::from_utf8(seen).unwrap() + &to_its_end(&mut master);
    (child.wait().unwrap().code().unwrap(), seen)
}

fn started(command: &mut Command, columns: u16) -> (File, Child) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let size = Winsize {
        ws_row: 50,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&master, size).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let name = PathBuf::from(std::ffi::OsStr::from_bytes(name.to_bytes()));
    let slave = || Stdio::from(File::options().read(true).write(true).open(&name).unwrap());
    command.stdin(slave()).stdout(slave()).stderr(slave());
    (File::from(master), command.spawn().unwrap())
}

/// What is written until the other end is closed: reading fails then.
fn to_its_end(master: &mut File) -> String {
    let mut seen = Vec::new();
    let mut block = [0; 4096];
    while let Ok(read @ 1..) = master.read(&mut block) {
        seen.extend_from_slice(&block[..read]);
    }
    String::from_utf8(seen).unwrap()
}

/// Without what only colours it.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain += before;
        rest = after
            .split_once(|c: char| c.is_ascii_alphabetic())
            .map_or("", |(_, rest)| rest);
    }
    plain + rest
}

/// No line is wider than the terminal, and those of tables are complete.
#[track_caller]
pub fn fits(command: Command, columns: u16) -> String {
    let what = format!("{command:?} at {columns}");
    let (code, seen) = on_terminal(command, columns, "");
    assert_eq!(code, 0, "{what}: {seen}");
    let mut screen = vt100::Parser::new(200.try_into().unwrap(), columns.try_into().unwrap(), 0);
    screen.process(seen.as_bytes());
    let screen = screen.screen();
    for row in 0..200 {
        assert!(!screen.row_wrapped(row), "{what}:\n{}", screen.contents());
    }
    let seen = plain(&seen);
    for line in seen.lines().filter(|line| line.starts_with('┃')) {
        assert!(line.trim_end().ends_with('┃'), "{what}: {line}");
    }
    seen
}

#[tokio::test]
async fn no_line_is_wider_than_the_terminal() {
    let project = Project::new().await;
    let runs = project.runs("summary");
    let commands = [
        vec!["run", "list"],
        vec!["run", "show", "summary"],
        vec!["run", "show", "failing"],
        vec!["run", "compare", &runs[0], &runs[1]],
        vec!["pipeline", "list"],
        vec!["pipeline", "describe", "summary"],
        vec!["artifact", "list"],
        vec!["artifact", "describe", "summary.rows"],
        vec!["artifact", "versions", "summary.rows"],
        vec!["artifact", "lineage", "summary.report"],
        vec!["status"],
    ];
    for columns in [40, 80, 200] {
        for command in &commands {
            fits(project.command(command), columns);
        }
    }
    let narrow = fits(project.command(&["run", "list"]), 40);
    assert!(
        narrow.contains("✓ completed") && narrow.contains("STATUS") && !narrow.contains("NAME"),
        "{narrow}"
    );
}

#[tokio::test]
async fn colours_are_for_terminals_that_want_them() {
    let project = Project::new().await;
    let list = ["run", "list"];
    let coloured = |(code, seen): (i32, String)| {
        assert_eq!(code, 0, "{seen}");
        seen.contains("\x1b[")
    };
    assert!(coloured(on_terminal(project.command(&list), 80, "")));
    let mut unwanted = project.command(&list);
    unwanted.env("NO_COLOR", "1");
    assert!(!coloured(on_terminal(unwanted, 80, "")));
    assert!(!coloured(on_terminal(
        project.command(&["run", "list", "--color", "never"]),
        80,
        ""
    )));
    assert!(!project.zen(&list).out.contains("\x1b["));
    assert!(
        project
            .zen(&["run", "list", "--color=always"])
            .out
            .contains("\x1b[32m")
    );
}

#[tokio::test]
async fn a_question_is_answered_on_the_terminal() {
    let project = Project::with_more().await;
    let prune = ["artifact", "prune", "--keep-last", "1"];
    for no in ["n\n", "\n", "maybe\n"] {
        let (code, seen) = on_terminal(project.command(&prune), 80, no);
        assert_eq!(code, 4, "{seen}");
        assert!(seen.contains("Remove this? [y/N]"), "{seen}");
        assert_eq!(project.runs("lonely").len(), 2);
    }
    let (code, seen) = on_terminal(project.command(&prune), 80, "y\n");
    assert_eq!(code, 0, "{seen}");
    assert_eq!(project.runs("lonely").len(), 1);
}

/// Who interrupts a question that doesn't show the answer declines, and the terminal shows again what is typed.
#[test]
fn an_interrupted_secret_leaves_the_terminal_as_it_was() {
    let project = Project::empty();
    assert_eq!(project.zen(&["init"]).code, 0);
    let set = ["secret", "set", "aws", "key"];
    for key in ["\x03", "hal\x03", "\x1c", "\x04"] {
        let (code, seen, echoes) = asked(project.command(&set), "(not shown): ", key);
        assert_eq!((code, echoes), (4, true), "{key:?}: {seen}");
        assert!(!project.home().join("secrets.toml").exists());
    }
    let (code, seen, echoes) = asked(project.command(&set), "(not shown): ", "whoels\x7f\x7fe\n");
    assert_eq!((code, echoes), (0, true), "{seen}");
    assert!(!seen.contains("who"), "{seen}");
    let kept = project.zen(&["secret", "get", "aws", "key", "--show"]);
    assert_eq!(kept.out, "whoee\n");
}

/// Types when it is asked; returns the code, all that was seen, and whether the terminal shows afterwards what is typed.
fn asked(mut command: Command, question: &str, keys: &str) -> (i32, String, bool) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let name = PathBuf::from(std::ffi::OsStr::from_bytes(name.to_bytes()));
    let slave = File::options().read(true).write(true).open(&name).unwrap();
    let theirs = || Stdio::from(slave.try_clone().unwrap());
    command.stdin(theirs()).stdout(theirs()).stderr(theirs());
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut master = File::from(master);
    let mut seen = String::new();
    let mut block = [0; 4096];
    while !seen.contains(question) {
        let read = master.read(&mut block).unwrap();
        seen += std::str::from_utf8(&block[..read]).unwrap();
    }
    master.write_all(keys.as_bytes()).unwrap();
    let code = child.wait().unwrap().code().unwrap();
    let modes = rustix::termios::tcgetattr(&slave).unwrap().local_modes;
    let echoes = modes.contains(rustix::termios::LocalModes::ECHO | rustix::termios::LocalModes::ISIG);
    drop(slave);
    while let Ok(read @ 1..) = master.read(&mut block) {
        seen += std::str::from_utf8(&block[..read]).unwrap();
    }
    (code, seen, echoes)
}

#[tokio::test]
async fn a_reader_may_leave() {
    let project = Project::new().await;
    for (arguments, code) in [
        (&["run", "list"][..], 0),
        (&["run", "show", "summary", "--output", "json"], 0),
        (&["stack", "list"], 0),
        (&["stack", "describe", "--output", "json"], 0),
        (&["artifact-store", "flavor", "list"], 0),
        (&["secret", "list", "--output", "json"], 0),
        (&["pipeline", "describe", "commanded"], 0),
        (&["pipeline", "run", "commanded", "--help"], 0),
        (&["completion", "bash"], 0),
        (&["--help"], 0),
        // Only that nobody reads it is no failure.
        (&["run", "show", "failing", "--check"], 1),
        (&["run", "logs", "-f", "failing"], 1),
    ] {
        let mut command = project.command(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Whoever read it has left before anything was written.
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{arguments:?}");
        // How a followed run ended is a hint, and no error.
        let hint = if arguments.contains(&"logs") {
            "the run is failed\n"
        } else {
            ""
        };
        assert_eq!(said, hint, "{arguments:?}");
    }
}
