//! How a service stops: nicely, late, or by force.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use zen_core::prelude::*;
use zen_core::service::LocalOptions;
use zen_tests::services::{Greeter, Trouble, Troublemaker, Waiter, ask};

use super::support::{SOON, current, eventually, is_alive, kill, pid, processes, project};

#[test]
fn a_request_in_progress_is_answered_before_the_end() {
    let project = project();
    let service = project.started(&Waiter);
    let pid = pid(&service);
    let endpoint = service.endpoint().unwrap();
    let mut visit = BufReader::new(TcpStream::connect((endpoint.host.as_str(), endpoint.port)).unwrap());
    let mut line = String::new();
    visit.read_line(&mut line).unwrap();
    assert_eq!(line, "begun\n");
    std::thread::scope(|scope| {
        let stopping = scope.spawn(|| service.stop(SOON, false));
        eventually("it is asked to stop", || {
            service.status().unwrap().state == ServiceState::PendingShutdown
        });
        eventually("it has heard it", || {
            let log: Vec<String> = service.logs(false, None).unwrap().collect();
            log.iter().any(|line| line.contains("asked to stop"))
        });
        assert!(is_alive(pid), "it ended with a request unanswered");
        visit.get_mut().write_all(b"go on\n").unwrap();
        line.clear();
        visit.read_line(&mut line).unwrap();
        assert_eq!(line, "done\n");
        stopping.join().unwrap().unwrap();
    });
    assert!(!is_alive(pid));
    assert_eq!(service.status().unwrap().state, ServiceState::Inactive);
    assert!(!service.is_failed());
}

#[test]
fn a_service_that_does_not_stop_is_ended_after_the_timeout() {
    let project = project();
    let service = project.started(&Troublemaker(Trouble::Stubborn));
    let pid = pid(&service);
    service.stop(Duration::ZERO, false).unwrap();
    assert_eq!(
        service.status().unwrap().state,
        ServiceState::PendingShutdown,
        "only asked"
    );
    assert!(is_alive(pid));
    service.stop(Duration::from_millis(50), false).unwrap();
    assert!(!is_alive(pid));
    assert_eq!(service.status().unwrap().state, ServiceState::Inactive);
}

#[test]
fn force_ends_it_at_once() {
    let project = project();
    let service = project.started(&Troublemaker(Trouble::Stubborn));
    let pid = pid(&service);
    service.stop(SOON, true).unwrap();
    assert!(!is_alive(pid));
    let log: Vec<String> = service.logs(false, None).unwrap().collect();
    assert!(!log.iter().any(|line| line.contains("asked to stop")), "{log:?}");
}

#[test]
fn a_service_that_blocks_all_its_threads_ends_when_its_time_to_drain_is_over() {
    let project = project();
    let options = LocalOptions {
        worker_threads: Some(1),
        drain: Duration::from_millis(10),
        ..LocalOptions::default()
    };
    let service = Service::local_with(
        &project.stack,
        "blocked",
        &Troublemaker(Trouble::Stubborn),
        options,
    )
    .unwrap();
    service.start(SOON).unwrap();
    let first = pid(&service);
    service.stop(SOON, false).unwrap();
    assert!(!is_alive(first));
    let log: Vec<String> = service.logs(false, None).unwrap().collect();
    assert!(
        log.last().unwrap().contains("its time to drain is over"),
        "it was killed: {log:?}"
    );

    service.start(SOON).unwrap();
    let second = pid(&service);
    service.update(&Greeter::new("hello"), SOON).unwrap();
    eventually("the version that was replaced ends", || !is_alive(second));
    assert!(ask(&service).unwrap().starts_with("hello 3 "));
}

#[test]
fn stopping_is_no_harm_to_what_does_not_run() {
    let project = project();
    let service = project.service(&Greeter::new("hello"));
    service.stop(SOON, false).unwrap();
    assert_eq!(service.status().unwrap().state, ServiceState::Inactive);
    service.start(SOON).unwrap();
    service.start(SOON).unwrap();
    assert_eq!(
        processes(service.id()).len(),
        1,
        "a running service is not started again"
    );
    kill(pid(&service));
    service.stop(SOON, false).unwrap();
    service.stop(SOON, true).unwrap();
    assert_eq!(service.status().unwrap().state, ServiceState::Inactive);
    assert!(current(&service).ended.is_some());
}

#[test]
fn times_without_end() {
    let project = project();
    let options = LocalOptions {
        drain: Duration::MAX,
        ..LocalOptions::default()
    };
    let service = Service::local_with(&project.stack, "patient", &Greeter::new("v1"), options).unwrap();
    service.start(Duration::MAX).unwrap();
    let first = pid(&service);
    service.update(&Greeter::new("v2"), Duration::MAX).unwrap();
    assert!(ask(&service).unwrap().starts_with("v2 2 "));
    eventually("the version that was replaced ends", || !is_alive(first));
    service.rollback(Duration::MAX).unwrap();
    service.stop(Duration::MAX, false).unwrap();
    assert_eq!(service.status().unwrap().state, ServiceState::Inactive);
    service.delete(Duration::MAX, false).unwrap();
}
