//! A service belongs to nobody: not to the program that started it, nor to its terminal or its files.

use std::io::Read;
use std::process::{Command, Stdio};

use zen_core::prelude::*;
use zen_tests::services::{Greeter, ask};

use super::support::{Project, SOON, eventually, is_alive, pid, project, stat};

/// Runs a program to the end of what it prints, finds the service that it says it started, and looks at its process.
#[track_caller]
fn detached(project: &Project, mut command: Command) -> Service {
    let mut starter = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Reads until everybody has closed the pipes.
    let (mut printed, mut errors) = (String::new(), String::new());
    starter
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut printed)
        .unwrap();
    starter
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut errors)
        .unwrap();
    assert!(starter.wait().unwrap().success(), "{errors}");
    let (id, port) = printed.trim().split_once(' ').unwrap();
    let service: Service = Service::find(&project.stack, id.parse().unwrap()).unwrap();
    assert_eq!(service.endpoint().unwrap().port.to_string(), port);
    let pid = pid(&service);
    assert_eq!(ask(&service).unwrap(), format!("hello 1 {pid}"));

    let fields = stat(pid).unwrap();
    assert_eq!(
        (&fields[2], &fields[3]),
        (&pid.to_string(), &pid.to_string()),
        "group, session"
    );
    assert_eq!(fields[4], "0", "it has a terminal");
    assert_ne!(fields[1], std::process::id().to_string(), "its parent");
    eventually("nothing of the starter's is open", || {
        let open = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
        let open: Vec<_> = open
            .filter_map(|entry| std::fs::read_link(entry.path()).ok())
            .collect();
        !open.is_empty()
            && open.iter().all(|file| {
                let file = file.to_string_lossy();
                !file.starts_with("pipe:") && !file.contains("starter's own")
            })
    });
    service
}

#[test]
fn it_outlives_the_program_that_started_it_and_holds_none_of_its_files() {
    let project = project();
    let service = detached(&project, project.servant("start", &["hello"]));
    assert!(service.is_running());
    service.stop(SOON, false).unwrap();
}

#[test]
fn descriptors_that_its_starter_inherited_are_closed() {
    let project = project();
    let file = project.folder().join("starter's own");
    std::fs::write(&file, "").unwrap();
    let servant = project.servant("start", &["hello"]);
    let mut shell = Command::new("bash");
    shell
        .args(["-c", r#"exec 7>&1 8>&2 9<"$0" 23<"$0"; exec "$@""#])
        .arg(&file)
        .arg(servant.get_program())
        .args(servant.get_args());
    detached(&project, shell);
}

#[test]
fn it_shares_no_group_session_or_folder_with_its_starter() {
    let project = project();
    let service = project.started(&Greeter::new("hello"));
    let pid = pid(&service);
    let own = stat(std::process::id()).unwrap();
    let its = stat(pid).unwrap();
    assert_ne!((&own[2], &own[3]), (&its[2], &its[3]));
    assert!(is_alive(pid));
    // Where it runs is the project's folder, not wherever its starter was.
    let place = std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
    assert_eq!(place, project.folder().canonicalize().unwrap());
}
