//! Stores behind a network that fail in parts.

use std::fmt;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::FutureExt;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};
use zen_core::artifact::{ArtifactError, ArtifactStore, Digest};
use zen_core::prelude::*;
use zen_core::upkeep::VerifyOptions;

/// Which part of an upload fails.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fails {
    Nothing,
    Part(usize),
    Complete,
    /// It is done, and the answer says that there is no such upload: what a repeated request is told.
    Answer,
}

/// Counts the parts, and how many are under way at once.
#[derive(Debug)]
struct Parts {
    fails: Fails,
    inner: InMemory,
    parts: AtomicUsize,
    under_way: AtomicUsize,
    most: AtomicUsize,
    aborted: AtomicUsize,
}

#[derive(Debug)]
struct Far(Arc<Parts>);

#[derive(Debug)]
struct Upload {
    store: Arc<Parts>,
    inner: Box<dyn MultipartUpload>,
    parts: usize,
}

fn told() -> Error {
    Error::Generic {
        store: "Far",
        source: "told to fail at http://far/key?sig=HIDDEN".into(),
    }
}

#[async_trait::async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (store, part) = (Arc::clone(&self.store), self.parts);
        self.parts += 1;
        let inner = self.inner.put_part(data);
        async move {
            store.parts.fetch_add(1, Ordering::SeqCst);
            let now = store.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            store.most.fetch_max(now, Ordering::SeqCst);
            // The others have their turn while this one is under way.
            tokio::task::yield_now().await;
            let result = inner.await;
            store.under_way.fetch_sub(1, Ordering::SeqCst);
            if store.fails == Fails::Part(part) {
                return Err(told());
            }
            result
        }
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        match self.store.fails {
            Fails::Complete => Err(told()),
            Fails::Answer => {
                self.inner.complete().await?;
                Err(told())
            }
            _ => self.inner.complete().await,
        }
    }

    async fn abort(&mut self) -> Result<()> {
        self.store.aborted.fetch_add(1, Ordering::SeqCst);
        self.inner.abort().await
    }
}

impl fmt::Display for Far {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Far")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Far {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.0.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let inner = self.0.inner.put_multipart_opts(location, options).await?;
        Ok(Box::new(Upload {
            store: Arc::clone(&self.0),
            inner,
            parts: 0,
        }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.0.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.0.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.0.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.0.inner.copy_opts(from, to, options).await
    }
}

fn far(fails: Fails) -> (Arc<Parts>, ArtifactStore) {
    let parts = Arc::new(Parts {
        fails,
        inner: InMemory::new(),
        parts: AtomicUsize::new(0),
        under_way: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
        aborted: AtomicUsize::new(0),
    });
    let store = ArtifactStore::over_network("far://store", Arc::new(Far(Arc::clone(&parts))));
    (parts, store.unwrap())
}

fn large(seed: u8, len: usize) -> (Digest, Bytes) {
    let bytes = vec![seed; len];
    (Digest::of(&bytes), bytes.into())
}

#[test]
fn parts_are_bounded_and_small_objects_have_none() {
    let (parts, store) = far(Fails::Nothing);
    let (digest, bytes) = large(1, 16 << 20);
    store.put(digest, bytes).unwrap();
    assert_eq!(parts.parts.load(Ordering::SeqCst), 0);
    let (digest, bytes) = large(2, 100_000_000);
    store.put(digest, bytes.clone()).unwrap();
    assert_eq!(parts.parts.load(Ordering::SeqCst), 12);
    let most = parts.most.load(Ordering::SeqCst);
    assert!((2..=4).contains(&most), "{most} parts at once");
    assert!(store.get(digest, &"it").unwrap() == bytes);
    // It is there: nothing is sent again.
    store.put(digest, bytes).unwrap();
    assert_eq!(parts.parts.load(Ordering::SeqCst), 12);
    assert_eq!(parts.aborted.load(Ordering::SeqCst), 0);
}

#[test]
fn an_upload_that_fails_is_given_up_and_leaves_nothing() {
    for fails in [Fails::Part(0), Fails::Part(2), Fails::Part(4), Fails::Complete] {
        let (parts, store) = far(fails);
        let (digest, bytes) = large(3, 40 << 20);
        let errors = [
            store.put(digest, bytes.clone()).unwrap_err(),
            store.replace(digest, bytes).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, ArtifactError::Store { .. }), "{error:?}");
            let shown = format!("{error:?}");
            assert!(
                shown.contains("told to fail at http://far/key?..") && !shown.contains("HIDDEN"),
                "{shown}"
            );
        }
        assert_eq!(parts.aborted.load(Ordering::SeqCst), 2, "{fails:?}");
        assert_eq!(store.size(digest).unwrap(), None, "{fails:?}");
    }
}

#[test]
fn an_upload_that_was_completed_though_its_answer_says_otherwise_counts() {
    let (_, store) = far(Fails::Answer);
    let (digest, bytes) = large(4, 20 << 20);
    store.put(digest, bytes.clone()).unwrap();
    assert!(store.get(digest, &"it").unwrap() == bytes);
}

/// More than is encoded in memory.
#[step]
fn streamed() -> Vec<u8> {
    vec![5; 20 << 20]
}

#[pipeline]
fn streaming() -> Artifact<Vec<u8>> {
    streamed()
}

#[tokio::test]
async fn so_does_that_of_a_value_in_a_file() {
    let (_, store) = far(Fails::Answer);
    let stack = Stack::builder().artifacts(store).build().unwrap();
    let run = streaming().on(&stack).quiet().run().await.unwrap();
    let client = Client::of(stack.clone());
    let stored = client
        .run(run.id())
        .unwrap()
        .step("streamed")
        .unwrap()
        .output("output")
        .unwrap();
    assert!(stack.artifacts().size(stored.digest()).unwrap().is_some());
    assert!(
        client
            .verify(VerifyOptions::all(), |_| ())
            .await
            .unwrap()
            .is_sound()
    );
}

/// Speaks as much of S3 as a small write needs, and spoils what it is told to.
struct Flaky {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Flaky {
    /// Answers the requests in turn by these functions, which get whether the object is there; the last one answers all that follow.
    fn start(answers: Vec<fn(&mut bool) -> Option<&'static str>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        // Ends with the test process; it holds nothing but its port.
        std::thread::spawn(move || {
            let mut there = false;
            for (i, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                seen.lock().unwrap().push(head(&mut stream));
                let answer = answers[i.min(answers.len() - 1)];
                if let Some(answer) = answer(&mut there) {
                    let _ = stream.write_all(answer.as_bytes());
                }
            }
        });
        Self { port, requests }
    }

    fn store(&self) -> ArtifactStore {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        let options = [
            ("aws_access_key_id", "ID"),
            ("aws_secret_access_key", "HIDDEN"),
            ("aws_endpoint_url", &endpoint),
            ("aws_allow_http", "true"),
            ("zen_retry_seconds", "20"),
        ];
        ArtifactStore::open_with("s3://bucket", options).unwrap()
    }

    /// Method and condition of each request.
    fn seen(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Reads a request with its body; says its method, and whether it is conditional.
fn head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
            .unwrap_or(0);
        if body.len() >= length {
            let method = head.split_whitespace().next().unwrap_or_default();
            let conditional = if head.contains("if-none-match") {
                " if absent"
            } else {
                ""
            };
            return format!("{method}{conditional}");
        }
    }
}

const DONE: &str = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const THERE: &str = "HTTP/1.1 412 Precondition Failed\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const TROUBLE: &str = "HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\netag: \"e\"\r\n\
    last-modified: Sat, 21 Nov 2026 12:00:00 GMT\r\nconnection: close\r\n\r\n";

fn ten() -> (Digest, Bytes) {
    large(5, 10)
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    let flaky = Flaky::start(vec![|_| Some(TROUBLE), |_| Some(TROUBLE), |_| Some(DONE)]);
    let (digest, bytes) = ten();
    flaky.store().put(digest, bytes).unwrap();
    assert_eq!(flaky.seen(), ["put if absent"; 3]);
}

/// The first write is done and its answer lost with the connection.
#[test]
fn a_write_that_finds_its_own_first_try_is_done() {
    let flaky = Flaky::start(vec![
        |there| {
            *there = true;
            None
        },
        |there| Some(if *there { THERE } else { DONE }),
        |_| Some(HEAD),
    ]);
    let (digest, bytes) = ten();
    flaky.store().put(digest, bytes).unwrap();
    assert!(
        matches!(
            flaky.seen().iter().map(String::as_str).collect::<Vec<_>>()[..],
            ["put if absent", "put if absent", "head"] | ["put if absent", "put"]
        ),
        "{:?}",
        flaky.seen()
    );
}

/// Half of the answer's body, and the connection ends.
#[test]
fn an_answer_that_breaks_off_is_an_error_or_read_again_but_no_value() {
    const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\netag: \"e\"\r\n\
        last-modified: Sat, 21 Nov 2026 12:00:00 GMT\r\nconnection: close\r\n\r\nhalf";
    let flaky = Flaky::start(vec![|_| Some(HALF)]);
    let mut options = Vec::from([
        ("aws_access_key_id", "ID".to_owned()),
        ("aws_secret_access_key", "HIDDEN".to_owned()),
        ("aws_allow_http", "true".to_owned()),
        ("zen_retry_seconds", "0.5".to_owned()),
    ]);
    options.push(("aws_endpoint_url", format!("http://127.0.0.1:{}", flaky.port)));
    let store = ArtifactStore::open_with("s3://bucket", options).unwrap();
    let (digest, _) = ten();
    let error = store.get(digest, &"the thing").unwrap_err();
    assert!(
        matches!(
            error,
            ArtifactError::Store { .. } | ArtifactError::Unreachable { .. }
        ),
        "{error:?}"
    );
}
