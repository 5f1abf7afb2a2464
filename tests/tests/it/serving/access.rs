//! The access log and the trace context.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::host::{Host, options};
use super::models::Quick;
use crate::support::eventually;
use zen_integrations::native::AccessLog;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn wait(&self, lines: usize) -> Vec<Value> {
        eventually("the log is written", || self.lines().len() >= lines);
        self.lines()
    }
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[test]
fn each_request_is_a_line() {
    let log = Log::default();
    let sink = log.clone();
    let host = Host::start_with(Quick, options().access_log(AccessLog::All), |server| {
        server.log_to(sink)
    });
    let mut wire = host.open();
    wire.post("/predict", "[1]");
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let answer = wire.ask("GET", "/nothing?secret=1", &[("traceparent", &parent)], b"");
    assert_eq!(answer.header("traceparent"), Some(parent.as_str()));
    wire.get(&format!("/{}", "long".repeat(1000)));
    let lines = log.wait(3);
    assert_eq!(
        (&lines[0]["method"], &lines[0]["path"]),
        (&"POST".into(), &"/predict".into())
    );
    assert_eq!(
        (&lines[0]["status"], &lines[0]["bytes"]),
        (&200.into(), &5.into())
    );
    assert!(
        lines[0]["duration_ms"].as_f64().unwrap() > 0.0 && lines[0]["time"].as_str().unwrap().ends_with('Z')
    );
    assert_eq!(lines[0]["trace_id"].as_str().unwrap().len(), 32);
    assert_eq!(
        (&lines[1]["path"], &lines[1]["trace_id"]),
        (&"/nothing".into(), &TRACE.into())
    );
    assert_eq!(lines[2]["path"].as_str().unwrap().len(), 256);
    assert_ne!(lines[2]["trace_id"], lines[0]["trace_id"]);
}

#[test]
fn failures_alone_are_logged_when_asked_for() {
    let log = Log::default();
    let sink = log.clone();
    let host = Host::start_with(Quick, options().access_log(AccessLog::Failures), |server| {
        server.log_to(sink)
    });
    let mut wire = host.open();
    for row in ["1", "13", "2", "14"] {
        wire.post("/predict", &format!("[{row}]"));
    }
    let statuses: Vec<_> = log.wait(2).iter().map(|line| line["status"].clone()).collect();
    assert_eq!(statuses, [500, 500]);
}

#[test]
fn a_trace_context_that_is_none_is_not_returned() {
    let host = Host::start(Quick, options());
    let mut wire = host.open();
    assert_eq!(wire.get("/ping").header("traceparent"), None);
    let zeros = "0".repeat(32);
    for wrong in [
        "nonsense".to_owned(),
        format!("00-{TRACE}-00f067aa0ba902b7"),
        format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
        format!("00-{zeros}-00f067aa0ba902b7-01"),
        format!("00-{TRACE}-0000000000000000-01"),
        format!("ff-{TRACE}-00f067aa0ba902b7-01"),
        format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
    ] {
        let answer = wire.ask("GET", "/ping", &[("traceparent", &wrong)], b"");
        assert_eq!(answer.header("traceparent"), None, "{wrong}");
    }
    let newer = format!("01-{TRACE}-00f067aa0ba902b7-01-more");
    let answer = wire.ask("GET", "/ping", &[("traceparent", &newer)], b"");
    assert_eq!(answer.header("traceparent"), Some(newer.as_str()));
}
