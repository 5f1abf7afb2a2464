//! gRPC beside HTTP: what the server does before and after its router.

use std::convert::Infallible;
use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use http_body_util::StreamBody;
use http_body_util::combinators::BoxBody;
use hyper::body::{Bytes, Frame};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use zen_integrations::native::NativeOptions;

use super::host::{Host, options};
use super::models::Line;
use crate::support::eventually;

const INFER: &str = "/inference.GRPCInferenceService/ModelInfer";
const LIVE: &str = "/inference.GRPCInferenceService/ServerLive";
const READY: &str = "/inference.GRPCInferenceService/ModelReady";

/// A whole message with nothing in it.
const EMPTY: &[u8] = &[0; 5];

type Sender = SendRequest<BoxBody<Bytes, Infallible>>;

fn start(options: NativeOptions) -> Host {
    Host::start_grpc(Line, options)
}

fn open(host: &Host) -> Sender {
    host.runtime().block_on(async {
        let stream = tokio::net::TcpStream::connect(host.address).await.unwrap();
        let io = TokioIo::new(stream);
        let (sender, connection) = handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        sender
    })
}

/// Sends these bytes, and the end only when it is wanted.
fn request(path: &str, bytes: impl Into<Bytes>, ends: bool) -> Request<BoxBody<Bytes, Infallible>> {
    let data = stream::iter([Ok(Frame::data(bytes.into()))]);
    let body = match ends {
        true => BoxBody::new(StreamBody::new(data)),
        false => BoxBody::new(StreamBody::new(data.chain(stream::pending()))),
    };
    Request::post(format!("http://test{path}"))
        .header("content-type", "application/grpc")
        .body(body)
        .unwrap()
}

fn ask(host: &Host, sender: &mut Sender, request: Request<BoxBody<Bytes, Infallible>>) -> Response<()> {
    let answer = async {
        sender.ready().await.unwrap();
        let answer = sender.send_request(request);
        tokio::time::timeout(Duration::from_secs(60), answer).await
    };
    let answer = host.runtime().block_on(answer);
    answer.expect("no answer within a minute").unwrap().map(drop)
}

/// The code and the message of an answer that has nothing before them.
fn error(answer: &Response<()>) -> (&str, &str) {
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/grpc");
    let text = |name| {
        let value = answer.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap())
    };
    (text("grpc-status"), text("grpc-message"))
}

fn assert_counted(host: &Host, code: &str) {
    let line =
        format!("zen_requests_total{{model=\"model\",version=\"1\",protocol=\"grpc\",code=\"{code}\"}} 1\n");
    let counted = host.engine.metrics().encode();
    assert!(counted.contains(&line), "{counted}");
}

#[test]
fn a_slow_body_exceeds_its_deadline() {
    for bytes in [
        // A message of which the rest doesn't come, and one after which the end doesn't.
        &[0, 0, 0, 0, 100][..],
        EMPTY,
        b"",
    ] {
        let host = start(options().body_timeout(Duration::from_millis(100)));
        let mut sender = open(&host);
        let answer = ask(&host, &mut sender, request(INFER, bytes, false));
        assert_eq!(
            error(&answer),
            ("4", "the request's body did not come within 100ms")
        );
        assert_counted(&host, "4");
        // Others on the connection are answered.
        let answer = ask(&host, &mut sender, request(LIVE, EMPTY, true));
        assert_eq!(error(&answer), ("", ""));
        assert_counted(&host, "0");
    }
}

#[test]
fn what_has_no_route_is_unimplemented() {
    let host = start(options());
    let answer = ask(&host, &mut open(&host), request("/nope", EMPTY, true));
    assert_eq!(
        error(&answer),
        ("12", "this server has no such service or method")
    );
    assert_counted(&host, "12");
}

#[test]
fn bodies_share_the_memory() {
    let host = start(options().memory_limit(100));
    let mut sender = open(&host);
    let ready = |sender: &mut Sender| {
        let answer = ask(&host, sender, request(READY, EMPTY, true));
        error(&answer).0.to_owned()
    };
    // What it would be refused with when there is room.
    assert_eq!(ready(&mut sender), "5");
    let mut message = vec![0; 97];
    message[4] = 200;
    let begin = || {
        let mut other = open(&host);
        let message = message.clone();
        host.runtime().spawn(async move {
            let _ = other.send_request(request(INFER, message, false)).await;
        })
    };
    let mut waiting = begin();
    eventually("the room is taken", || {
        let taken = ready(&mut sender) == "8";
        if !taken {
            // Whoever asks takes room too, and may have had it when the other's bytes came: that was refused then.
            waiting.abort();
            waiting = begin();
        }
        taken
    });
    let answer = ask(&host, &mut sender, request(READY, EMPTY, true));
    assert!(error(&answer).1.contains("100 bytes"), "{answer:?}");
    // Health checks are answered all the same.
    let answer = ask(&host, &mut sender, request(LIVE, EMPTY, true));
    assert_eq!(error(&answer), ("", ""));
    let answer = ask(&host, &mut sender, request(LIVE, vec![0; 5000], true));
    assert_eq!(error(&answer).0, "8");
    waiting.abort();
    eventually("there is room again", || ready(&mut sender) == "5");
    let answer = ask(&host, &mut sender, request(INFER, vec![0; 101], true));
    assert_eq!(
        error(&answer),
        (
            "8",
            "the request's body is larger than the 100 bytes this server takes"
        )
    );
}
