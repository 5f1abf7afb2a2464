//! Updating a server that clients use.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use zen_core::deploy::DeployConfig;
use zen_core::prelude::*;
use zen_tests::models::Line;

use super::project::{Project, SOON};

/// An answer: which version gave it, and between which moments.
#[derive(Debug, Clone, Copy)]
struct Answered {
    version: u32,
    asked: Instant,
    answered: Instant,
}

/// A plain client that never sends a request twice. It keeps its connection until the server says that it closes it.
struct Client {
    address: (String, u16),
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    fn ask(&mut self) -> Result<f64, String> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect((self.address.0.as_str(), self.address.1));
                let stream = stream.map_err(|error| format!("connecting: {error}"))?;
                stream.set_read_timeout(Some(SOON)).unwrap();
                stream.set_nodelay(true).unwrap();
                BufReader::new(stream)
            }
        };
        let request = "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n[1.0]";
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
        connection
            .read_exact(&mut body)
            .map_err(|error| format!("reading the body: {error}"))?;
        let body = String::from_utf8_lossy(&body).into_owned();
        if !status.contains(" 200 ") {
            return Err(format!("{status}: {body}"));
        }
        if !close {
            self.connection = Some(connection);
        }
        let values: Vec<f64> = serde_json::from_str(&body).map_err(|error| format!("{body}: {error}"))?;
        values.first().copied().ok_or_else(|| "no prediction".into())
    }
}

#[test]
fn no_request_fails_in_twenty_updates() {
    const UPDATES: u32 = 20;
    const CLIENTS: usize = 10;
    let project = Project::new();
    let config = || DeployConfig::named("line").timeout(SOON);
    let service = project.deploy(&Line::new(1.0), config()).unwrap();
    let endpoint = service.endpoint().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let failures: Arc<Mutex<Vec<String>>> = Arc::default();
    let answers: Arc<Mutex<Vec<Answered>>> = Arc::default();
    // How many answers the newest version has given that anybody has seen.
    let newest = Arc::new(AtomicU64::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (stop, failures, answers, newest) = (
                Arc::clone(&stop),
                Arc::clone(&failures),
                Arc::clone(&answers),
                Arc::clone(&newest),
            );
            let mut client = Client {
                address: (endpoint.host.clone(), endpoint.port),
                connection: None,
            };
            std::thread::spawn(move || {
                let mut own = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    match client.ask() {
                        Ok(slope) => {
                            newest.fetch_max(slope as u64, Ordering::Relaxed);
                            own.push(Answered {
                                version: slope as u32,
                                asked: began,
                                answered: Instant::now(),
                            });
                        }
                        Err(error) => failures.lock().unwrap().push(error),
                    }
                    if number >= 8 {
                        // Two of them connect anew for every request.
                        client.connection = None;
                    }
                }
                answers.lock().unwrap().extend(own);
            })
        })
        .collect();
    // When each version's deployment began and was over; the first one was there before.
    let mut periods = vec![(Instant::now(), Instant::now())];
    for slope in 2..=UPDATES + 1 {
        let began = Instant::now();
        let updated = project.deploy(&Line::new(f64::from(slope)), config()).unwrap();
        periods.push((began, Instant::now()));
        assert_eq!(
            (updated.id(), updated.endpoint().as_ref()),
            (service.id(), Some(&endpoint))
        );
        // The clients get to ask the new version, however busy the machine is.
        let patience = Instant::now() + SOON;
        while newest.load(Ordering::Relaxed) < u64::from(slope) {
            assert!(Instant::now() < patience, "version {slope} answers nobody");
            std::thread::yield_now();
        }
    }
    stop.store(true, Ordering::Relaxed);
    clients.into_iter().for_each(|client| client.join().unwrap());
    let failures = failures.lock().unwrap();
    let answers = answers.lock().unwrap();
    assert!(
        failures.is_empty(),
        "{} of {} requests failed: {:?}",
        failures.len(),
        answers.len(),
        &failures[..failures.len().min(5)]
    );
    for answer in answers.iter() {
        let version = answer.version as usize;
        let (began, _) = periods[version - 1];
        assert!(
            version == 1 || answer.answered >= began,
            "version {version} answered before it was deployed: {answer:?}"
        );
    }
    // After an update, the version before answers what each open connection asks once more, and nothing else.
    for (version, (_, over)) in (1..).zip(&periods[1..]) {
        let late = answers
            .iter()
            .filter(|answer| answer.version == version && answer.asked > *over);
        assert!(late.count() <= CLIENTS, "version {version} went on answering");
    }
    for version in 1..=UPDATES + 1 {
        assert!(
            answers.iter().any(|answer| answer.version == version),
            "version {version} answered nobody"
        );
    }
    assert_eq!(service.record().unwrap().version, UPDATES + 1);
    // What was replaced ends by itself.
    let alive = || {
        let versions = service.versions().unwrap();
        versions
            .iter()
            .filter(|version| {
                version
                    .process
                    .as_ref()
                    .is_some_and(|process| super::is_alive(process.pid))
            })
            .count()
    };
    let patience = Instant::now() + SOON;
    while alive() > 1 {
        assert!(Instant::now() < patience, "replaced versions go on");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_version_that_does_not_start_leaves_the_old_one() {
    let project = Project::new();
    let service = project
        .deploy(&Line::new(2.0), DeployConfig::named("line"))
        .unwrap();
    let cold = Line {
        cold: Some("it is too cold".into()),
        ..Line::new(3.0)
    };
    let error = project
        .deploy(&cold, DeployConfig::named("line"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("it is too cold"), "{error}");
    assert_eq!(service.predict_one(&1.0).unwrap(), 2.0);
    let status = service.status().unwrap();
    assert_eq!(status.state, ServiceState::Active);
    assert!(status.last_error.unwrap().contains("it is too cold"));
    service.rollback(SOON).unwrap_err();
    let service = project
        .deploy(&Line::new(4.0), DeployConfig::named("line"))
        .unwrap();
    assert_eq!(service.predict_one(&1.0).unwrap(), 4.0);
    service.rollback(SOON).unwrap();
    assert_eq!(service.predict_one(&1.0).unwrap(), 2.0);
}

/// The addresses that a process listens on.
fn listens_on(service: &Service<Line>) -> Vec<String> {
    let pid = service.versions().unwrap().pop().unwrap().process.unwrap().pid;
    let mut sockets = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten() {
        let target = std::fs::read_link(entry.path()).unwrap_or_default();
        if let Some(inode) = target
            .to_str()
            .and_then(|name| name.strip_prefix("socket:[")?.strip_suffix(']'))
        {
            sockets.push(inode.to_owned());
        }
    }
    let table = std::fs::read_to_string(format!("/proc/{pid}/net/tcp")).unwrap();
    let rows = table
        .lines()
        .skip(1)
        .map(|row| row.split_whitespace().collect::<Vec<_>>());
    // 0A: listening.
    let listening = rows.filter(|row| row[3] == "0A" && sockets.iter().any(|inode| inode == row[9]));
    listening
        .map(|row| row[1].split(':').next().unwrap().to_owned())
        .collect()
}

#[test]
fn an_address_that_changes_is_changed() {
    let project = Project::new();
    let service = project
        .deploy(&Line::new(1.0), DeployConfig::named("line").host("0.0.0.0"))
        .unwrap();
    assert_eq!(listens_on(&service), ["00000000"]);
    let service = project
        .deploy(&Line::new(2.0), DeployConfig::named("line"))
        .unwrap();
    assert_eq!(service.predict_one(&1.0).unwrap(), 2.0);
    assert_eq!(
        listens_on(&service),
        ["0100007F"],
        "no longer open to the network"
    );
}

#[test]
fn going_back_may_be_to_a_model_of_another_type() {
    use zen_tests::models::{Pair, Pairs};
    let project = Project::new();
    let lines = project.deploy(&Line::new(2.0), DeployConfig::named("m")).unwrap();
    let pairs = project
        .deploy_model("pairs", &Pairs, DeployConfig::named("m"))
        .unwrap();
    assert_eq!(pairs.id(), lines.id());
    assert_eq!(pairs.predict_one(&Pair { a: 1.0, b: 2.0 }).unwrap(), 3.0);
    pairs.rollback(SOON).unwrap();
    let model_type = pairs.record().unwrap().model_type;
    assert_eq!(model_type.as_deref(), Some(std::any::type_name::<Line>()));
    assert_eq!(lines.predict_one(&1.0).unwrap(), 2.0);
}
