//! New versions behind the same URL.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use zen_core::prelude::*;
use zen_core::service::ServiceError;
use zen_tests::services::{Greeter, Trouble, Troublemaker, ask};

use super::support::{SOON, eventually, pid, processes, project};

#[test]
fn no_connection_is_refused_while_versions_replace_each_other() {
    let project = project();
    let service = project.started(&Greeter::new("version"));
    let endpoint = service.endpoint().unwrap();
    let address = (endpoint.host.clone(), endpoint.port);
    let done = AtomicBool::new(false);
    // Sets it also when the test panics: the visitors would go on for ever.
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let seen = std::thread::scope(|scope| {
        let visit = || {
            let mut versions = BTreeSet::new();
            while !done.load(Ordering::SeqCst) {
                let mut stream = TcpStream::connect((address.0.as_str(), address.1)).unwrap();
                let mut text = String::new();
                stream.read_to_string(&mut text).unwrap();
                let number = text.split(' ').nth(1).unwrap_or_else(|| panic!("said {text:?}"));
                versions.insert(number.parse::<u32>().unwrap());
                std::thread::sleep(Duration::from_millis(1));
            }
            versions
        };
        let visitors = [0; 2].map(|_| scope.spawn(visit));
        let finish = Done(&done);
        for _ in 0..10 {
            service.update(&Greeter::new("version"), SOON).unwrap();
            assert_eq!(service.endpoint().unwrap(), endpoint);
            let version = service.record().unwrap().version;
            // Who comes after the update meets the new version.
            assert!(ask(&service).unwrap().starts_with(&format!("version {version} ")));
        }
        drop(finish);
        visitors.map(|visitor| visitor.join().unwrap())
    });
    let live: BTreeSet<u32> = service
        .versions()
        .unwrap()
        .iter()
        .filter(|version| version.live.is_some())
        .map(|version| version.number)
        .collect();
    assert_eq!(live, (1..=11).collect());
    assert!(seen.iter().all(|versions| versions.is_subset(&live)));
    eventually("one is left", || processes(service.id()) == [pid(&service)]);
}

#[test]
fn a_version_that_does_not_start_changes_nothing() {
    let project = project();
    let service = project.started(&Greeter::new("hello"));
    let (url, process) = (service.endpoint(), pid(&service));
    for trouble in [
        Trouble::Fail("no cellar".into()),
        Trouble::Exit(3),
        Trouble::Abort,
        Trouble::Panic,
        Trouble::Hang,
    ] {
        let timeout = match trouble {
            Trouble::Hang => Duration::from_secs(2),
            _ => SOON,
        };
        let error = service
            .update(&Troublemaker(trouble), timeout)
            .unwrap_err()
            .to_string();
        assert_eq!(ask(&service).unwrap(), format!("hello 1 {process}"));
        let status = service.status().unwrap();
        assert_eq!(
            (status.state, status.last_error),
            (ServiceState::Active, Some(error))
        );
        assert!(service.is_running());
        let record = service.record().unwrap();
        assert_eq!(
            (record.version, record.kind.as_str(), record.endpoint),
            (1, "greeter", url.clone())
        );
        assert_eq!(processes(service.id()), [process]);
    }
    // What it is started with again is what ran.
    service.stop(SOON, false).unwrap();
    service.start(SOON).unwrap();
    assert!(ask(&service).unwrap().starts_with("hello 7 "));
    assert_eq!(service.status().unwrap().last_error, None);
}

#[test]
fn going_back() {
    let project = project();
    let service = project.started(&Greeter::new("first"));
    let error = service.rollback(SOON).unwrap_err();
    assert!(
        matches!(error, ServiceError::NoEarlierVersion { .. }),
        "{error:?}"
    );
    let url = service.endpoint();
    service.update(&Greeter::new("second"), SOON).unwrap();
    service.update(&Troublemaker(Trouble::Exit(1)), SOON).unwrap_err();
    service.rollback(SOON).unwrap();
    assert!(
        ask(&service).unwrap().starts_with("first 4 "),
        "not to the one that never ran"
    );
    service.rollback(SOON).unwrap();
    assert!(ask(&service).unwrap().starts_with("second 5 "));
    assert_eq!(service.endpoint(), url);
    // Also from what is of another kind, and from a standstill.
    service.update(&Troublemaker(Trouble::Parent), SOON).unwrap();
    assert_eq!(service.record().unwrap().kind, "troublemaker");
    service.stop(SOON, false).unwrap();
    service.rollback(SOON).unwrap();
    assert!(ask(&service).unwrap().starts_with("second 7 "));
    assert_eq!(service.record().unwrap().kind, "greeter");
    assert_eq!(service.endpoint(), url);
}

#[test]
fn an_update_starts_what_does_not_run() {
    let project = project();
    let service = project.service(&Greeter::new("never said"));
    service.update(&Greeter::new("hello"), SOON).unwrap();
    assert!(ask(&service).unwrap().starts_with("hello 1 "));
    assert_eq!(service.versions().unwrap().len(), 1);
}

#[test]
fn one_that_still_drains_leaves_its_port_to_the_next() {
    let project = project();
    let service = project.started(&zen_tests::services::Waiter);
    let endpoint = service.endpoint().unwrap();
    let mut visit = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).unwrap();
    visit.read_exact(&mut [0; 6]).unwrap();
    let old = pid(&service);
    service.stop(Duration::ZERO, false).unwrap();
    assert_eq!(service.status().unwrap().state, ServiceState::PendingShutdown);
    service.start(SOON).unwrap();
    assert_eq!(service.endpoint().unwrap(), endpoint);
    assert_ne!(pid(&service), old);
    std::io::Write::write_all(&mut visit, b"go on\n").unwrap();
    let mut text = String::new();
    visit.read_to_string(&mut text).unwrap();
    assert_eq!(text, "done\n", "what it was asked before is answered");
    eventually("one is left", || processes(service.id()) == [pid(&service)]);
}
