//! How many bytes of bodies are held at once.

use super::host::{Host, options};
use super::models::Line;
use super::wire::{Answer, Wire};
use crate::support::eventually;

/// One row, in so many bytes.
fn body(row: i64, length: usize) -> String {
    let row = row.to_string();
    format!("[{}{row}]", " ".repeat(length - row.len() - 2))
}

fn assert_crowded(answer: &Answer) {
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
    assert!(answer.error().contains("100 bytes"), "{answer:?}");
}

#[test]
fn a_body_has_its_room_until_the_answer() {
    let (host, wheel) = Host::steered(options().memory_limit(100).model_threads(2));
    wheel.hold(7);
    let mut first = host.open();
    first.send("POST", "/predict", &[], body(7, 60).as_bytes());
    wheel.wait_for(7);
    // Although the first has been read long since.
    let refused = host.open().post("/predict", &body(8, 41));
    assert_crowded(&refused);
    assert!(refused.closes());
    assert_eq!(host.open().post("/predict", &body(8, 40)).status, 200);
    let metrics = host.engine.metrics().encode();
    assert!(metrics.contains("reason=\"crowded\"} 1\n"), "{metrics}");
    wheel.release(7);
    assert_eq!(first.answer().unwrap().text(), "[8]");
    assert_eq!(host.open().post("/predict", &body(8, 100)).status, 200);
}

#[test]
fn a_body_that_says_its_length_has_room_before_it_comes() {
    let host = Host::start(Line, options().memory_limit(100));
    let mut first = host.open();
    first.raw("POST /predict HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 60\r\n\r\n");
    assert_eq!(first.answer().unwrap().status, 100);
    assert_crowded(&host.open().post("/predict", &body(1, 41)));
    // What comes in chunks, too.
    let chunked = |wire: &mut Wire, body: &str| {
        wire.raw("POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        wire.raw(format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()));
        wire.answer().unwrap()
    };
    assert_crowded(&chunked(&mut host.open(), &body(1, 41)));
    assert_eq!(chunked(&mut host.open(), &body(1, 40)).text(), "[3.0]");
    first.raw(body(2, 60));
    assert_eq!(first.answer().unwrap().text(), "[5.0]");
    assert_eq!(chunked(&mut host.open(), &body(1, 100)).text(), "[3.0]");
}

#[test]
fn a_client_that_leaves_makes_room() {
    let host = Host::start(Line, options().memory_limit(100));
    let begin = || {
        let mut wire = host.open();
        wire.raw("POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3c\r\n");
        wire.raw(" ".repeat(60));
        wire
    };
    let mut first = begin();
    eventually("the room is taken", || {
        let taken = host.open().post("/predict", &body(1, 41)).status == 429;
        if !taken {
            // Whoever asks takes room too, and may have had it when the first one's bytes came: that was refused then.
            first = begin();
        }
        taken
    });
    drop(first);
    eventually("there is room", || {
        host.open().post("/predict", &body(1, 41)).status == 200
    });
}

#[test]
fn a_body_larger_than_all_the_room_is_too_large() {
    let host = Host::start(Line, options().memory_limit(100));
    let answer = host.open().post("/predict", &body(1, 101));
    assert_eq!(answer.status, 413);
    assert!(answer.error().contains("100 bytes"));
    let mut wire = host.open();
    wire.raw("POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n");
    wire.raw(" ".repeat(101));
    assert_eq!(wire.answer().unwrap().status, 413);
}
