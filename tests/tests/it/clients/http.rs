//! A client of HTTP/1.1 that sends what it is told to, byte by byte.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// More than any answer takes, and less than a test may hang.
pub const SOON: Duration = Duration::from_secs(60);

/// A connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream.set_write_timeout(Some(SOON)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// The next answer; none when the server closes the connection instead.
    pub fn reply(&mut self) -> io::Result<Option<Reply>> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let status = line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3)?.parse().ok());
        let mut headers = Vec::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                assert_eq!(line, "\r\n");
                break;
            };
            headers.push((name.to_owned(), value.to_owned()));
        }
        let mut reply = Reply {
            status: status.expect("a status"),
            headers,
            body: Vec::new(),
        };
        let length = reply.header("content-length").expect("a length").parse().unwrap();
        reply.body.resize(length, 0);
        self.stream.read_exact(&mut reply.body)?;
        Ok(Some(reply))
    }

    /// Asks with a body, and reads the answer.
    pub fn ask(&mut self, head: &str, body: &[u8]) -> Reply {
        let head = format!("{head}\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
        self.send(&[head.as_bytes(), body].concat()).unwrap();
        self.reply().unwrap().expect("an answer")
    }

    /// Waits for the server to close the connection, and answers how much it sent before.
    pub fn end(&mut self) -> usize {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => rest.len(),
            Err(error) => panic!("the connection stays open: {error}"),
        }
    }

    pub fn shut(&self) {
        // The server may have closed it already.
        let _ = self.stream.get_ref().shutdown(std::net::Shutdown::Write);
    }
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether this was the connection's last answer.
    pub fn is_last(&self) -> bool {
        self.header("connection") == Some("close")
    }

    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// Checks that it is a refusal with a reason, as the Open Inference Protocol has it.
    pub fn assert_refusal(&self) {
        let body = self.json();
        assert!(
            body["error"].as_str().is_some_and(|reason| !reason.is_empty()),
            "{self:?}"
        );
        assert_eq!(body.as_object().unwrap().len(), 1, "{self:?}");
    }

    /// Checks that it is a refusal with a reason, as MLflow has it.
    pub fn assert_mlflow_refusal(&self) {
        let body = self.json();
        for field in ["error_code", "message"] {
            assert!(
                body[field].as_str().is_some_and(|text| !text.is_empty()),
                "{self:?}"
            );
        }
    }
}

/// Asks once.
pub fn ask(address: SocketAddr, head: &str, body: &[u8]) -> Reply {
    Connection::open(address).ask(head, body)
}
