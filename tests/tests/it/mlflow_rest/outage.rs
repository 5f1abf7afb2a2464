//! Servers that are down, hang, or are none of MLflow's.

use std::io::{Read, Write};
use std::net::TcpListener;

use zen_core::metadata::Status;
use zen_core::model_registry::RegistryError;
use zen_core::tracking::{TrackedBatch, TrackingError};
use zen_integrations::mlflow::MlflowError;
use zen_integrations::mlflow::rest::{Auth, Client, TrackingUri};
use zen_tests::mlflow::Server;

use super::{Stage, at, datum, info, metric, run_of};

#[track_caller]
fn unavailable(result: Result<(), TrackingError>, place: &str) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, TrackingError::Unavailable { .. }), "{error:?}");
    assert!(error.to_string().contains(place), "{error}");
    error.to_string()
}

#[test]
fn down_hanging_and_back() {
    let Some(mut server) = Server::start() else { return };
    let stage = Stage::at(&server.uri(), "", &[]);
    let run = run_of("outage");
    let mut writer = stage.tracker().begin(&run).unwrap();
    let mut batch = TrackedBatch::default();
    batch.metrics.push(metric("s", "loss", 0.25, 1));
    server.freeze();
    let text = unavailable(writer.log(&batch), &server.uri());
    assert!(text.contains("no answer in time"), "{text}");
    server.thaw();
    // What hung has had its effect by now, or not: it is there once.
    writer.log(&batch).unwrap();
    assert_eq!(datum(&server, writer.id(), "metrics", "loss"), 0.25);
    let history = server.get(&format!(
        "metrics/get-history?run_id={}&metric_key=loss",
        writer.id()
    ));
    assert_eq!(history["metrics"].as_array().unwrap().len(), 1);

    // A crash, whose connections the client still has.
    let uri = server.uri();
    server.crash();
    assert_eq!(server.uri(), uri);
    let all_down = |writer: &mut dyn zen_core::tracking::RunWriter| {
        unavailable(writer.log(&batch), &uri);
        unavailable(writer.end(Status::Completed, at(1_700_000_002_000)), &uri);
        unavailable(stage.tracker().begin(&run).map(drop), &uri);
        let lost = stage
            .tracker()
            .end_lost(writer.id(), Status::Failed, at(1_700_000_002_000));
        unavailable(lost, &uri);
        let error = stage.registry().versions("m").unwrap_err();
        assert!(matches!(error, RegistryError::Unavailable { .. }), "{error:?}");
    };
    all_down(&mut *writer);
    server.start_again();
    writer.log(&batch).unwrap();
    assert_eq!(stage.tracker().begin(&run).unwrap().id(), writer.id());
    writer.end(Status::Completed, at(1_700_000_002_000)).unwrap();
    assert_eq!(info(&server, writer.id())["status"], "FINISHED");
}

/// Answers each request with the same; for as long as the test goes on.
fn answering(answer: impl AsRef<[u8]> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { return };
            let mut request = [0; 16384];
            let _ = connection.read(&mut request);
            let _ = connection.write_all(answer.as_ref());
        }
    });
    uri
}

fn said_by(answer: &'static [u8]) -> MlflowError {
    let uri = TrackingUri::parse(&answering(answer)).unwrap();
    Client::new(uri, Auth::None).reach().unwrap_err()
}

#[test]
fn what_is_in_between() {
    let page = said_by(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<!DOCTYPE html><title>Sign in</title>");
    assert!(matches!(page, MlflowError::Foreign { .. }), "{page:?}");
    assert!(
        page.to_string().contains("HTML page") && page.to_string().contains("tracking_uri"),
        "{page}"
    );
    let elsewhere = said_by(b"HTTP/1.1 302 Found\r\nlocation: https://login.example.com/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    assert!(elsewhere.to_string().contains("elsewhere"), "{elsewhere}");
    let not_found =
        said_by(b"HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\nconnection: close\r\n\r\nnot found");
    assert!(matches!(not_found, MlflowError::Foreign { .. }), "{not_found:?}");
    let nothing = said_by(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    assert!(nothing.to_string().contains("without a word"), "{nothing}");
    let garbage = said_by(b"SSH-2.0-OpenSSH_9.9\r\n");
    assert!(matches!(garbage, MlflowError::Unavailable { .. }), "{garbage:?}");
    let busy = said_by(
        b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    );
    let MlflowError::Unavailable { retry_after, .. } = busy else {
        panic!("{busy:?}")
    };
    assert_eq!(retry_after, Some(std::time::Duration::from_secs(7)));
    let bad_gateway =
        said_by(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>");
    assert!(
        matches!(bad_gateway, MlflowError::Unavailable { .. }),
        "{bad_gateway:?}"
    );
    let other_json = said_by(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 23\r\nconnection: close\r\n\r\n{\"error\":\"not for you\"}");
    assert!(other_json.to_string().contains("not for you"), "{other_json}");
}

/// A server that doesn't speak TLS.
#[test]
fn no_tls() {
    let uri = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let uri = TrackingUri::parse(&uri.replace("http://", "https://")).unwrap();
    let error = Client::new(uri, Auth::None).reach().unwrap_err();
    assert!(matches!(error, MlflowError::Unavailable { .. }), "{error:?}");
}

/// Names that lead out of a folder are not followed.
#[test]
fn a_list_that_leads_elsewhere() {
    let lists: [&[u8]; 3] = [
        br#"{"files":[{"path":"../../etc/passwd","is_dir":false,"file_size":1}]}"#,
        br#"{"files":[{"path":"..","is_dir":true}]}"#,
        // Folders in folders, without an end.
        br#"{"files":[{"path":"again","is_dir":true}]}"#,
    ];
    for list in lists {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            list.len()
        );
        let answer = [head.as_bytes(), list].concat();
        let uri = TrackingUri::parse(&answering(answer)).unwrap();
        let client = Client::new(uri, Auth::None);
        let error = client
            .list(&client.place("mlflow-artifacts:/1").unwrap())
            .unwrap_err();
        assert!(matches!(error, MlflowError::Foreign { .. }), "{error:?}");
    }
}

/// An answer without an end is read up to a limit only.
#[test]
fn an_answer_without_an_end() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    let sender = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = [0; 16384];
        let _ = connection.read(&mut request);
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
        while connection.write_all(&[b' '; 65536]).is_ok() {}
    });
    let client = Client::new(TrackingUri::parse(&uri).unwrap(), Auth::None);
    let error = client.reach().unwrap_err();
    assert!(error.to_string().contains("more than 32 MiB"), "{error}");
    drop(client);
    sender.join().unwrap();
}

/// MLflow doesn't answer to names that it doesn't know.
#[test]
fn a_host_that_the_server_does_not_know() {
    let Some(server) = Server::shared() else { return };
    // Always this machine, and no name that MLflow knows.
    let uri = format!("http://other.localhost:{}", server.port());
    let client = Client::new(TrackingUri::parse(&uri).unwrap(), Auth::None);
    match client.reach() {
        Err(MlflowError::Denied { reason, .. }) => assert!(reason.contains("--allowed-hosts"), "{reason}"),
        // Not every system resolves names below `localhost`.
        Err(MlflowError::Unavailable { .. }) => eprintln!("skipped: `other.localhost` has no address here"),
        other => panic!("{other:?}"),
    }
}
