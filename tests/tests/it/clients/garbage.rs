//! What is no HTTP, or hardly.

use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use zen_integrations::native::NativeOptions;
use zen_tests::models::Pairs;

use super::http::{Connection, ask};
use super::served::{Served, Server};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const GOOD: &[u8] = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\n\r\n[{\"a\":1,\"b\":2}]";

/// A server that doesn't wait long.
fn start(served: &Served) -> Server {
    let soon = Duration::from_millis(300);
    let options = NativeOptions::default()
        .header_timeout(soon)
        .body_timeout(soon)
        .idle_timeout(soon);
    served.start_with("m", &Pairs, &options)
}

fn assert_answers(server: &Server) {
    let reply = ask(server.address, "POST /predict HTTP/1.1", br#"[{"a":1,"b":2}]"#);
    assert_eq!((reply.status, &reply.body[..]), (200, &b"[3.0]"[..]));
}

/// The statuses with which the server answers these bytes, until it closes the connection.
fn statuses(server: &Server, bytes: &[u8], shut: bool) -> Vec<u16> {
    let mut connection = Connection::open(server.address);
    let mut statuses = Vec::new();
    // It may have closed the connection before all is sent.
    if connection.send(bytes).is_ok() && shut {
        connection.shut();
    }
    while let Ok(Some(reply)) = connection.reply() {
        statuses.push(reply.status);
    }
    statuses
}

#[test]
fn heads_that_are_none() {
    let served = Served::new();
    let server = start(&served);
    let many: String = (0..5000).map(|number| format!("X-{number}: x\r\n")).collect();
    let huge = format!("X: {}\r\n", "x".repeat(1 << 20));
    let heads: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"\r\n\r\n\r\n".to_vec(),
        b"\0\0\0\0".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"GET".to_vec(),
        b"GET / HTTP/1.1".to_vec(),
        b"GET / HTTP/1.1\r\nHost".to_vec(),
        b"GET / HTTP/1.1\r\nHost: x\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1 x\r\n\r\n".to_vec(),
        b"GET  / HTTP/1.1\r\n\r\n".to_vec(),
        b"GET /\0 HTTP/1.1\r\n\r\n".to_vec(),
        b"G\xffT / HTTP/1.1\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\n: x\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nX : x\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nX: \0\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nX: a\rb\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n".to_vec(),
        b"POST /predict HTTP/1.1\r\nContent-Length: -1\r\n\r\n[]".to_vec(),
        b"POST /predict HTTP/1.1\r\nContent-Length: +2\r\n\r\n[]".to_vec(),
        b"POST /predict HTTP/1.1\r\nContent-Length: 0x2\r\n\r\n[]".to_vec(),
        b"POST /predict HTTP/1.1\r\nContent-Length: 2 2\r\n\r\n[]".to_vec(),
        b"POST /predict HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n[]".to_vec(),
        b"POST /predict HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n[]".to_vec(),
        b"POST /predict HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n[]".to_vec(),
        format!("GET / HTTP/1.1\r\n{many}\r\n").into_bytes(),
        format!("GET / HTTP/1.1\r\n{huge}\r\n").into_bytes(),
        "x".repeat(1 << 20).into_bytes(),
    ];
    for head in heads {
        for shut in [true, false] {
            let statuses = statuses(&server, &head, shut);
            let start = head[..head.len().min(100)].escape_ascii();
            assert!(
                statuses.len() <= 1 && statuses.iter().all(|status| (400..500).contains(status)),
                "{start}: {statuses:?}"
            );
        }
    }
    assert_answers(&server);
    server.assert_sound();
}

#[test]
fn chunks_that_are_none() {
    let served = Served::new();
    let server = start(&served);
    for chunks in [
        "zz\r\n[]\r\n0\r\n\r\n",
        "-1\r\n[]\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\n[]\r\n0\r\n\r\n",
        "ffffffffffffffff\r\n[]\r\n0\r\n\r\n",
        "2\r\n[]",
        "2\r\n[]x\r\n0\r\n\r\n",
        "1\r\n[]\r\n0\r\n\r\n",
        "2\n[]\n0\n\n",
        "\r\n\r\n",
        "2",
        "",
    ] {
        for shut in [true, false] {
            let head = "POST /predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
            let statuses = statuses(&server, format!("{head}{chunks}").as_bytes(), shut);
            assert!(
                statuses.len() <= 1 && statuses.iter().all(|status| (400..500).contains(status)),
                "{chunks:?}: {statuses:?}"
            );
        }
    }
    // Extensions and trailers are allowed.
    let good = "2;a=b\r\n[]\r\n0\r\nX: x\r\n\r\n";
    let head = "POST /predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(
        statuses(&server, format!("{head}{good}").as_bytes(), false),
        [200]
    );
    assert_answers(&server);
    server.assert_sound();
}

/// Of which another server before this one might think otherwise where the request ends. No request may come out of another's body.
#[test]
fn smuggled_requests() {
    let served = Served::new();
    let server = start(&served);
    let smuggled = "GET /version HTTP/1.1\r\nHost: x\r\n\r\n";
    let length = smuggled.len();
    for (headers, body) in [
        (
            format!("Content-Length: 2\r\nContent-Length: {}", length + 2),
            format!("[]{smuggled}"),
        ),
        (
            format!("Content-Length: {}\r\nContent-Length: 2", length + 2),
            format!("[]{smuggled}"),
        ),
        (format!("Content-Length: 2, {length}"), format!("[]{smuggled}")),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity".into(),
            format!("0\r\n\r\n{smuggled}"),
        ),
        (
            "Transfer-Encoding: xchunked".into(),
            format!("0\r\n\r\n{smuggled}"),
        ),
        (
            "Transfer-Encoding : chunked".into(),
            format!("0\r\n\r\n{smuggled}"),
        ),
        (
            "Transfer-Encoding:\x0bchunked".into(),
            format!("0\r\n\r\n{smuggled}"),
        ),
    ] {
        let request = format!("POST /predict HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n{body}");
        let statuses = statuses(&server, request.as_bytes(), false);
        assert!(
            statuses.len() <= 1 && statuses.iter().all(|status| (400..500).contains(status)),
            "{request}: {statuses:?}"
        );
    }
    // With both, the chunks count, and the connection ends with the answer.
    for headers in [
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked", length + 5),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {}", length + 5),
    ] {
        let request = format!("POST /predict HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n0\r\n\r\n{smuggled}");
        let statuses = statuses(&server, request.as_bytes(), false);
        assert!(statuses == [400], "{request}: {statuses:?}");
    }
    assert_answers(&server);
    server.assert_sound();
}

#[test]
fn random_bytes() {
    let served = Served::new();
    let server = start(&served);
    let mut runner = TestRunner::default();
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6);
    let strategy = (prop::collection::vec(any::<u8>(), 0..300), edits, 0..4);
    for _ in 0..1000 {
        let (random, edits, kind) = strategy.new_tree(&mut runner).unwrap().current();
        let bytes = match kind {
            0 => random,
            1 => [PREFACE, &random].concat(),
            _ => {
                let mut good = GOOD.to_vec();
                for (place, byte) in edits {
                    let place = place.index(good.len());
                    good[place] = byte;
                }
                good
            }
        };
        let mut connection = Connection::open(server.address);
        connection.send(&bytes).unwrap();
        connection.shut();
        connection.end();
    }
    assert_answers(&server);
    server.assert_sound();
}
