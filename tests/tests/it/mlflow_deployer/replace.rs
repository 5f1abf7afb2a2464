//! Updating a server that clients use.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

use serde_json::Value;
use zen_core::deploy::DeployConfig;
use zen_tests::models::Line;

use super::project::{PATIENCE, Project, front, members, until};

/// Path and body of what a client asks, by turns; both mean the same.
const ASKED: [(&str, &str); 2] = [
    ("/predict", "[1.0]"),
    ("/invocations", r#"{"inputs":{"input":[1.0]}}"#),
];

/// A plain client that never sends a request twice. It keeps its connection until the server says that it closes it.
struct Client {
    address: (String, u16),
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    fn ask(&mut self, (path, body): (&str, &str)) -> Result<f64, String> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect((self.address.0.as_str(), self.address.1));
                let stream = stream.map_err(|error| format!("connecting: {error}"))?;
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                stream.set_nodelay(true).unwrap();
                BufReader::new(stream)
            }
        };
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let sent = connection.get_mut().write_all(request.as_bytes());
        sent.map_err(|error| format!("sending: {error}"))?;
        let (mut length, mut close, mut status) = (0, false, String::new());
        loop {
            let mut line = String::new();
            match connection.read_line(&mut line) {
                Ok(0) => return Err("the connection was closed instead of an answer".into()),
                Ok(_) => {}
                Err(error) => return Err(format!("reading: {error}")),
            }
            let line = line.trim().to_ascii_lowercase();
            if status.is_empty() {
                status = line;
            } else if line.is_empty() {
                break;
            } else if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(|_| "no length")?;
            } else if line == "connection: close" {
                close = true;
            }
        }
        let mut body = vec![0; length];
        let read = connection.read_exact(&mut body);
        read.map_err(|error| format!("reading the body: {error}"))?;
        let body = String::from_utf8_lossy(&body).into_owned();
        if !status.contains(" 200 ") {
            return Err(format!("{path}: {status}: {body}"));
        }
        if !close {
            self.connection = Some(connection);
        }
        let value: Value = serde_json::from_str(&body).map_err(|error| format!("{body}: {error}"))?;
        let prediction = value.pointer("/0").or(value.pointer("/predictions/output/0"));
        prediction
            .and_then(Value::as_f64)
            .ok_or(format!("no prediction: {body}"))
    }
}

#[test]
fn no_request_fails_in_three_updates() {
    const UPDATES: u32 = 3;
    let Some(project) = Project::new() else { return };
    let config = || DeployConfig::named("line");
    let service = project.deploy(&Line::new(1.0), config()).unwrap();
    let first = front(&service);
    let endpoint = service.endpoint().unwrap();
    let (stop, deployed) = (AtomicBool::new(false), AtomicU32::new(1));
    let wrong: Mutex<Vec<String>> = Mutex::default();
    // Which version answered, and how often.
    let answered: Mutex<[u64; UPDATES as usize + 2]> = Mutex::default();
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (stop, deployed, wrong, answered, endpoint) =
                (&stop, &deployed, &wrong, &answered, &endpoint);
            scope.spawn(move || {
                let mut client = Client {
                    address: (endpoint.host.clone(), endpoint.port),
                    connection: None,
                };
                let mut fresh = true;
                for turn in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let before = deployed.load(Ordering::SeqCst);
                    let answer = client.ask(ASKED[turn % 2]);
                    let after = deployed.load(Ordering::SeqCst);
                    match answer {
                        // An old connection may get one more answer of the version before.
                        Ok(slope)
                            if (if fresh { before } else { 1 }..=after + 1).contains(&(slope as u32)) =>
                        {
                            answered.lock().unwrap()[slope as usize] += 1;
                        }
                        Ok(slope) => wrong
                            .lock()
                            .unwrap()
                            .push(format!("{slope} between {before} and {after}")),
                        Err(error) => wrong.lock().unwrap().push(error),
                    }
                    // Two of them connect anew for every request.
                    if number >= 2 {
                        client.connection = None;
                    }
                    fresh = client.connection.is_none();
                }
            });
        }
        for slope in 2..=UPDATES + 1 {
            let updated = project.deploy(&Line::new(f64::from(slope)), config());
            deployed.store(slope, Ordering::SeqCst);
            let patience = Instant::now() + PATIENCE;
            while updated.is_ok()
                && answered.lock().unwrap()[slope as usize] < 20
                && Instant::now() < patience
            {
                std::thread::yield_now();
            }
            if let Err(error) = updated {
                stop.store(true, Ordering::Relaxed);
                panic!("{error}");
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    let answered = answered.into_inner().unwrap();
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty(),
        "{} of {answered:?}: {:?}",
        wrong.len(),
        &wrong[..wrong.len().min(5)]
    );
    assert!(answered[1..].iter().all(|answers| *answers > 0), "{answered:?}");
    assert_eq!(service.record().unwrap().version, UPDATES + 1);
    until("what was replaced ends", || members(first).is_empty());
}
