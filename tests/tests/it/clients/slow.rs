//! Clients that are slow, of a server with few places.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use zen_integrations::native::NativeOptions;
use zen_tests::models::Capitals;

use super::http::{Connection, SOON, ask};
use super::served::{Served, Server};

const PLACES: usize = 4;

const HARDLY: Duration = Duration::from_millis(300);

fn start(served: &Served, body_timeout: Duration) -> Server {
    let options = NativeOptions::default()
        .header_timeout(HARDLY)
        .body_timeout(body_timeout)
        .idle_timeout(HARDLY)
        .max_connections(PLACES);
    served.start_with("m", &Capitals, &options)
}

/// Others are answered although there are as many of these clients as there are places.
fn assert_places_are_freed(server: &Server, connections: Vec<Connection>) {
    assert!(connections.len() >= PLACES);
    let reply = ask(server.address, "POST /predict HTTP/1.1", br#"["a"]"#);
    assert_eq!((reply.status, &reply.body[..]), (200, &br#"["A"]"#[..]));
    server.assert_sound();
}

fn open(server: &Server, bytes: &[u8]) -> Vec<Connection> {
    let open = |_| {
        let mut connection = Connection::open(server.address);
        connection.send(bytes).unwrap();
        connection
    };
    (0..PLACES).map(open).collect()
}

#[test]
fn who_says_nothing() {
    let served = Served::new();
    let server = start(&served, HARDLY);
    assert_places_are_freed(&server, open(&server, b""));
    assert_places_are_freed(&server, open(&server, b"GET / HTTP/1.1\r\nHost: "));
    assert_places_are_freed(&server, open(&server, b"GET /ping HTTP/1.1\r\n\r\n"));
    assert_places_are_freed(&server, open(&server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
}

/// Sends a byte now and then, until the server closes the connection.
fn drip(connection: &mut Connection, bytes: &[u8]) {
    let end = Instant::now() + SOON;
    for byte in bytes.iter().cycle() {
        assert!(Instant::now() < end, "the server listens for ever");
        match connection.send(&[*byte]) {
            Ok(()) => std::thread::sleep(Duration::from_millis(20)),
            Err(error) => {
                assert!([ErrorKind::BrokenPipe, ErrorKind::ConnectionReset].contains(&error.kind()));
                return;
            }
        }
    }
}

#[test]
fn who_drips() {
    let served = Served::new();
    let server = start(&served, HARDLY);
    for start in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"POST /predict HTTP/1.1\r\nContent-Length: 100000\r\n\r\n[",
    ] {
        let mut connection = Connection::open(server.address);
        connection.send(start).unwrap();
        drip(&mut connection, b"x-a: b\r\n");
    }
    // The body's time is over: the client is told.
    let mut connection = Connection::open(server.address);
    connection
        .send(b"POST /predict HTTP/1.1\r\nContent-Length: 10\r\n\r\n[")
        .unwrap();
    let reply = connection.reply().unwrap().unwrap();
    assert_eq!((reply.status, reply.is_last()), (408, true));
    reply.assert_refusal();
    connection.end();
    server.assert_sound();
}

#[test]
fn who_does_not_read() {
    let served = Served::new();
    let server = start(&served, SOON);
    // More than the buffers of a connection hold.
    let text = serde_json::to_vec(&["x".repeat(16 << 20)]).unwrap();
    let head = format!("POST /predict HTTP/1.1\r\nContent-Length: {}\r\n\r\n", text.len());
    assert_places_are_freed(&server, open(&server, &[head.as_bytes(), &text].concat()));
}

#[test]
fn who_begins_a_message_of_grpc_and_stops() {
    let served = Served::new();
    let server = start(&served, HARDLY);
    // An empty SETTINGS; HEADERS of a request (literal, without Huffman's code); DATA that says that 100 bytes come.
    let headers: Vec<u8> = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "a"),
        (":path", "/inference.GRPCInferenceService/ModelInfer"),
        ("content-type", "application/grpc"),
    ]
    .iter()
    .flat_map(|(name, value)| {
        let literal = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
        [vec![0], literal(name), literal(value)].concat()
    })
    .collect();
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        [
            &[0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream],
            payload,
        ]
        .concat()
    };
    let bytes = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(4, 0, 0, &[]),
        frame(1, 4, 1, &headers),
        frame(0, 0, 1, &[0, 0, 0, 0, 100]),
    ];
    assert_places_are_freed(&server, open(&server, &bytes.concat()));
    let metrics = ask(server.address, "GET /metrics HTTP/1.1", b"");
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    let counted = metrics
        .lines()
        .any(|line| line.contains("protocol=\"grpc\",code=\"4\"} "));
    assert!(counted, "{metrics}");
}
