//! The program that is deployed is the one that runs, whatever becomes of its file.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use zen_core::prelude::*;
use zen_tests::models::Line;

use super::project::{Project, SOON};

#[test]
fn a_program_that_was_built_anew_while_it_ran_deploys_itself() {
    let project = Project::new();
    let program = project.folder().join("program");
    std::fs::copy(env!("CARGO_BIN_EXE_servant"), &program).unwrap();
    let mut running = Command::new(&program)
        .arg("line")
        .arg(project.stack.home().unwrap())
        .args(["2", "later"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(running.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "waiting\n");
    // As a build does: another file of the same name, which is no service.
    std::fs::remove_file(&program).unwrap();
    std::fs::copy("/bin/true", &program).unwrap();
    running.stdin.take().unwrap().write_all(b"go on\n").unwrap();
    line.clear();
    output.read_line(&mut line).unwrap();
    assert!(running.wait().unwrap().success());
    let service: Service<Line> = Service::find(&project.stack, line.trim().parse().unwrap()).unwrap();
    assert_eq!(service.predict_one(&1.0).unwrap(), 2.0);
    let versions = service.versions().unwrap();
    assert_eq!(
        versions[0].program.as_ref().unwrap().path,
        program.display().to_string()
    );
    // And it starts again without either file.
    std::fs::remove_file(&program).unwrap();
    service.stop(SOON, false).unwrap();
    service.start(SOON).unwrap();
    assert_eq!(service.predict_one(&1.0).unwrap(), 2.0);
}
