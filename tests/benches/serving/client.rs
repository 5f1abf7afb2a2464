//! The client: one thread, a task a connection, and as little work as possible between an answer and the next request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::Barrier;

use crate::payload::Protocol;

/// How often each connection asks before anything is measured.
const WARM_UP: u32 = 20;

/// What came of some connections that asked for a while.
#[derive(Debug)]
pub(crate) struct Asked {
    /// How long each answer took, in nanoseconds, sorted.
    pub(crate) latencies: Vec<u32>,
    /// How long they asked.
    pub(crate) took: Duration,
}

impl Asked {
    /// The latency, in seconds, that this share of the answers does not exceed.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let place = (self.latencies.len() as f64 * share) as usize;
        let last = self.latencies.len().saturating_sub(1);
        let nanos = self.latencies.get(place.min(last));
        nanos.map_or(f64::NAN, |nanos| f64::from(*nanos) / 1e9)
    }

    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }
}

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

/// Lets so many connections ask for so long. `around` is called when the measured time begins, and when it has ended.
pub(crate) fn load(
    address: SocketAddr,
    protocol: Protocol,
    connections: usize,
    time: Duration,
    mut around: impl FnMut(),
) -> Asked {
    runtime().block_on(async {
        let ready = Arc::new(Barrier::new(connections + 1));
        let tasks: Vec<_> = (0..connections)
            .map(|_| {
                let ready = Arc::clone(&ready);
                tokio::spawn(async move {
                    let mut connection = Connection::open(address, protocol).await;
                    for _ in 0..WARM_UP {
                        connection.ask().await;
                    }
                    ready.wait().await;
                    let mut latencies = Vec::with_capacity(1 << 16);
                    let begun = Instant::now();
                    let mut asked = begun;
                    while asked - begun < time {
                        connection.ask().await;
                        let answered = Instant::now();
                        let nanos = (answered - asked).as_nanos();
                        latencies.push(u32::try_from(nanos).unwrap_or(u32::MAX));
                        asked = answered;
                    }
                    latencies
                })
            })
            .collect();
        ready.wait().await;
        around();
        let begun = Instant::now();
        let mut latencies = Vec::new();
        for task in tasks {
            latencies.extend(task.await.expect("a connection that works"));
        }
        let took = begun.elapsed();
        around();
        latencies.sort_unstable();
        Asked { latencies, took }
    })
}

/// A single connection.
pub(crate) struct Client {
    // Dropped before the runtime it is registered with.
    connection: Connection,
    runtime: Runtime,
}

impl Client {
    /// Connects, and asks once.
    pub(crate) fn connect(address: SocketAddr, protocol: Protocol) -> Self {
        let runtime = runtime();
        let connection = runtime.block_on(Connection::open(address, protocol));
        Self { connection, runtime }
    }

    /// Asks so often, and tells how long it took.
    pub(crate) fn ask(&mut self, count: u64) -> Duration {
        self.runtime.block_on(async {
            let begun = Instant::now();
            for _ in 0..count {
                self.connection.ask().await;
            }
            begun.elapsed()
        })
    }
}

struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    buffer: Vec<u8>,
    /// The answer's length, head included: the same each time.
    length: usize,
}

impl Connection {
    /// Connects and asks once, to see that the answer is right and how long it is.
    async fn open(address: SocketAddr, protocol: Protocol) -> Self {
        let stream = TcpStream::connect(address).await.expect("a server");
        stream.set_nodelay(true).expect("an option");
        let mut connection = Self {
            stream,
            request: protocol.request(),
            buffer: vec![0; 16 << 10],
            length: 0,
        };
        connection.send().await;
        let mut read = 0;
        let (head, length) = loop {
            let (_, more) = connection.buffer.split_at_mut(read);
            let count = connection.stream.read(more).await.expect("an answer");
            assert!(count > 0, "the server closed the connection");
            read += count;
            if let Some(whole) = whole(&connection.buffer[..read]) {
                break whole;
            }
        };
        let (head, body) = connection.buffer[..length].split_at(head);
        let (head, text) = (String::from_utf8_lossy(head), String::from_utf8_lossy(body));
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}{text}");
        assert!(protocol.is_right(body), "not the right answer: {head}{text}");
        connection.length = length;
        connection
    }

    async fn send(&mut self) {
        self.stream
            .write_all(&self.request)
            .await
            .expect("a server that reads");
    }

    async fn ask(&mut self) {
        self.send().await;
        let mut read = 0;
        while read < self.length {
            let count = self.stream.read(&mut self.buffer[read..]).await;
            let count = count.expect("an answer");
            assert!(count > 0, "the server closed the connection");
            read += count;
        }
        let is_ok = self.buffer.starts_with(b"HTTP/1.1 200 ");
        assert!(is_ok && read == self.length, "another answer than the first");
    }
}

/// The lengths of the head and of the whole answer, when all of it is there.
fn whole(answer: &[u8]) -> Option<(usize, usize)> {
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|length| length.trim().parse::<usize>().ok())
        .expect("an answer with a length");
    (answer.len() >= head + length).then_some((head, head + length))
}
