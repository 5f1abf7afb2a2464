//! Thousands of malformed bodies, sent to a running server over connections that are kept.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use zen_core::artifact::Materialize;
use zen_tests::models::{Capitals, Pairs, Vectors};

use super::http::{Connection, Reply};
use super::served::{Served, Server};
use crate::protocols::mutate::{bodies, json_end};

/// After so many requests, a server's memory is compared with what it is in the end.
const WARM: usize = 2_000;
/// How much more it may have then, in MiB.
const GROWTH: u64 = 24;

/// How many bodies are sent: 10,000, unless `ZEN_TEST_FUZZ` says otherwise.
pub fn cases() -> usize {
    let cases = std::env::var("ZEN_TEST_FUZZ").ok();
    cases.map_or(10_000, |cases| cases.parse().unwrap())
}

/// Looks at a server's memory while requests are sent to it.
pub struct Memory<'a> {
    server: &'a Server,
    warm: Option<u64>,
}

impl<'a> Memory<'a> {
    pub fn of(server: &'a Server) -> Self {
        Self { server, warm: None }
    }

    pub fn note(&mut self, sent: usize) {
        if sent == WARM {
            self.warm = Some(self.server.resident());
        }
    }

    pub fn assert_steady(&self) {
        let (now, warm) = (self.server.resident(), self.warm.unwrap_or(u64::MAX - GROWTH));
        assert!(now <= warm + GROWTH, "{warm} MiB have become {now} MiB");
    }
}

/// Sends bodies, each with one of these heads, and one good body now and then.
fn fuzz<M: Materialize>(
    model: &M,
    good: &'static [&'static [u8]],
    head: impl Fn(&[u8], usize, usize) -> String,
    check: impl Fn(&Reply),
) {
    let served = Served::new();
    let server = served.start("m", model);
    let mut runner = TestRunner::default();
    let strategy = (bodies(good), any::<usize>(), any::<usize>());
    let mut connection = Connection::open(server.address);
    let mut memory = Memory::of(&server);
    let (mut answered, mut closed) = (0, 0);
    for sent in 0..cases() {
        let (body, choice, other) = strategy.new_tree(&mut runner).unwrap().current();
        let head = head(&body, choice, other);
        let reply = match choice % 5 {
            0 => ask_in_chunks(&mut connection, &head, &body, other),
            _ => connection.ask(&head, &body),
        };
        let context = || format!("{head}\n{}\n{reply:?}", body.escape_ascii());
        match reply.status {
            200 => answered += 1,
            400..=499 => check(&reply),
            _ => panic!("{}", context()),
        }
        if reply.is_last() {
            // What is left of a body that isn't wanted may have to be thrown away.
            assert!([413, 415].contains(&reply.status), "{}", context());
            closed += 1;
            connection = Connection::open(server.address);
        }
        memory.note(sent);
    }
    eprintln!("{answered} were good; {closed} connections were closed");
    assert!(answered > 0, "no body was good: the generator is of no use");
    memory.assert_steady();
    server.assert_sound();
}

/// Sends a body as chunks of sizes that depend on `seed`.
fn ask_in_chunks(connection: &mut Connection, head: &str, body: &[u8], seed: usize) -> Reply {
    let mut sent = format!("{head}\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").into_bytes();
    for chunk in body.chunks(seed % 50 + 1) {
        sent.extend(format!("{:x}\r\n", chunk.len()).bytes());
        sent.extend(chunk);
        sent.extend(b"\r\n");
    }
    sent.extend(b"0\r\n\r\n");
    connection.send(&sent).unwrap();
    connection.reply().unwrap().expect("an answer")
}

fn content_type(kinds: &[&str], choice: usize) -> String {
    match kinds.get(choice % (kinds.len() + 1)) {
        Some(kind) => format!("\r\nContent-Type: {kind}"),
        None => String::new(),
    }
}

/// The header that says where binary tensors begin: right mostly, but also wrong or no number.
fn json_length(body: &[u8], choice: usize, other: usize) -> String {
    let length = match choice % 8 {
        0..6 => json_end(body).to_string(),
        6 => (other % (body.len() + 10)).to_string(),
        _ => format!("{other}x"),
    };
    format!("\r\nInference-Header-Content-Length: {length}")
}

#[test]
fn typed_json() {
    const GOOD: [&[u8]; 3] = [
        br#"[{"a":1.5,"b":-2},{"b":1e3,"a":0}]"#,
        br#"[{"a":1,"b":2}]"#,
        b"[]",
    ];
    let kinds = ["application/json", "application/json; charset=utf-8", "text/csv"];
    let head = |_: &[u8], _, other| format!("POST /predict HTTP/1.1{}", content_type(&kinds, other));
    fuzz(&Pairs, &GOOD, head, Reply::assert_refusal);
}

#[test]
fn inference_in_json() {
    const GOOD: [&[u8]; 4] = [
        br#"{"id":"42","parameters":{"a":1},"inputs":[{"name":"a","shape":[2],"datatype":"FP64","data":[5.1,3.5]},{"name":"b","shape":[2],"datatype":"FP64","data":[1e3,-2]}],"outputs":[{"name":"output"}]}"#,
        br#"{"inputs":[{"data":[1],"name":"a","shape":[1],"datatype":"FP64"},{"name":"b","shape":[1],"datatype":"FP64","data":[3]}],"parameters":{"binary_data_output":true}}"#,
        br#"{"inputs":[{"name":"b","shape":[0],"datatype":"FP64","data":[]},{"name":"a","shape":[0],"datatype":"FP64","data":[]}]}"#,
        br#"{"inputs":[]}"#,
    ];
    let kinds = ["application/json", "application/octet-stream"];
    let path = ["/v2/models/m/infer", "/v2/models/m/versions/1/infer"];
    let head = |_: &[u8], choice: usize, other| {
        format!(
            "POST {} HTTP/1.1{}",
            path[choice % 2],
            content_type(&kinds, other)
        )
    };
    fuzz(&Pairs, &GOOD, head, Reply::assert_refusal);
}

#[test]
fn inference_of_binary_tensors() {
    const GOOD: [&[u8]; 3] = [
        b"{\"inputs\":[{\"name\":\"input\",\"shape\":[1,4],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":16}}]}33\xa3@\x00\x00`@33\xb3?\xcd\xccL>",
        b"{\"inputs\":[{\"name\":\"input\",\"shape\":[1,4],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":16}}],\"outputs\":[{\"name\":\"output\",\"parameters\":{\"binary_data\":true}}]}33\xa3@\x00\x00`@33\xb3?\xcd\xccL>",
        br#"{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"#,
    ];
    let head = |body: &[u8], choice, other| {
        format!(
            "POST /v2/models/m/infer HTTP/1.1{}",
            json_length(body, choice, other)
        )
    };
    fuzz(&Vectors, &GOOD, head, Reply::assert_refusal);
}

#[test]
fn inference_of_binary_text() {
    const GOOD: [&[u8]; 2] = [
        b"{\"inputs\":[{\"name\":\"input\",\"shape\":[2],\"datatype\":\"BYTES\",\"parameters\":{\"binary_data_size\":9}}]}\x01\x00\x00\x00a\x00\x00\x00\x00",
        br#"{"inputs":[{"data":["a","\u00e9\n"],"name":"input","shape":[2],"datatype":"BYTES"}],"parameters":{"binary_data_output":true}}"#,
    ];
    let head = |body: &[u8], choice, other| {
        format!(
            "POST /v2/models/m/infer HTTP/1.1{}",
            json_length(body, choice, other)
        )
    };
    fuzz(&Capitals, &GOOD, head, Reply::assert_refusal);
}

#[test]
fn mlflow() {
    const GOOD: [&[u8]; 6] = [
        br#"{"dataframe_split":{"columns":["a","b"],"index":[0,1],"data":[[1.0,2.0],[3.0,4.0]]},"params":{"k":10.0}}"#,
        br#"{"dataframe_records":[{"a":1.0,"b":2.0},{"b":3,"a":4}]}"#,
        br#"{"instances":[{"a":1.0,"b":2.0}]}"#,
        br#"{"inputs":{"a":[1.0],"b":[2.0]}}"#,
        b"a,b\n1.0,2\n\"3\",4\n",
        b"b,a\n1,+2\n",
    ];
    let head = |body: &[u8], choice: usize, other| {
        // Mostly the right one.
        let kinds: &[&str] = match (choice % 4, body.starts_with(b"{")) {
            (0, _) => &["application/json", "text/csv", "text/csv; x=1", "application/xml"],
            (_, true) => &["application/json", "application/json; charset=utf-8"],
            (_, false) => &["text/csv", "text/csv; charset=utf-8"],
        };
        format!("POST /invocations HTTP/1.1{}", content_type(kinds, other))
    };
    fuzz(&Pairs, &GOOD, head, Reply::assert_mlflow_refusal);
}
