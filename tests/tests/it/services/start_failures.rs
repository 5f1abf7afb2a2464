//! Services that don't start: each error says why.

use std::net::TcpListener;
use std::time::Duration;

use zen_core::prelude::*;
use zen_core::service::{LocalOptions, LocalService, Paths, ServiceError, Serving};
use zen_tests::services::{Greeter, Trouble, Troublemaker};

use super::support::{SOON, assert_gone, eventually, newest, project, signal};

/// Starts it in vain; returns the reason and the log's end.
#[track_caller]
fn refused(service: &Service) -> (String, Vec<String>) {
    let error = service.start(SOON).unwrap_err();
    let text = error.to_string();
    assert_gone(service);
    assert!(service.is_failed());
    let status = service.status().unwrap();
    assert_eq!(status.state, ServiceState::Error);
    assert_eq!(status.last_error.as_ref(), Some(&text));
    let version = newest(service).unwrap();
    assert_eq!(version.state, ServiceState::Error);
    assert_eq!(version.error, Some(text.clone()));
    match error {
        ServiceError::Start { reason, log, .. } => {
            let mut all: Vec<String> = service.logs(false, None).unwrap().collect();
            // It isn't said twice.
            all.pop_if(|line| *line == format!("error: {reason}"));
            assert!(all.ends_with(&log), "{log:?} is not the end of {all:?}");
            assert!(log.iter().all(|line| text.contains(line)));
            (reason, log)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn its_own_words_exits_signals_and_panics() {
    let project = project();
    for (trouble, reason) in [
        (Trouble::Fail("the cellar is empty".into()), "the cellar is empty"),
        (Trouble::Exit(3), "its process ended with exit code 3"),
        (Trouble::Exit(0), "its process ended with exit code 0"),
        (Trouble::Abort, "its process was ended by signal 6 (SIGABRT)"),
        (Trouble::Panic, "as it was told to"),
    ] {
        let service = project.service(&Troublemaker(trouble.clone()));
        let (said, _) = refused(&service);
        assert!(said.contains(reason), "{said}");
        let log: Vec<String> = service.logs(false, None).unwrap().collect();
        let about = format!("about to do this: {trouble:?}");
        assert!(log.contains(&about), "{log:?} lacks {about}");
    }
}

#[test]
fn one_that_hangs_is_given_up_and_ended() {
    let project = project();
    let service = project.service(&Troublemaker(Trouble::Hang));
    // Long enough to say its first word, or not: both are named.
    for timeout in [Duration::from_secs(2), Duration::from_millis(1)] {
        let error = service.start(timeout).unwrap_err();
        assert!(matches!(error, ServiceError::StartTimeout { .. }), "{error:?}");
        assert!(error.to_string().contains("did not start within"), "{error}");
        assert_gone(&service);
        assert!(service.is_failed());
    }
}

#[derive(Serialize, Deserialize)]
struct Stranger;

impl LocalService for Stranger {
    const KIND: &'static str = "stranger";

    fn paths(&self) -> Paths {
        Paths::tcp()
    }

    async fn serve(self, _: Serving) -> Result<()> {
        Err("this program is not the one that runs it".into())
    }
}

#[test]
fn a_kind_that_the_program_does_not_have() {
    let project = project();
    let (said, _) = refused(&project.service(&Stranger));
    for part in ["no service of kind `stranger`", "greeter", "troublemaker"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_port_that_another_program_has() {
    let project = project();
    let other = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = other.local_addr().unwrap().port();
    let options = LocalOptions {
        port,
        ..LocalOptions::default()
    };
    let service = Service::local_with(&project.stack, "tested", &Greeter::new("hello"), options).unwrap();
    let (said, _) = refused(&service);
    assert!(
        said.contains(&format!("port {port} of 127.0.0.1 is in use")),
        "{said}"
    );
    drop(other);
    service.start(SOON).unwrap();
    assert_eq!(service.endpoint().unwrap().port, port);
}

#[test]
fn killed_while_it_starts() {
    let project = project();
    let service = project.service(&Troublemaker(Trouble::Hang));
    let error = std::thread::scope(|scope| {
        let starting = scope.spawn(|| service.start(SOON).unwrap_err());
        let process = || newest(&service).and_then(|version| version.process);
        eventually("its process is known", || process().is_some());
        assert_eq!(service.status().unwrap().state, ServiceState::PendingStartup);
        assert!(!service.is_running() && !service.is_failed());
        signal(process().unwrap().pid, "KILL");
        starting.join().unwrap()
    });
    assert!(error.to_string().contains("signal 9 (SIGKILL"), "{error}");
    assert!(service.is_failed());
}

#[test]
fn a_failed_start_is_told_also_of_a_service_that_ran_before() {
    let project = project();
    let service = project.started(&Greeter::new("hello"));
    service.stop(SOON, false).unwrap();
    let error = service
        .update(&Troublemaker(Trouble::Exit(7)), SOON)
        .unwrap_err()
        .to_string();
    let status = service.status().unwrap();
    assert_eq!(status.state, ServiceState::Error);
    assert_eq!(status.last_error, Some(error));
    service.start(SOON).unwrap();
    assert!(service.is_running());
    assert_eq!(service.status().unwrap().last_error, None);
}

#[test]
fn one_that_ends_right_after_it_was_ready_has_failed() {
    let project = project();
    let service = project.service(&Troublemaker(Trouble::Quit));
    // Whether its end is seen by the start or only after it, nobody can say.
    let _ = service.start(SOON);
    eventually("its end is seen", || service.is_failed());
}
