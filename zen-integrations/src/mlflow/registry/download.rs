//! Fetching the files of a version.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use zen_core::model_registry::RegistryError;

use super::registry::Registry;
use crate::mlflow::MlflowError;
use crate::mlflow::rest::Place;

/// A folder that is removed, with the folders that were made for it, unless it has become what it was made for.
struct Staging {
    folder: PathBuf,
    /// The innermost first.
    parents: Vec<PathBuf>,
    kept: bool,
}

impl Staging {
    /// On the same file system as what it is to become, so that it can be renamed.
    fn beside(into: &Path) -> Result<Self, RegistryError> {
        let mut name = std::ffi::OsString::from(".");
        name.push(into.file_name().unwrap_or_default());
        name.push(format!(".{}", uuid::Uuid::now_v7()));
        let folder = into.with_file_name(name);
        let parents = folder.ancestors().skip(1);
        let staging = Self {
            parents: parents
                .take_while(|parent| !parent.as_os_str().is_empty() && !parent.exists())
                .map(Path::to_owned)
                .collect(),
            folder,
            kept: false,
        };
        fs::create_dir_all(&staging.folder).map_err(file(&staging.folder))?;
        Ok(staging)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.kept {
            // What there is of it is of no use; that it can't be removed is not the error to report.
            let _ = fs::remove_dir_all(&self.folder);
            let _ = self.parents.iter().try_for_each(fs::remove_dir);
        }
    }
}

impl Registry {
    pub(super) fn fetch(&self, name: &str, version: &str, into: &Path) -> Result<PathBuf, RegistryError> {
        let doing = format!("to hand out version {version} of `{name}`");
        let failed = self.failed_of(&doing, name, version);
        check_free(into)?;
        self.existing(&doing, name, version)?;
        let uri = self.client.download_uri(name, version).map_err(&failed)?;
        let place = self.client.place(&uri).map_err(self.failed(&doing))?;
        let mut staging = Staging::beside(into)?;
        self.copy(&place, &staging.folder).map_err(self.failed(&doing))?;
        if !staging.folder.join("MLmodel").is_file() {
            return Err(RegistryError::Refused {
                location: self.client.uri().to_string(),
                doing,
                reason: "there is no file `MLmodel` among its files".to_owned(),
            });
        }
        // An empty folder may be there.
        match fs::remove_dir(into) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(file(into)(error)),
            _ => {}
        }
        fs::rename(&staging.folder, into).map_err(file(into))?;
        staging.kept = true;
        Ok(into.to_owned())
    }

    fn copy(&self, place: &Place, to: &Path) -> Result<(), MlflowError> {
        for entry in self.client.list(place)? {
            let path = entry
                .path
                .split('/')
                .fold(to.to_owned(), |at, part| at.join(part));
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|source| MlflowError::File {
                    path: folder.to_owned(),
                    source,
                })?;
            }
            self.client
                .download(&place.join(&entry.path), entry.size, &path)?;
        }
        Ok(())
    }
}

/// Nothing may be there but an empty folder.
fn check_free(into: &Path) -> Result<(), RegistryError> {
    match fs::read_dir(into) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(file(into)(io::Error::new(
                io::ErrorKind::DirectoryNotEmpty,
                "the folder isn't empty",
            ))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(file(into)(error)),
    }
}

fn file(path: &Path) -> impl Fn(io::Error) -> RegistryError {
    let path = path.to_owned();
    move |source| RegistryError::File {
        path: path.clone(),
        source,
    }
}
