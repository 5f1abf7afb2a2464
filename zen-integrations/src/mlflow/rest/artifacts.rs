//! Artifacts: listed and read.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use serde::Deserialize;
use ureq::http::Method;

use super::client::timeout_of;
use super::uri::encoded;
use super::{Client, Place};
use crate::mlflow::MlflowError;

/// How deep folders are followed, and how many files are listed: more is no model, and perhaps no end.
const DEEPEST: usize = 32;
const MOST: usize = 20_000;

/// A file below a place.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Its path within the place.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    files: Vec<Info>,
}

#[derive(Deserialize)]
struct Info {
    path: String,
    #[serde(default)]
    is_dir: bool,
    #[serde(default)]
    file_size: u64,
}

impl Client {
    /// All files below a place, sorted by path: `GET mlflow-artifacts/artifacts?path=`. Names that lead out of their folder are refused.
    ///
    /// # Errors
    /// When a name or the number of files is not what it should be, or the server can't be asked.
    pub fn list(&self, place: &Place) -> Result<Vec<Entry>, MlflowError> {
        let mut entries = Vec::new();
        self.list_into(place, "", 0, &mut entries)?;
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    fn list_into(
        &self,
        place: &Place,
        below: &str,
        depth: usize,
        entries: &mut Vec<Entry>,
    ) -> Result<(), MlflowError> {
        let refused = |what: String| MlflowError::Foreign {
            doing: "listing artifacts".to_owned(),
            found: what,
        };
        if depth > DEEPEST {
            return Err(refused(format!(
                "there are folders in folders, more than {DEEPEST} of them"
            )));
        }
        for info in self.children(place)? {
            if !is_name(&info.path) {
                return Err(refused(format!("a file is called {:?}", info.path)));
            }
            let path = match below.is_empty() {
                true => info.path.clone(),
                false => format!("{below}/{}", info.path),
            };
            if info.is_dir {
                self.list_into(&place.join(&info.path), &path, depth + 1, entries)?;
            } else if entries.len() < MOST {
                entries.push(Entry {
                    path,
                    size: info.file_size,
                });
            } else {
                return Err(refused(format!("there are more than {MOST} files")));
            }
        }
        Ok(())
    }

    fn children(&self, place: &Place) -> Result<Vec<Info>, MlflowError> {
        match place {
            Place::Served { server, path } => {
                let doing = format!("listing the artifacts `{path}`");
                let url = format!(
                    "{server}/api/2.0/mlflow-artifacts/artifacts?path={}",
                    encoded(path, b"")
                );
                let request = self.request(server, Method::GET, &url);
                let listed: Listed = self.json_of(&doing, request, ())?;
                Ok(listed.files)
            }
            Place::Local(folder) => local(folder).map_err(|source| MlflowError::File {
                path: folder.clone(),
                source,
            }),
        }
    }

    /// Writes a file of a place to this machine, where nothing may be yet: `GET mlflow-artifacts/artifacts/<path>`.
    ///
    /// # Errors
    /// When it can't be read, or written here, or the server can't be asked.
    pub fn download(&self, place: &Place, size: u64, to: &Path) -> Result<(), MlflowError> {
        let failed = |source| MlflowError::File {
            path: to.to_owned(),
            source,
        };
        let mut file = File::create_new(to).map_err(failed)?;
        match place {
            Place::Served { server, path } => {
                let doing = format!("reading the artifact `{path}`");
                let url = format!(
                    "{server}/api/2.0/mlflow-artifacts/artifacts/{}",
                    encoded(path, b"/")
                );
                let request = self.request(server, Method::GET, &url);
                let mut response = self.run(&doing, request, (), timeout_of(size))?;
                if !response.status().is_success() {
                    self.checked(&doing, &mut response)?;
                    return Err(MlflowError::Foreign {
                        doing,
                        found: format!("it answered {}", response.status()),
                    });
                }
                // As much as was announced, and one byte that tells of more.
                let limit = size.saturating_add(1);
                let mut reader = io::Read::take(response.body_mut().as_reader(), limit);
                let mut sink = Sink {
                    file: &mut file,
                    failed: None,
                };
                let copied = io::copy(&mut reader, &mut sink);
                if let Some(error) = sink.failed {
                    return Err(failed(error));
                }
                match copied {
                    Ok(read) if read == size => Ok(()),
                    Ok(read) => Err(MlflowError::Unavailable {
                        doing,
                        reason: format!("of {size} bytes, {read} came"),
                        retry_after: None,
                    }),
                    Err(error) => Err(MlflowError::Unavailable {
                        doing,
                        reason: error.to_string(),
                        retry_after: None,
                    }),
                }
            }
            Place::Local(path) => {
                let copied = File::open(path).and_then(|mut from| io::copy(&mut from, &mut file));
                copied.map(drop).map_err(failed)
            }
        }
    }
}

/// Knows whether it was the file that failed.
struct Sink<'a> {
    file: &'a mut File,
    failed: Option<io::Error>,
}

impl io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::Write::write(self.file, bytes).map_err(|error| {
            let told = io::Error::new(error.kind(), error.to_string());
            if error.kind() != io::ErrorKind::Interrupted {
                self.failed = Some(error);
            }
            told
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        io::Write::flush(self.file)
    }
}

/// What a folder holds; what is neither a file nor a folder is passed over.
fn local(folder: &Path) -> io::Result<Vec<Info>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_dir() || metadata.is_file() {
            found.push(Info {
                path: entry.file_name().to_string_lossy().into_owned(),
                is_dir: metadata.is_dir(),
                file_size: metadata.len(),
            });
        }
    }
    Ok(found)
}

/// Whether it names something within a folder, on every system.
fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0'])
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names() {
        for name in ["MLmodel", "a b", "ü", "...", ".hidden"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".", "..", "a/b", "/etc", "..\\x", "a\0"] {
            assert!(!is_name(name), "{name:?}");
        }
    }
}
