//! A client that asks the server all the time, as plainly as can be: a connection for each request, and nothing is tried again.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use zen_core::prelude::*;
use zen_examples::digits::PIXELS;

/// From one request to the next.
const PAUSE: Duration = Duration::from_millis(10);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What has come of the requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// How many there were.
    pub(crate) requests: usize,
    /// How many of them weren't answered with a prediction.
    pub(crate) failed: usize,
    /// What was wrong with the first of those.
    pub(crate) error: Option<String>,
}

/// A client at work in a thread of its own, until it is asked for what came of it.
#[derive(Debug)]
pub(crate) struct Client {
    stop: Sender<()>,
    thread: JoinHandle<Asked>,
}

impl Client {
    /// Asks this URL from now on.
    pub(crate) fn start(url: &str) -> Result<Self> {
        let bare = url.strip_prefix("http://").and_then(|rest| rest.split_once('/'));
        let (address, path) = bare.ok_or_else(|| format!("{url} is no URL that is asked here"))?;
        // A server that listens everywhere is asked here.
        let address = address.replace("0.0.0.0", "127.0.0.1");
        let request = request(&address, path);
        let (stop, stopped) = channel();
        let work = move || {
            let mut asked = Asked::default();
            loop {
                asked.requests += 1;
                if let Err(error) = ask(&address, &request) {
                    asked.failed += 1;
                    asked.error.get_or_insert(error.to_string());
                }
                match stopped.recv_timeout(PAUSE) {
                    Err(RecvTimeoutError::Timeout) => {}
                    _ => return asked,
                }
            }
        };
        let thread = std::thread::Builder::new().name("client".into()).spawn(work)?;
        Ok(Self { stop, thread })
    }

    /// Stops, and tells what has come of all requests.
    pub(crate) fn stop(self) -> Result<Asked> {
        drop(self.stop);
        self.thread.join().map_err(|_| "the client's thread died".into())
    }
}

fn request(address: &str, path: &str) -> String {
    let body = format!("[[{}]]", vec!["8"; PIXELS].join(","));
    format!(
        "POST /{path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn ask(address: &str, request: &str) -> io::Result<()> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.write_all(request.as_bytes())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    match answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"digit\":") {
        true => Ok(()),
        false => Err(io::Error::other(format!("the server answered {answer:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn what_is_no_prediction_counts_as_failed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let client = Client::start(&format!("http://{address}/predict")).unwrap();
        for answer in [
            "HTTP/1.1 200 OK\r\n\r\n[{\"digit\":1}]",
            "HTTP/1.1 503 No\r\n\r\n",
            "",
        ] {
            let (mut connection, _) = listener.accept().unwrap();
            // All of it: closing a connection with unread bytes resets it.
            let mut asked = vec![0; request(&address, "predict").len()];
            connection.read_exact(&mut asked).unwrap();
            assert!(asked.starts_with(b"POST /predict "));
            connection.write_all(answer.as_bytes()).unwrap();
        }
        // Nobody listens any more: what is asked from now on fails too.
        drop(listener);
        let asked = client.stop().unwrap();
        assert!(asked.failed >= 2 && asked.requests > asked.failed, "{asked:?}");
        assert!(asked.error.is_some());
    }
}
