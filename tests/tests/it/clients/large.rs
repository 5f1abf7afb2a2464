//! Bodies that are too large.

use std::io;

use zen_integrations::native::NativeOptions;
use zen_tests::models::Pairs;

use super::http::{Connection, Reply, ask};
use super::served::Served;

const GIB: usize = 1 << 30;

/// Sends until the server doesn't take any more, and then reads what it says.
fn pour(connection: &mut Connection, head: &str, piece: &[u8]) -> io::Result<Option<Reply>> {
    connection.send(head.as_bytes()).unwrap();
    let mut sent = 0;
    while sent < GIB {
        if connection.send(piece).is_err() {
            break;
        }
        sent += piece.len();
    }
    connection.reply()
}

#[test]
fn a_gibibyte() {
    const LIMIT: usize = 4 << 20;
    let served = Served::new();
    let server = served.start_with("m", &Pairs, &NativeOptions::default().body_limit(LIMIT));
    let before = server.resident();
    let chunk = [b"100000\r\n", " ".repeat(1 << 20).as_bytes(), b"\r\n"].concat();
    let plain = vec![b' '; 1 << 20];
    let claimed = format!("Content-Length: {GIB}");
    for (header, piece) in [(&*claimed, &plain), ("Transfer-Encoding: chunked", &chunk)] {
        let head = format!("POST /predict HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n");
        match pour(&mut Connection::open(server.address), &head, piece) {
            Ok(Some(reply)) => assert_eq!((reply.status, reply.is_last()), (413, true), "{head}"),
            // The client went on sending for longer than the server listened, and so lost the answer.
            Ok(None) => panic!("{head}: no answer"),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{head}"),
        }
    }
    // A client that waits has the answer, before it sends anything or as soon as it is too much.
    for path in ["/predict", "/invocations", "/v2/models/m/infer"] {
        for (header, body) in [
            (&*claimed, Vec::new()),
            (
                "Transfer-Encoding: chunked",
                chunk.repeat(LIMIT / plain.len() + 1),
            ),
        ] {
            let mut connection = Connection::open(server.address);
            let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n");
            connection.send(&[head.as_bytes(), &body].concat()).unwrap();
            let reply = connection.reply().unwrap().unwrap();
            assert_eq!((reply.status, reply.is_last()), (413, true));
            assert!(String::from_utf8_lossy(&reply.body).contains(&LIMIT.to_string()));
        }
    }
    let peak = server.peak();
    assert!(peak < before + 40, "{before} MiB became {peak} MiB");
    let reply = ask(server.address, "POST /predict HTTP/1.1", br#"[{"a":1,"b":2}]"#);
    assert_eq!((reply.status, &reply.body[..]), (200, &b"[3.0]"[..]));
    server.assert_sound();
}
