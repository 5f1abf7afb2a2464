//! Sending a file.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use ureq::SendBody;
use ureq::http::Method;

use super::client::timeout_of;
use super::uri::encoded;
use super::{Client, Place};
use crate::mlflow::MlflowError;

/// Knows whether it was the source that failed.
struct Source<'a> {
    reader: &'a mut dyn Read,
    failed: Option<io::Error>,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failed = Some(io::Error::new(error.kind(), error.to_string()));
            }
        })
    }
}

impl Client {
    /// Writes a file, whatever there was: `PUT mlflow-artifacts/artifacts/<path>`, or a file of this machine.
    ///
    /// # Errors
    /// When the source can't be read or the file can't be written, or the server can't be asked.
    pub fn upload(&self, place: &Place, reader: &mut dyn Read, size: u64) -> Result<(), MlflowError> {
        let mut source = Source { reader, failed: None };
        let sent = match place {
            Place::Served { server, path } => {
                let doing = format!("writing the artifact `{path}`");
                let url = format!(
                    "{server}/api/2.0/mlflow-artifacts/artifacts/{}",
                    encoded(path, b"/")
                );
                let request = self
                    .request(server, Method::PUT, &url)
                    .header("content-type", "application/octet-stream")
                    .header("content-length", size.to_string());
                let body = SendBody::from_reader(&mut source);
                let response = self.run(&doing, request, body, timeout_of(size));
                response.and_then(|mut response| self.checked(&doing, &mut response).map(drop))
            }
            Place::Local(path) => write(path, &mut source),
        };
        match source.failed {
            Some(error) => Err(MlflowError::Content {
                what: "what is to be written".to_owned(),
                source: error.into(),
            }),
            None => sent,
        }
    }
}

fn write(path: &Path, source: &mut Source<'_>) -> Result<(), MlflowError> {
    let mut done = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(path)?;
        io::copy(source, &mut file)
    };
    done().map(drop).map_err(|source| MlflowError::File {
        path: path.to_owned(),
        source,
    })
}
