//! Whatever happened to its process and files: what is said of a service is the case.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::time::Duration;

use zen_core::metadata::Change;
use zen_core::prelude::*;
use zen_tests::services::{Greeter, Scribe, Waiter, ask};

use super::support::{SOON, current, edit, eventually, is_alive, kill, pid, processes, project, signal};

#[test]
fn killed_and_started_again_at_the_same_url() {
    let project = project();
    let service = project.started(&Greeter::new("hello"));
    let url = service.endpoint();
    for round in 2..5 {
        let pid = pid(&service);
        kill(pid);
        assert!(service.is_failed() && !service.is_running());
        let status = service.status().unwrap();
        let error = status.last_error.unwrap();
        assert!(error.contains(&format!("its process {pid} is gone")), "{error}");
        assert!(
            error.contains("the last line of its log: loading the greeting"),
            "{error}"
        );
        service.start(SOON).unwrap();
        assert_eq!(service.endpoint(), url);
        assert!(ask(&service).unwrap().starts_with(&format!("hello {round} ")));
        assert_eq!(service.status().unwrap().last_error, None);
        assert!(service.is_running());
    }
}

#[test]
fn a_port_that_was_taken_meanwhile_is_left_to_who_has_it() {
    let project = project();
    let service = project.started(&Greeter::new("hello"));
    let before = service.endpoint().unwrap();
    service.stop(SOON, false).unwrap();
    let taken = std::net::TcpListener::bind((before.host.as_str(), before.port)).unwrap();
    service.start(SOON).unwrap();
    assert_ne!(service.endpoint().unwrap().port, before.port);
    assert!(ask(&service).unwrap().starts_with("hello 2 "));
    drop(taken);
}

#[test]
fn after_the_machine_was_started_anew() {
    let project = project();
    let stopped = project.started(&Greeter::new("stopped"));
    stopped.stop(SOON, false).unwrap();
    let running = project.started(&Greeter::new("running"));
    kill(pid(&running));
    for service in [&stopped, &running] {
        edit(service, |version| {
            version.process.as_mut().unwrap().boot = "before".into()
        });
    }
    assert_eq!(stopped.status().unwrap().state, ServiceState::Inactive);
    let status = running.status().unwrap();
    assert_eq!(status.state, ServiceState::Error);
    assert!(status.last_error.unwrap().contains("the machine was restarted"));
    for service in [&stopped, &running] {
        service.start(SOON).unwrap();
        assert!(service.is_running());
    }
}

#[test]
fn a_service_whose_folder_is_removed_goes_on_and_logs_again() {
    let project = project();
    let service = project.started(&Scribe);
    std::fs::remove_dir_all(project.home().join("services")).unwrap();
    assert!(service.is_running());
    assert!(service.logs(false, None).is_err(), "what is gone is gone");
    let endpoint = service.endpoint().unwrap();
    let mut visit = BufReader::new(TcpStream::connect((endpoint.host.as_str(), endpoint.port)).unwrap());
    eventually("what it says is in its log", || {
        visit.get_mut().write_all(b"still here\n").unwrap();
        let mut answer = String::new();
        visit.read_line(&mut answer).unwrap();
        assert_eq!(answer, "written\n");
        service
            .logs(false, None)
            .is_ok_and(|mut lines| lines.any(|line| line == "still here"))
    });
}

#[test]
fn a_service_whose_folder_is_gone_starts() {
    let project = project();
    let service = project.started(&Greeter::new("hello"));
    kill(pid(&service));
    std::fs::remove_dir_all(project.folder_of(&service)).unwrap();
    assert!(service.is_failed());
    service.start(SOON).unwrap();
    assert!(
        service
            .logs(false, None)
            .unwrap()
            .any(|line| line == "loading the greeting")
    );
}

#[test]
fn a_full_disk_ends_no_service() {
    let project = project();
    let service = project.service(&Waiter);
    let folder = project.folder_of(&service);
    std::fs::create_dir_all(&folder).unwrap();
    symlink("/dev/full", folder.join("v1.log")).unwrap();
    symlink("/dev/full", folder.join("v2.log")).unwrap();
    service.start(SOON).unwrap();
    let first = pid(&service);
    service.update(&Waiter, SOON).unwrap();
    assert!(service.is_running());
    eventually("the first one retires", || !is_alive(first));
    let second = pid(&service);
    service.stop(SOON, false).unwrap();
    assert!(!is_alive(second));
}

#[test]
fn one_that_was_replaced_and_hangs_is_ended_by_a_later_change() {
    let project = project();
    let service = project.started(&Greeter::new("v1"));
    let (first, mut version) = (pid(&service), current(&service));
    signal(first, "STOP");
    // It can't hand its port over, so the next one has another.
    service.update(&Greeter::new("v2"), SOON).unwrap();
    assert!(ask(&service).unwrap().starts_with("v2 2 "));
    assert!(is_alive(first), "it may still have something to answer");
    // As if that had been an hour ago.
    version.ended = Some(version.started - Duration::from_secs(3600));
    let change = Change::ServiceVersion(Box::new(version));
    project.stack.metadata().apply(&[change]).unwrap();
    service.update(&Greeter::new("v3"), SOON).unwrap();
    assert!(!is_alive(first));
    eventually("one is left", || processes(service.id()) == [pid(&service)]);
}
