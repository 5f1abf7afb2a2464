//! Models that panic, fail and hang.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use zen_integrations::native::NativeOptions;
use zen_tests::models::Obedient;

use super::http::{Reply, ask};
use super::served::Served;

/// Asks for the same in each protocol, and answers with the statuses.
fn order(address: SocketAddr, word: &str) -> [u16; 3] {
    each(address, word).map(|reply| reply.status)
}

fn each(address: SocketAddr, word: &str) -> [Reply; 3] {
    let rows = json!([word]);
    let inputs = json!({"inputs": [{"name": "input", "shape": [1], "datatype": "BYTES", "data": rows}]});
    let post = |path: &str, body: &serde_json::Value| {
        ask(
            address,
            &format!("POST {path} HTTP/1.1"),
            body.to_string().as_bytes(),
        )
    };
    [
        post("/predict", &rows),
        post("/v2/models/m/infer", &inputs),
        post("/invocations", &json!({"instances": rows})),
    ]
}

#[test]
fn a_model_that_panics_or_fails() {
    let served = Served::new();
    let server = served.start("m", &Obedient);
    for (word, status, reason) in [
        ("panic", 500, "the model panicked: as told"),
        ("fail", 500, "failed as told"),
        ("refuse", 400, "refused as told"),
        ("fewer", 500, "0 predictions of 1 rows"),
    ] {
        for _ in 0..20 {
            let [typed, v2, mlflow] = each(server.address, word);
            for reply in [&typed, &v2] {
                reply.assert_refusal();
            }
            mlflow.assert_mlflow_refusal();
            for reply in [typed, v2, mlflow] {
                assert_eq!(reply.status, status, "{word}");
                assert!(String::from_utf8_lossy(&reply.body).contains(reason), "{reply:?}");
            }
            assert_eq!(order(server.address, "well"), [200; 3]);
        }
    }
    assert_eq!(
        ask(server.address, "GET /v2/health/ready HTTP/1.1", b"").status,
        200
    );
    assert!(server.log().contains("as told"));
}

#[test]
fn a_model_that_hangs() {
    let served = Served::new();
    // What is in one batch hangs together.
    let options = NativeOptions::default()
        .max_batch_rows(1)
        .request_timeout(Duration::from_secs(1))
        .model_threads(2);
    let server = served.start_with("m", &Obedient, &options);
    let address = server.address;
    for _ in 0..2 {
        let hanging = std::thread::spawn(move || ask(address, "POST /predict HTTP/1.1", br#"["hang"]"#));
        let mut others = 0;
        while !hanging.is_finished() {
            assert_eq!(order(address, "well"), [200; 3]);
            others += 1;
        }
        assert!(others > 0);
        let reply = hanging.join().unwrap();
        assert_eq!(reply.status, 504);
        reply.assert_refusal();
    }
    // The places of those that hang are taken by others, but not without end.
    assert_eq!(order(address, "hang"), [504; 3]);
    assert_eq!(order(address, "well"), [200; 3]);
    assert_eq!(ask(address, "GET /v2/health/ready HTTP/1.1", b"").status, 200);
    server.assert_sound();
}
