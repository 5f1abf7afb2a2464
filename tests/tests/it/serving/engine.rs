//! Requests that fail, hang or wait don't harm others.

use std::time::{Duration, Instant};

use super::host::{Host, options};
use super::models::Quick;
use super::wire::Wire;
use crate::support::eventually;

fn post(host: &Host, row: i64) -> Wire {
    let mut wire = host.open();
    wire.send("POST", "/predict", &[], format!("[{row}]").as_bytes());
    wire
}

/// How many requests are being answered.
fn in_flight(host: &Host) -> i64 {
    let text = host.engine.metrics().encode();
    let line = text
        .lines()
        .find(|line| line.starts_with("zen_requests_in_flight{"))
        .unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn wait_for_flight(host: &Host, requests: i64) {
    eventually("the requests are there", || in_flight(host) == requests);
}

#[test]
fn a_panic_is_an_error_and_the_next_request_is_answered() {
    let (host, _) = Host::steered(options());
    let mut wire = host.open();
    for (row, status) in [("13", 500), ("14", 500), ("15", 400), ("1", 200)] {
        let answer = wire.post("/predict", &format!("[{row}]"));
        assert_eq!(answer.status, status, "{answer:?}");
    }
    assert!(wire.post("/predict", "[13]").error().contains("thirteen"));
    assert!(wire.post("/predict", "[14]").error().contains("fourteen"));
    assert!(wire.post("/predict", "[15]").error().contains("fifteen"));
    let host = Host::start(Quick, options());
    let mut wire = host.open();
    for (row, status) in [("13", 500), ("14", 500), ("1", 200)] {
        assert_eq!(
            wire.post("/predict", &format!("[{row}]")).status,
            status,
            "inline"
        );
    }
    assert!(wire.post("/predict", "[13]").error().contains("thirteen"));
}

#[test]
fn requests_that_wait_become_one_batch_and_fail_alone() {
    let (host, wheel) = Host::steered(options());
    wheel.hold(0);
    let mut first = post(&host, 0);
    wheel.wait_for(0);
    let rows = [1, 13, 14, 15, 2];
    let mut others = Vec::new();
    for (place, row) in rows.into_iter().enumerate() {
        others.push(post(&host, row));
        wait_for_flight(&host, place as i64 + 2);
    }
    wheel.release(0);
    assert_eq!(first.answer().unwrap().text(), "[1]");
    let answers: Vec<_> = others.iter_mut().map(|wire| wire.answer().unwrap()).collect();
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 500, 500, 400, 200]);
    assert_eq!((answers[0].text(), answers[4].text()), ("[2]", "[3]"));
    let mut together = wheel.begun()[1].clone();
    together.sort_unstable();
    assert_eq!(together, [1, 2, 13, 14], "they were tried as one batch first");
}

#[test]
fn a_batch_has_no_more_rows_than_it_may() {
    let (host, wheel) = Host::steered(options().max_batch_rows(2));
    wheel.hold(0);
    let mut first = post(&host, 0);
    wheel.wait_for(0);
    let mut others = Vec::new();
    for row in 1..=5 {
        others.push(post(&host, row));
        wait_for_flight(&host, row + 1);
    }
    let mut large = host.open();
    large.send("POST", "/predict", &[], b"[6, 7, 8]");
    wait_for_flight(&host, 7);
    wheel.release(0);
    for wire in others.iter_mut().chain([&mut first, &mut large]) {
        assert_eq!(wire.answer().unwrap().status, 200);
    }
    let sizes: Vec<_> = wheel.begun().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 2, 2, 1, 3]);
}

#[test]
fn a_batch_waits_for_more_rows_when_it_should() {
    // Longer than the test may take: the batch begins because it is full.
    let delay = Duration::from_secs(50);
    let (host, wheel) = Host::steered(options().max_batch_rows(2).max_batch_delay(delay));
    let mut wires = [post(&host, 1), post(&host, 2)];
    for wire in &mut wires {
        assert_eq!(wire.answer().unwrap().status, 200);
    }
    assert_eq!(wheel.begun().len(), 1);
    let (host, _) = Host::steered(options().max_batch_delay(Duration::from_millis(5)));
    assert_eq!(
        post(&host, 1).answer().unwrap().text(),
        "[2]",
        "it doesn't wait forever"
    );
}

#[test]
fn a_full_queue_refuses_and_says_when_to_come_again() {
    let (host, wheel) = Host::steered(options().queue(2));
    wheel.hold(0);
    let mut first = post(&host, 0);
    wheel.wait_for(0);
    let (mut second, mut third) = (post(&host, 1), post(&host, 2));
    wait_for_flight(&host, 3);
    let refused = post(&host, 3).answer().unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    assert!(refused.error().contains('2'));
    wheel.release(0);
    for wire in [&mut first, &mut second, &mut third] {
        assert_eq!(wire.answer().unwrap().status, 200);
    }
    assert_eq!(post(&host, 3).answer().unwrap().status, 200);
    let rejected = "zen_rejected_total{reason=\"busy\",model=\"model\",version=\"1\"} 1";
    let text = host.engine.metrics().encode();
    let same =
        |line: &str| line.starts_with("zen_rejected_total{") && line.contains("busy") && line.ends_with(" 1");
    assert!(text.lines().any(same), "{rejected}\n{text}");
}

#[test]
fn a_request_whose_client_has_gone_is_not_predicted() {
    let (host, wheel) = Host::steered(options().queue(1));
    wheel.hold(0);
    let mut first = post(&host, 0);
    wheel.wait_for(0);
    let gone = post(&host, 1);
    wait_for_flight(&host, 2);
    drop(gone);
    wait_for_flight(&host, 1);
    let mut other = post(&host, 2);
    wait_for_flight(&host, 2);
    wheel.release(0);
    assert_eq!(first.answer().unwrap().status, 200);
    assert_eq!(
        other.answer().unwrap().text(),
        "[3]",
        "it has the place of the one that has gone"
    );
    assert_eq!(wheel.begun(), [[0], [2]]);
    assert!(host.engine.metrics().encode().contains("code=\"499\""));
}

#[test]
fn a_model_that_hangs_stops_no_later_request() {
    let timeout = Duration::from_millis(900);
    let (host, wheel) = Host::steered(options().request_timeout(timeout));
    wheel.hold(0);
    let mut stuck = post(&host, 0);
    wheel.wait_for(0);
    // The later request has time left when the thread is given up.
    let begun = Instant::now();
    eventually("half of the time is over", || begun.elapsed() > timeout / 2);
    let mut later = post(&host, 1);
    let answer = stuck.answer().unwrap();
    assert_eq!(answer.status, 504, "{answer:?}");
    assert!(answer.error().contains("900ms"));
    assert_eq!(later.answer().unwrap().text(), "[2]");
    assert!(host.engine.is_ready());
    assert_eq!(post(&host, 2).answer().unwrap().text(), "[3]");
    assert_eq!(host.open().get("/ping").status, 200);
}

#[test]
fn when_too_many_threads_are_stuck_it_is_not_ready_until_one_comes_back() {
    let (host, wheel) = Host::steered(options().request_timeout(Duration::from_millis(50)));
    // The first and four in its place.
    for row in 100..105 {
        wheel.hold(row);
    }
    let mut row = 100;
    eventually("all threads are stuck", || {
        // A request may come while its predecessor's thread isn't given up yet: then it times out in the queue, and is asked again.
        let answer = post(&host, row).answer().unwrap();
        assert!(matches!(answer.status, 503 | 504), "{answer:?}");
        if wheel.begun().iter().any(|batch| batch.contains(&row)) {
            row += 1;
        }
        row == 105 || !host.engine.is_ready()
    });
    eventually("it isn't ready", || !host.engine.is_ready());
    let mut wire = host.open();
    let refused = wire.post("/predict", "[1]");
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("5")));
    assert_eq!(
        (wire.get("/ping").status, wire.get("/v2/health/ready").status),
        (503, 503)
    );
    assert_eq!(wire.get("/v2/health/live").status, 200);
    wheel.release(100);
    eventually("it is ready again", || host.engine.is_ready());
    eventually("it predicts again", || {
        host.open().post("/predict", "[1]").status == 200
    });
    assert_eq!(wire.get("/ping").status, 200);
}

#[test]
fn several_threads_predict_at_once() {
    let (host, wheel) = Host::steered(options().model_threads(2));
    wheel.hold(0);
    let mut first = post(&host, 0);
    wheel.wait_for(0);
    assert_eq!(
        post(&host, 1).answer().unwrap().text(),
        "[2]",
        "while the first is at work"
    );
    wheel.release(0);
    assert_eq!(first.answer().unwrap().text(), "[1]");
}
