//! Secrets in a file that only its owner may read.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use toml::Spanned;

use super::reference::is_name;
use super::{Reference, Secret, SecretError, SecretNames, SecretsStore};
use crate::home_folder;

/// The file in the project's folder that holds its secrets.
pub const SECRETS_FILE: &str = "secrets.toml";

/// A TOML file of tables of texts, which only its owner may read (mode 0600).
///
/// ```toml
/// [aws]
/// access_key = "AKIA.."
/// secret_key = ".."
/// ```
///
/// A file that others may read is refused. Changes are made under a lock and by replacing the file, so that two processes which change it at
/// once lose nothing, and one that is killed leaves the old file or the new one. Comments that somebody wrote into it are lost by a change.
///
/// Where the system has no such modes (it is no Unix), the file is as protected as its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSecrets {
    path: PathBuf,
}

type Tables = BTreeMap<String, BTreeMap<String, Secret>>;

/// As the file has them: where a name stands is needed for the error.
type Parsed = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Secret>>;

impl FileSecrets {
    /// The secrets in this file, which need not exist yet. The folder is made with the first secret.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The secrets of the project that keeps its files in `home`, a folder such as `.zen`: those in its `secrets.toml`.
    pub fn in_home(home: &Path) -> Self {
        Self::at(home.join(SECRETS_FILE))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn failed(&self, doing: &'static str) -> impl Fn(io::Error) -> SecretError {
        let path = self.path.clone();
        move |source| SecretError::File {
            doing,
            path: path.clone(),
            source,
        }
    }

    fn read(&self) -> Result<Tables, SecretError> {
        let failed = self.failed("reading");
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Tables::new()),
            Err(error) => return Err(failed(error)),
        };
        // Of the open file, so that it is the one that is read.
        self.check_mode(&file.metadata().map_err(&failed)?)?;
        let mut bytes = Zeroizing::new(Vec::new());
        file.read_to_end(&mut bytes).map_err(&failed)?;
        let text =
            std::str::from_utf8(&bytes).map_err(|error| self.malformed(&bytes, error.valid_up_to()))?;
        // The parser's own message quotes what stands there.
        let parsed: Parsed = toml::from_str(text)
            .map_err(|error| self.malformed(&bytes, error.span().map_or(0, |span| span.start)))?;
        let mut tables = Tables::new();
        for (name, values) in parsed {
            let table = tables.entry(self.checked(&bytes, name)?).or_default();
            for (key, value) in values {
                table.insert(self.checked(&bytes, key)?, value);
            }
        }
        Ok(tables)
    }

    fn checked(&self, bytes: &[u8], name: Spanned<String>) -> Result<String, SecretError> {
        match is_name(name.get_ref()) {
            true => Ok(name.into_inner()),
            false => Err(self.malformed(bytes, name.span().start)),
        }
    }

    fn malformed(&self, bytes: &[u8], at: usize) -> SecretError {
        let before = &bytes[..at.min(bytes.len())];
        SecretError::Malformed {
            path: self.path.clone(),
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
        }
    }

    #[cfg(unix)]
    fn check_mode(&self, metadata: &std::fs::Metadata) -> Result<(), SecretError> {
        use std::os::unix::fs::PermissionsExt;
        let mode = metadata.permissions().mode() & 0o777;
        match mode & 0o077 {
            0 => Ok(()),
            _ => Err(SecretError::Exposed {
                path: self.path.clone(),
                mode,
            }),
        }
    }

    #[cfg(not(unix))]
    fn check_mode(&self, _: &std::fs::Metadata) -> Result<(), SecretError> {
        Ok(())
    }

    /// Changes the file, alone among all processes; not at all when `change` says that there is nothing to change.
    fn change(&self, change: impl FnOnce(&mut Tables) -> bool) -> Result<bool, SecretError> {
        let failed = self.failed("changing");
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            home_folder::make(folder).map_err(&failed)?;
        }
        // A file of its own, since the one with the secrets is replaced. The system lets go of it when the process dies.
        let mut locking = OpenOptions::new();
        let lock = private(locking.read(true).write(true).create(true).truncate(false))
            .open(beside(&self.path, "lock"))
            .map_err(&failed)?;
        lock.lock().map_err(&failed)?;
        let mut tables = self.read()?;
        if !change(&mut tables) {
            return Ok(false);
        }
        self.replace(&tables, folder).map_err(&failed)?;
        Ok(true)
    }

    fn replace(&self, tables: &Tables, folder: Option<&Path>) -> io::Result<()> {
        let tables: BTreeMap<&str, BTreeMap<&str, &str>> = tables
            .iter()
            .map(|(name, values)| {
                let values = values.iter().map(|(key, value)| (key.as_str(), value.reveal()));
                (name.as_str(), values.collect())
            })
            .collect();
        let text = Zeroizing::new(toml::to_string(&tables).map_err(io::Error::other)?);
        // Where a link leads: the file is replaced, not the link.
        let place = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let new = beside(&place, "new");
        // One is left there by a process that was killed, with whatever mode.
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut making = OpenOptions::new();
        let mut file = private(making.write(true).create_new(true)).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        drop(file);
        std::fs::rename(&new, &place)?;
        #[cfg(unix)]
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        #[cfg(not(unix))]
        let _ = folder;
        Ok(())
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(".");
    path.push(ending);
    PathBuf::from(path)
}

/// For the owner alone, from the file's creation on.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn check_name(name: &str) -> Result<(), SecretError> {
    match is_name(name) {
        true => Ok(()),
        false => Err(SecretError::Name {
            name: name.chars().take(100).collect(),
        }),
    }
}

impl SecretsStore for FileSecrets {
    fn location(&self) -> String {
        self.path.display().to_string()
    }

    fn get(&self, reference: &Reference) -> Result<Option<Secret>, SecretError> {
        let mut tables = self.read()?;
        let table = tables.get_mut(&reference.name);
        Ok(table.and_then(|table| table.remove(&reference.key)))
    }

    fn names(&self) -> Result<SecretNames, SecretError> {
        let tables = self.read()?.into_iter();
        Ok(tables
            .map(|(name, values)| (name, values.into_keys().collect()))
            .collect())
    }

    fn set(&self, reference: &Reference, value: &Secret) -> Result<(), SecretError> {
        check_name(&reference.name)?;
        check_name(&reference.key)?;
        if value.reveal().is_empty() {
            return Err(SecretError::Value {
                reference: reference.clone(),
                reason: "it is empty",
            });
        }
        self.change(|tables| {
            let table = tables.entry(reference.name.clone()).or_default();
            table.insert(reference.key.clone(), value.clone());
            true
        })?;
        Ok(())
    }

    fn delete(&self, name: &str, key: Option<&str>) -> Result<bool, SecretError> {
        if !self.path.exists() {
            return Ok(false);
        }
        self.change(|tables| match key {
            None => tables.remove(name).is_some(),
            Some(key) => {
                let Some(table) = tables.get_mut(name) else {
                    return false;
                };
                let removed = table.remove(key).is_some();
                if table.is_empty() {
                    tables.remove(name);
                }
                removed
            }
        })
    }
}
