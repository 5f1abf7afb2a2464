//! How a server ends.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use zen_core::service::Stage;

use super::host::{Host, later, options};
use super::models::Line;
use super::wire::Wire;
use crate::support::eventually;

fn is_closed(host: &Host) -> bool {
    match TcpStream::connect(host.address) {
        Ok(_) => false,
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => true,
        // It was closed while this connection was being opened.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_retiring_server_closes_each_connection_with_its_next_answer() {
    let mut host = Host::start(Line, options());
    let mut idle: Vec<_> = (0..3).map(|_| host.open()).collect();
    for wire in &mut idle {
        assert_eq!(wire.post("/predict", "[1]").status, 200);
    }
    let mut fresh = host.open();
    // A connection is accepted in its turn: once a later one is answered, it is the server's.
    assert_eq!(host.open().get("/ping").status, 200);
    host.stage.send(Stage::Retiring { until: later() }).unwrap();
    eventually("the socket is closed", || is_closed(&host));
    for wire in idle.iter_mut().chain([&mut fresh]) {
        let answer = wire.post("/predict", "[1]");
        assert_eq!(answer.text(), "[3.0]");
        assert!(answer.closes());
        assert!(wire.is_at_end());
    }
    host.wait().unwrap();
}

#[test]
fn a_retiring_server_stays_ready_and_finishes_what_was_asked() {
    let (mut host, wheel) = Host::steered(options());
    wheel.hold(0);
    let mut asked = host.open();
    asked.send("POST", "/predict", &[], b"[0]");
    wheel.wait_for(0);
    let mut idle = host.open();
    assert_eq!(idle.get("/ping").status, 200);
    host.stage.send(Stage::Retiring { until: later() }).unwrap();
    eventually("the socket is closed", || is_closed(&host));
    assert_eq!(idle.get("/ping").status, 200);
    wheel.release(0);
    let answer = asked.answer().unwrap();
    assert!(answer.text() == "[1]" && answer.closes());
    host.wait().unwrap();
}

#[test]
fn a_retiring_server_ends_at_its_time() {
    let mut host = Host::start(Line, options());
    let mut idle = host.open();
    assert_eq!(idle.get("/ping").status, 200);
    let until = Instant::now() + Duration::from_millis(50);
    host.stage.send(Stage::Retiring { until }).unwrap();
    host.wait().unwrap();
    assert!(Instant::now() >= until);
    assert!(idle.is_at_end());
}

#[test]
fn a_draining_server_finishes_what_was_asked_and_closes_the_rest() {
    let (mut host, wheel) = Host::steered(options());
    wheel.hold(0);
    let mut asked = host.open();
    asked.send("POST", "/predict", &[], b"[0]");
    wheel.wait_for(0);
    let mut idle = host.open();
    assert_eq!(idle.get("/v2/health/ready").status, 200);
    host.stage.send(Stage::Draining { until: later() }).unwrap();
    assert!(idle.is_at_end());
    eventually("the socket is closed", || is_closed(&host));
    assert!(!host.engine.is_ready());
    wheel.release(0);
    let answer = asked.answer().unwrap();
    assert!(answer.text() == "[1]" && answer.closes());
    host.wait().unwrap();
}

#[test]
fn a_draining_server_answers_a_connection_it_has_just_accepted_and_is_not_ready() {
    let mut host = Host::start(Line, options());
    let mut fresh = host.open();
    assert_eq!(host.open().get("/ping").status, 200);
    host.stage.send(Stage::Draining { until: later() }).unwrap();
    eventually("it drains", || !host.engine.is_ready());
    let answer = fresh.get("/v2/health/ready");
    assert_eq!(
        (answer.status, answer.json()),
        (503, serde_json::json!({ "ready": false }))
    );
    assert!(answer.closes() && answer.header("retry-after").is_some());
    host.wait().unwrap();
}

#[test]
fn a_draining_server_does_not_wait_for_connections_that_ask_nothing() {
    let mut host = Host::start(Line, options());
    let mut silent = host.open();
    assert_eq!(host.open().get("/ping").status, 200);
    host.stage.send(Stage::Draining { until: later() }).unwrap();
    assert!(silent.is_at_end());
    host.wait().unwrap();
}

#[test]
fn a_draining_server_ends_at_its_time_although_the_model_hangs() {
    let (mut host, wheel) = Host::steered(options());
    wheel.hold(0);
    let mut asked = host.open();
    asked.send("POST", "/predict", &[], b"[0]");
    wheel.wait_for(0);
    let until = Instant::now() + Duration::from_millis(50);
    host.stage.send(Stage::Draining { until }).unwrap();
    host.wait().unwrap();
    assert!(asked.is_at_end());
    wheel.release(0);
}

#[test]
fn a_retiring_server_can_be_made_to_drain() {
    let mut host = Host::start(Line, options());
    let mut idle = host.open();
    assert_eq!(idle.get("/ping").status, 200);
    host.stage.send(Stage::Retiring { until: later() }).unwrap();
    eventually("the socket is closed", || is_closed(&host));
    host.stage.send(Stage::Draining { until: later() }).unwrap();
    assert!(idle.is_at_end());
    host.wait().unwrap();
}

#[test]
fn no_request_is_lost_when_one_server_takes_over_from_another() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut old = Host::on(socket.try_clone().unwrap(), Line, options());
    let new = Host::on(socket, Line, options());
    let address = old.address;
    let stop = Arc::new(AtomicBool::new(false));
    let client = || {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            while !stop.load(Ordering::SeqCst) {
                let mut wire = Wire::open(address);
                // Few enough that both servers get connections.
                for _ in 0..20 {
                    let answer = wire.post("/predict", "[1]");
                    assert_eq!(answer.text(), "[3.0]");
                    if answer.closes() {
                        break;
                    }
                }
            }
        })
    };
    let clients: Vec<_> = (0..4).map(|_| client()).collect();
    let answered = |host: &Host| host.engine.metrics().encode().contains("zen_requests_total");
    eventually("both servers answer", || answered(&old) && answered(&new));
    old.stage.send(Stage::Retiring { until: later() }).unwrap();
    old.wait().unwrap();
    stop.store(true, Ordering::SeqCst);
    for client in clients {
        client.join().unwrap();
    }
}
