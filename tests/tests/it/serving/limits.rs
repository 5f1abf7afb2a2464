//! What is too large, too slow or not allowed.

use std::time::Duration;

use zen_core::service::TokenSource;

use super::host::{Host, options};
use super::models::Line;

#[test]
fn a_body_that_is_too_large_is_refused() {
    let host = Host::start(Line, options().body_limit(1000));
    let fits = format!("[{}1]", " ".repeat(997));
    assert_eq!(host.open().post("/predict", &fits).status, 200);
    for path in ["/predict", "/v2/models/model/infer", "/v2/repository/index"] {
        let mut wire = host.open();
        let answer = wire.post(path, &format!("[{}1]", " ".repeat(998)));
        assert_eq!(answer.status, 413);
        assert!(answer.closes() && answer.error().contains("1000"));
        assert!(wire.is_at_end());
    }
    let answer = host.open().post("/invocations", &" ".repeat(5000));
    assert_eq!(answer.status, 413);
    assert!(answer.json()["error_code"].is_string());
}

#[test]
fn a_body_that_is_far_too_large_is_answered_while_it_is_sent() {
    let host = Host::start(Line, options().body_limit(1000));
    // More than the buffers of a connection take: the answer must come before the server has read it all.
    let body = vec![b' '; 20 << 20];
    let answer = host.open().ask("POST", "/predict", &[], &body);
    assert_eq!(answer.status, 413);
    let mut wire = host.open();
    wire.raw("POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n");
    wire.raw(vec![b' '; 0x800]);
    assert_eq!(
        wire.answer().unwrap().status,
        413,
        "although it doesn't say how long it is"
    );
}

#[test]
fn a_huge_body_is_cut_off() {
    let host = Host::start(Line, options().body_limit(1000));
    let mut wire = host.open();
    wire.raw("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n[1,");
    let answer = wire.answer().unwrap();
    assert!(answer.status == 413 && answer.closes());
    assert!(wire.is_at_end(), "although the body hasn't come");
}

#[test]
fn a_client_that_asks_before_sending_is_told_not_to() {
    let host = Host::start(Line, options().body_limit(1000));
    let mut wire = host.open();
    wire.raw("POST /predict HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n");
    assert_eq!(wire.answer().unwrap().status, 413);
    let mut wire = host.open();
    wire.raw("POST /predict HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_eq!(wire.answer().unwrap().status, 100);
    wire.raw("[1]");
    assert_eq!(wire.answer().unwrap().text(), "[3.0]");
}

#[test]
fn a_slow_head_is_cut_off() {
    let host = Host::start(Line, options().header_timeout(Duration::from_millis(200)));
    let mut wire = host.open();
    wire.raw("POST /predict HTTP/1.1\r\nHo");
    assert!(wire.is_at_end());
    let mut silent = host.open();
    assert!(silent.is_at_end(), "a connection on which nothing comes");
    let mut later = host.open();
    assert_eq!(later.post("/predict", "[1]").status, 200);
    later.raw("POST /predict HTTP/1.1\r\nHo");
    assert!(later.is_at_end(), "the second request");
}

#[test]
fn an_idle_connection_outlives_the_time_for_a_head_but_not_that_for_idleness() {
    let short = Duration::from_millis(50);
    let host = Host::start(Line, options().header_timeout(short));
    let mut idle = host.open();
    assert_eq!(idle.post("/predict", "[1]").status, 200);
    let mut other = host.open();
    assert!(other.is_at_end(), "the time for a head is over");
    assert_eq!(idle.post("/predict", "[1]").status, 200);
    let host = Host::start(Line, options().idle_timeout(short));
    let mut idle = host.open();
    assert_eq!(idle.post("/predict", "[1]").status, 200);
    assert!(idle.is_at_end());
}

#[test]
fn a_slow_body_is_cut_off() {
    let host = Host::start(Line, options().body_timeout(Duration::from_millis(100)));
    let mut wire = host.open();
    wire.raw("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n[1,");
    let answer = wire.answer().unwrap();
    assert_eq!(answer.status, 408);
    assert!(answer.closes() && answer.error().contains("100ms"));
    assert!(wire.is_at_end());
}

#[test]
fn more_connections_than_allowed_wait() {
    let host = Host::start(Line, options().max_connections(1));
    let mut first = host.open();
    assert_eq!(first.post("/predict", "[1]").status, 200);
    let mut second = host.open();
    second.send("POST", "/predict", &[], b"[2]");
    assert_eq!(first.post("/predict", "[1]").status, 200);
    assert!(
        host.engine
            .metrics()
            .encode()
            .contains("zen_connections{model=\"model\",version=\"1\"} 1")
    );
    drop(first);
    assert_eq!(second.answer().unwrap().text(), "[5.0]");
}

#[test]
fn without_the_token_only_health_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "secret-token\n").unwrap();
    let host = Host::start(Line, options().token(TokenSource::File(file)));
    for value in [
        None,
        Some("Bearer wrong"),
        Some("Bearer "),
        Some("secret-token"),
        Some("Basic secret-token"),
    ] {
        let headers: Vec<_> = value.map(|value| ("Authorization", value)).into_iter().collect();
        for (method, path) in [
            ("POST", "/predict"),
            ("POST", "/v2/models/model/infer"),
            ("GET", "/metrics"),
            ("GET", "/v2"),
            ("GET", "/v2/models/model/ready"),
            ("GET", "/nothing"),
        ] {
            let answer = host.open().ask(method, path, &headers, b"[1]");
            assert_eq!(
                (answer.status, answer.header("www-authenticate")),
                (401, Some("Bearer")),
                "{path}"
            );
            assert!(!answer.error().is_empty());
        }
        let answer = host.open().ask("POST", "/invocations", &headers, b"{}");
        assert!(answer.status == 401 && answer.json()["error_code"].is_string());
        for path in ["/ping", "/health", "/v2/health/live", "/v2/health/ready"] {
            assert_eq!(host.open().ask("GET", path, &headers, b"").status, 200, "{path}");
        }
    }
    for value in ["Bearer secret-token", "bearer  secret-token"] {
        let answer = host
            .open()
            .ask("POST", "/predict", &[("Authorization", value)], b"[1]");
        assert_eq!(answer.text(), "[3.0]");
    }
}

#[test]
fn without_its_token_a_server_does_not_start() {
    let source = TokenSource::File("no such file".into());
    let mut host = Host::start(Line, options().token(source));
    let error = host.wait().unwrap_err();
    assert!(error.to_string().contains("token"));
}
