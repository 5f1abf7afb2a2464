//! Where a project is, and how it is opened: to be looked at, or to be changed.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use zen_core::client::Client;
use zen_core::metadata::MetadataError;
use zen_core::stack::{Stack, StackError, find_home};

use crate::error::Error;

/// What a new `.zen` may hold before anything has run.
const EMPTY: [&str; 1] = [".gitignore"];

/// A project, opened when it is first asked.
#[derive(Debug)]
pub(crate) struct Project {
    home: PathBuf,
    looked_at: OnceCell<Client>,
}

impl Project {
    pub(crate) fn new(home: Option<PathBuf>) -> Self {
        let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let home = match home {
            Some(home) => here.join(home),
            None => find_home(&here),
        };
        Self {
            home,
            looked_at: OnceCell::new(),
        }
    }

    /// The folder that holds everything.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// The project's own folder.
    pub(crate) fn folder(&self) -> &Path {
        self.home.parent().unwrap_or(&self.home)
    }

    /// To look at it: writes nothing, but for what has to be noticed, which is that a process died.
    pub(crate) fn client(&self) -> Result<&Client, Error> {
        if let Some(client) = self.looked_at.get() {
            return Ok(client);
        }
        let client = Client::of(self.look()?);
        Ok(self.looked_at.get_or_init(|| client))
    }

    fn look(&self) -> Result<Stack, Error> {
        if self.check()? {
            return Ok(Stack::in_memory()?);
        }
        let stack = match Stack::look(&self.home) {
            // Brought up to date by opening it.
            Err(StackError::Metadata(older @ MetadataError::Older { .. })) => {
                return Stack::at(&self.home).map_err(|_| older.into());
            }
            other => other?,
        };
        if stack.has_dead_runs()? {
            // Where that can't be written, they are shown as they are.
            return Ok(Stack::at(&self.home).unwrap_or(stack));
        }
        Ok(stack)
    }

    /// To change it.
    pub(crate) fn open(&self) -> Result<Client, Error> {
        self.check()?;
        Ok(Client::of(Stack::at(&self.home)?))
    }

    /// Whether nothing has ever been kept there; an error when there is no project, or its heart is missing.
    fn check(&self) -> Result<bool, Error> {
        let home = self.home.display();
        let entries = match std::fs::read_dir(&self.home) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::not_found(
                    format!("there is no project here: {home} doesn't exist"),
                    "run one of its programs, make a project with `init`, or say where it is with --home or ZEN_HOME",
                ));
            }
            Err(source) => {
                return Err(Error::Stack(StackError::Home {
                    path: self.home.clone(),
                    source,
                }));
            }
        };
        if self.home.join("metadata.db").exists() {
            return Ok(false);
        }
        let known = |name: &std::ffi::OsStr| EMPTY.iter().any(|known| name == *known);
        match entries.flatten().all(|entry| known(&entry.file_name())) {
            true => Ok(true),
            false => Err(Error::Store {
                message: format!("{home} has no metadata.db: what was recorded of the project is gone"),
                help: "put it back from a backup, or remove the folder to begin anew".into(),
            }),
        }
    }
}

/// Waits for what is asynchronous.
pub(crate) fn wait<T>(work: impl Future<Output = T>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    Ok(runtime.block_on(work))
}
