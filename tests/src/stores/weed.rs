//! SeaweedFS, which speaks the protocol of S3. One server a test process; a bucket each test.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use zen_core::artifact::{ArtifactStore, Digest};

use super::Options;
use super::http::request;
use crate::server::{Server, free_ports, program, starting};

const KEY: &str = "ZENTESTKEY";
const SECRET: &str = "s3cretThatNothingMayShow+/42";

/// A server, or one that was and can be started again.
#[derive(Debug)]
pub struct Weed {
    folder: PathBuf,
    ports: [u16; 8],
    server: Option<Server>,
}

/// What a running server has is removed when it ends.
impl Drop for Weed {
    fn drop(&mut self) {
        if self.server.is_none() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

impl Weed {
    /// Nothing may show it.
    pub const SECRET: &str = SECRET;

    /// The one that all tests use which don't stop it; `None` when there is no such program.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Weed>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// A new one.
    pub fn start() -> Option<Self> {
        let program = program("ZEN_TEST_WEED")?;
        let starting = starting();
        for _ in 0..5 {
            // Not deleted by this process, which may die; the server's keeper does.
            let folder = tempfile::tempdir().unwrap().keep();
            let mut weed = Self {
                folder,
                ports: free_ports(),
                server: None,
            };
            if weed.run(&program) {
                drop(starting);
                return Some(weed);
            }
        }
        panic!("five times another process took a port of the server");
    }

    fn run(&mut self, program: &PathBuf) -> bool {
        let config = self.folder.join("s3.json");
        let text = format!(
            r#"{{"identities":[{{"name":"test","credentials":[{{"accessKey":"{KEY}","secretKey":"{SECRET}"}}],
            "actions":["Admin","Read","Write","List","Tagging"]}}]}}"#
        );
        std::fs::write(&config, text).unwrap();
        let names = [
            "s3.port",
            "filer.port",
            "master.port",
            "volume.port",
            "s3.port.grpc",
            "filer.port.grpc",
            "master.port.grpc",
            "volume.port.grpc",
        ];
        let mut command = Command::new(program);
        command
            .args(["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"])
            .args(["-master.telemetry=false", "-master.volumeSizeLimitMB=512"])
            .args(["-volume.max=1000", "-volume.preStopSeconds=0"])
            .args([
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                "-s3.autoCreateBucket=false",
            ])
            .arg(format!("-dir={}", self.folder.display()))
            .arg(format!("-s3.config={}", config.display()))
            .arg(format!("-filer.localSocket={}/filer.sock", self.folder.display()));
        for (name, port) in names.into_iter().zip(self.ports) {
            command.arg(format!("-{name}={port}"));
        }
        let sockets: String = self
            .ports
            .iter()
            .map(|port| format!(" /tmp/seaweedfs-*-{port}.sock"))
            .collect();
        let leavings = format!("{}{sockets}", self.folder.display());
        let server = Server::start(&mut command, &leavings, &self.folder.join("log"));
        let probe = || {
            self.bucket("ready").is_some_and(|url| {
                let mut options = self.options();
                options.push(("zen_retry_seconds".into(), "0".into()));
                let store = ArtifactStore::open_with(&url, options).unwrap();
                let bytes = b"is there room?";
                store.replace(Digest::of(bytes), bytes.to_vec().into()).is_ok()
            })
        };
        let ready = server.becomes(probe);
        self.server = ready.then_some(server);
        ready
    }

    /// Kills it.
    pub fn crash(&mut self) {
        self.server.take().unwrap().crash();
    }

    /// Starts it with what it had, at the same ports.
    pub fn start_again(&mut self) {
        let _starting = starting();
        assert!(self.run(&program("ZEN_TEST_WEED").unwrap()), "it starts again");
    }

    /// Makes a bucket, unless it exists. The store's own interface has no call for it.
    fn bucket(&self, name: &str) -> Option<String> {
        // In SeaweedFS a bucket is a folder.
        let made = request(self.ports[1], "POST", &format!("/buckets/{name}/"), &[]);
        made.is_ok_and(|status| status < 300 || status == 409)
            .then(|| format!("s3://{name}"))
    }

    /// The URL of a bucket of this name, which is made.
    pub fn url(&self, name: &str) -> String {
        self.bucket(name).expect("a bucket can be made")
    }

    /// Where it answers.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[0])
    }

    /// What opens its stores.
    pub fn options(&self) -> Options {
        [
            ("AWS_ACCESS_KEY_ID", KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_ENDPOINT_URL", &self.endpoint()),
            ("AWS_ALLOW_HTTP", "true"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Opens a store.
    pub fn store(&self, url: &str) -> ArtifactStore {
        ArtifactStore::open_with(url, self.options()).unwrap()
    }
}
