//! Azurite, Microsoft's emulator of Azure Blob Storage. One server a test process; a container each test.

use std::process::Command;
use std::sync::OnceLock;

use object_store::azure::{AzureAccessKey, AzureAuthorizer, AzureCredential};
use object_store::client::{HttpRequest, HttpRequestBody};
use zen_core::artifact::ArtifactStore;

use super::Options;
use super::http::request;
use crate::server::{Server, free_ports, program, starting};

const ACCOUNT: &str = "zentest";
/// `a key that nothing may ever show to anyone` in base64.
const KEY: &str = "YSBrZXkgdGhhdCBub3RoaW5nIG1heSBldmVyIHNob3cgdG8gYW55b25l";

/// A running server.
#[derive(Debug)]
pub struct Azurite {
    port: u16,
    _server: Server,
}

impl Azurite {
    /// Nothing may show it.
    pub const KEY: &str = KEY;

    /// The one that all tests use; `None` when there is no such program.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Azurite>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    fn start() -> Option<Self> {
        let script = program("ZEN_TEST_AZURITE")?;
        let _starting = starting();
        for _ in 0..5 {
            let folder = tempfile::tempdir().unwrap().keep();
            let ports: [u16; 3] = free_ports();
            let mut command = Command::new("node");
            command
                .arg(&script)
                .args(["--skipApiVersionCheck", "--silent"])
                .arg("--disableTelemetry")
                .arg("--location")
                .arg(&folder)
                .env("AZURITE_ACCOUNTS", format!("{ACCOUNT}:{KEY}"));
            for (service, port) in ["blob", "queue", "table"].into_iter().zip(ports) {
                command.arg(format!("--{service}Host")).arg("127.0.0.1");
                command.arg(format!("--{service}Port")).arg(port.to_string());
            }
            let leavings = folder.display().to_string();
            let server = Server::start(&mut command, &leavings, &folder.join("log"));
            let port = ports[0];
            if server.becomes(|| make(port, "ready").is_ok_and(|status| status == 201 || status == 409)) {
                return Some(Self {
                    port,
                    _server: server,
                });
            }
        }
        panic!("five times another process took a port of the server");
    }

    /// The URL of a new container.
    pub fn url(&self, name: &str) -> String {
        assert_eq!(make(self.port, name).unwrap(), 201, "a container can be made");
        format!("az://{name}")
    }

    /// Where it answers.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/{ACCOUNT}", self.port)
    }

    /// What opens its stores.
    pub fn options(&self) -> Options {
        [
            ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT),
            ("AZURE_STORAGE_ACCOUNT_KEY", KEY),
            ("AZURE_STORAGE_ENDPOINT", &self.endpoint()),
            ("AZURE_ALLOW_HTTP", "true"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Opens a store.
    pub fn store(&self, url: &str) -> ArtifactStore {
        ArtifactStore::open_with(url, self.options()).unwrap()
    }
}

/// Makes a container; gives the status.
fn make(port: u16, name: &str) -> std::io::Result<u16> {
    let path = format!("/{ACCOUNT}/{name}?restype=container");
    let mut signed = HttpRequest::new(HttpRequestBody::empty());
    *signed.method_mut() = axum::http::Method::PUT;
    *signed.uri_mut() = format!("http://127.0.0.1:{port}{path}").parse().unwrap();
    let length = axum::http::HeaderValue::from_static("0");
    signed.headers_mut().insert("content-length", length);
    let key = AzureCredential::AccessKey(AzureAccessKey::try_new(KEY).unwrap());
    AzureAuthorizer::new(&key, ACCOUNT)
        .try_authorize(&mut signed)
        .unwrap();
    let headers: Vec<_> = signed
        .headers()
        .iter()
        .filter(|(name, _)| *name != "content-length")
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    request(port, "PUT", &path, &headers)
}
