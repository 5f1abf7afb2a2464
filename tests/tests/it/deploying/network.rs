//! What a client says when what answers isn't what it should be.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use zen_core::deploy::DeployConfig;
use zen_core::metadata::Change;
use zen_core::prelude::*;
use zen_core::service::ServiceError;
use zen_tests::models::Line;

use super::project::{Project, SOON};

/// A service whose endpoint is a socket of the test's own, which answers each connection with `answer`.
fn instead(project: &Project, answer: impl Fn(TcpStream) + Send + 'static) -> Service<Line> {
    let service = project
        .deploy(&Line::new(2.0), DeployConfig::named("line"))
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut record = service.record().unwrap();
    record.endpoint.as_mut().unwrap().port = listener.local_addr().unwrap().port();
    project
        .stack
        .metadata()
        .apply(&[Change::Service(Box::new(record))])
        .unwrap();
    std::thread::spawn(move || listener.incoming().flatten().for_each(answer));
    Service::find(&project.stack, service.id()).unwrap()
}

fn answered(bytes: &'static [u8]) -> impl Fn(TcpStream) + Send + 'static {
    move |mut stream: TcpStream| {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
        let _ = stream.write_all(bytes);
    }
}

#[test]
fn what_is_no_answer_is_an_error_and_no_panic() {
    let cases: [&[u8]; 6] = [
        b"",
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1.0",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nno JSON!!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1.0,2.0]",
        b"HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\n\xff\xfe\xfd",
    ];
    for case in cases {
        let project = Project::new();
        let service = instead(&project, answered(case));
        let error = service.predict_one(&1.0).unwrap_err();
        let text = String::from_utf8_lossy(case);
        assert!(error.to_string().contains("line"), "{text}: {error}");
        match error {
            ServiceError::Refused { status, .. } => assert_eq!(status, 500, "{text}"),
            ServiceError::Answer { .. } => assert!(text.contains("200 OK"), "{text}"),
            // What is there isn't healthy either.
            ServiceError::NotRunning { .. } | ServiceError::Unreachable { .. } => {}
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn what_never_answers_is_given_up() {
    let project = Project::new();
    let service = instead(&project, |stream| {
        // Open for as long as the test runs.
        std::mem::forget(stream);
    });
    let impatient = service.with_prediction_timeout(Duration::from_millis(200));
    let error = impatient.predict_one(&1.0).unwrap_err();
    assert!(
        matches!(
            error,
            ServiceError::NotRunning { .. } | ServiceError::Unreachable { .. }
        ),
        "{error:?}"
    );
}

#[test]
fn a_handle_of_old_finds_the_service_at_another_place_and_with_another_token() {
    let project = Project::new();
    let token = |name: &str| {
        let path = project.folder().join(name);
        std::fs::write(&path, format!("token-{name}")).unwrap();
        path
    };
    let config = |name: &str| DeployConfig::named("line").token_file(token(name));
    let old = project.deploy(&Line::new(2.0), config("one")).unwrap();
    assert_eq!(old.predict_one(&1.0).unwrap(), 2.0);
    let old: Service<Line> = Service::find(&project.stack, old.id()).unwrap();
    old.stop(SOON, false).unwrap();
    // Somebody else takes the port, so that the next version has another one.
    let taken = TcpListener::bind(("127.0.0.1", old.endpoint().unwrap().port)).unwrap();
    let new = project.deploy(&Line::new(3.0), config("two")).unwrap();
    assert_ne!(new.endpoint().unwrap().port, taken.local_addr().unwrap().port());
    drop(taken);
    assert_eq!(old.predict_one(&1.0).unwrap(), 3.0);
    project.deploy(&Line::new(4.0), config("three")).unwrap();
    std::fs::remove_file(project.folder().join("two")).unwrap();
    assert_eq!(old.predict_one(&1.0).unwrap(), 4.0);
}
