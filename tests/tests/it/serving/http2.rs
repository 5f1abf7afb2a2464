//! HTTP/2 without TLS, on the same port.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use zen_core::service::Stage;

use super::host::{Host, later, options};
use super::models::Line;

/// A connection, and a future that ends when it is closed.
async fn open(
    host: &Host,
) -> (
    SendRequest<Full<Bytes>>,
    tokio::task::JoinHandle<hyper::Result<()>>,
) {
    let stream = tokio::net::TcpStream::connect(host.address).await.unwrap();
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    (sender, tokio::spawn(connection))
}

async fn predict(sender: &mut SendRequest<Full<Bytes>>, rows: &'static str) -> (StatusCode, Bytes) {
    let request = Request::post("http://test/predict")
        .body(Full::new(Bytes::from(rows)))
        .unwrap();
    sender.ready().await.unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert!(!answer.headers().contains_key("connection"));
    (
        answer.status(),
        answer.into_body().collect().await.unwrap().to_bytes(),
    )
}

#[test]
fn http2_is_spoken_on_the_same_port() {
    let host = Host::start(Line, options());
    host.runtime().block_on(async {
        let (mut sender, _) = open(&host).await;
        let mut other = sender.clone();
        let (one, two) = tokio::join!(predict(&mut sender, "[1]"), predict(&mut other, "[2]"));
        assert_eq!(one, (StatusCode::OK, Bytes::from("[3.0]")));
        assert_eq!(two, (StatusCode::OK, Bytes::from("[5.0]")));
        assert_eq!(predict(&mut sender, "x").await.0, StatusCode::BAD_REQUEST);
    });
}

#[test]
fn http2_is_told_to_go_away_when_the_server_leaves() {
    for stage in [
        Stage::Retiring { until: later() },
        Stage::Draining { until: later() },
    ] {
        let mut host = Host::start(Line, options());
        // The client still has its sender: it is the server that closes.
        let (sender, closed) = host.runtime().block_on(async {
            let (mut sender, closed) = open(&host).await;
            assert_eq!(predict(&mut sender, "[1]").await.0, StatusCode::OK);
            (sender, closed)
        });
        host.stage.send(stage).unwrap();
        host.runtime().block_on(closed).unwrap().unwrap();
        host.wait().unwrap();
        drop(sender);
    }
}
