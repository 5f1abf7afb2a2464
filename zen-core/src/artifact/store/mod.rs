//! The artifact store: objects named by their content, over any `object_store`.

mod url;
mod wait;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions};

use serde::{Deserialize, Serialize};

use self::wait::Wait;
use super::{ArtifactError, Digest};

pub use self::url::StoreUrl;

/// Objects up to this many bytes are kept in the metadata store: one row instead of one file.
pub(crate) const DEFAULT_INLINE_LIMIT: usize = 16 * 1024;

/// Keeps the bytes of artifacts as objects named by their digest: `objects/ab/cdef..`.
///
/// An object is written once and atomically (a reader sees all of it or nothing, also when the writer is killed), never
/// changed, and checked against its digest on every read. Several processes may use one store. Methods block: call
/// them from a thread that may block.
#[derive(Clone)]
pub struct ArtifactStore {
    url: String,
    objects: Arc<dyn ObjectStore>,
    wait: Wait,
    inline_limit: usize,
    /// How another process opens it, when one can.
    origin: Option<StoreOrigin>,
}

/// How another process opens an artifact store.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoreOrigin {
    url: String,
    fsync: bool,
    /// Credentials are among them: for no log, no record and no environment.
    options: BTreeMap<String, String>,
}

impl fmt::Debug for StoreOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreOrigin({})", self.url)
    }
}

impl fmt::Debug for ArtifactStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArtifactStore")
            .field("url", &self.url)
            .field("inline_limit", &self.inline_limit)
            .finish()
    }
}

impl ArtifactStore {
    /// Opens the store at a URL (see [`StoreUrl`]); a folder is created when it is missing.
    ///
    /// # Errors
    /// When the URL names no store, or the folder can't be made.
    pub fn open(url: &str) -> Result<Self, ArtifactError> {
        match StoreUrl::parse(url)? {
            StoreUrl::File(folder) => Self::folder(&folder, false),
            StoreUrl::Memory => Ok(Self::in_memory()),
        }
    }

    /// A store in a folder. With `fsync`, an object is on the disk when its write returns, so that it survives a loss of
    /// power; without, it survives the death of the process.
    ///
    /// # Errors
    /// When the folder can't be made or read.
    pub fn folder(folder: &Path, fsync: bool) -> Result<Self, ArtifactError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| ArtifactError::Store {
            url: folder.display().to_string(),
            doing: "opening the folder".into(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(|error| failed(error.into()))?;
        let folder = folder.canonicalize().map_err(|error| failed(error.into()))?;
        let objects = LocalFileSystem::new_with_prefix(&folder)
            .map_err(|error| failed(error.into()))?
            .with_fsync(fsync);
        let url = format!("file://{}", folder.display());
        let origin = StoreOrigin {
            url: url.clone(),
            fsync,
            options: BTreeMap::new(),
        };
        Ok(Self {
            origin: Some(origin),
            ..Self::over(url, Arc::new(objects))
        })
    }

    /// A store in this process's memory.
    pub fn in_memory() -> Self {
        Self::over("memory://", Arc::new(InMemory::new()))
    }

    /// A store over any `object_store`. It must support put-if-absent (`PutMode::Create`). `url` names it in records
    /// and messages and must hold no credentials.
    pub fn over(url: impl Into<String>, objects: Arc<dyn ObjectStore>) -> Self {
        Self {
            url: url.into(),
            objects,
            wait: Wait::Here,
            inline_limit: DEFAULT_INLINE_LIMIT,
            origin: None,
        }
    }

    /// Values whose encoding has at most this many bytes are kept in the metadata store (default 16 KiB); 0 keeps all in
    /// the artifact store.
    #[must_use]
    pub fn with_inline_limit(mut self, bytes: usize) -> Self {
        self.inline_limit = bytes;
        self
    }

    /// How another process opens this store; none for one in this process's memory, and for one that was made by [`over`](Self::over).
    pub(crate) fn for_another_process(&self) -> Option<&StoreOrigin> {
        self.origin.as_ref()
    }

    /// Opens a store as another process opened it.
    pub(crate) fn open_from(origin: &StoreOrigin) -> Result<Self, ArtifactError> {
        match StoreUrl::parse(&origin.url)? {
            StoreUrl::File(folder) => Self::folder(&folder, origin.fsync),
            StoreUrl::Memory => Ok(Self::in_memory()),
        }
    }

    /// The store's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder it is in; none when it is in no folder of this machine.
    pub(crate) fn folder_path(&self) -> Option<PathBuf> {
        // Only a store that was opened as a folder is known to keep its objects as files there.
        let origin = self.origin.as_ref()?;
        match StoreUrl::parse(&origin.url) {
            Ok(StoreUrl::File(folder)) => Some(folder),
            _ => None,
        }
    }

    /// See [`with_inline_limit`](Self::with_inline_limit).
    pub fn inline_limit(&self) -> usize {
        self.inline_limit
    }

    /// Where the object with this digest is or would be.
    pub fn uri(&self, digest: Digest) -> String {
        let separator = if self.url.ends_with('/') { "" } else { "/" };
        format!("{}{separator}{}", self.url, object_path(digest))
    }

    /// Writes an object unless it exists. One that exists with another size was damaged and is replaced.
    ///
    /// # Errors
    /// When the store refuses; nothing is visible then.
    pub fn put(&self, digest: Digest, bytes: Bytes) -> Result<(), ArtifactError> {
        let path = object_path(digest);
        let size = bytes.len() as u64;
        let create = PutOptions {
            mode: PutMode::Create,
            ..PutOptions::default()
        };
        match self
            .wait
            .on(self.objects.put_opts(&path, bytes.clone().into(), create))
        {
            Ok(_) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => match self.size(digest)? {
                Some(existing) if existing == size => Ok(()),
                _ => self.replace(digest, bytes),
            },
            Err(error) => Err(self.failed("writing", &path, error)),
        }
    }

    /// Writes an object whether or not it exists: for one that is known to be damaged.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn replace(&self, digest: Digest, bytes: Bytes) -> Result<(), ArtifactError> {
        let path = object_path(digest);
        match self.wait.on(self.objects.put(&path, bytes.into())) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.failed("replacing", &path, error)),
        }
    }

    /// Reads an object and checks it against its digest. `what` names the artifact in errors.
    ///
    /// # Errors
    /// [`ArtifactError::Missing`], [`ArtifactError::Damaged`], or the store's error.
    pub fn get(&self, digest: Digest, what: &dyn fmt::Display) -> Result<Bytes, ArtifactError> {
        let path = object_path(digest);
        let read = self
            .wait
            .on(async { self.objects.get(&path).await?.bytes().await });
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(object_store::Error::NotFound { .. }) => {
                return Err(ArtifactError::Missing {
                    what: what.to_string(),
                    uri: self.uri(digest),
                });
            }
            Err(error) => return Err(self.failed("reading", &path, error)),
        };
        verify(digest, &bytes, what, || self.uri(digest))?;
        Ok(bytes)
    }

    /// The size of an object, or `None` when there is none.
    ///
    /// # Errors
    /// The store's error.
    pub fn size(&self, digest: Digest) -> Result<Option<u64>, ArtifactError> {
        let path = object_path(digest);
        match self.wait.on(self.objects.head(&path)) {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed("looking at", &path, error)),
        }
    }

    /// Removes an object; it is no error when there is none.
    ///
    /// # Errors
    /// The store's error.
    pub fn delete(&self, digest: Digest) -> Result<(), ArtifactError> {
        let path = object_path(digest);
        match self.wait.on(self.objects.delete(&path)) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed("deleting", &path, error)),
        }
    }

    fn failed(&self, doing: &str, path: &ObjectPath, error: object_store::Error) -> ArtifactError {
        ArtifactError::Store {
            url: self.url.clone(),
            doing: format!("{doing} {path}"),
            source: error.into(),
        }
    }
}

/// Checks bytes against the digest they are kept under.
pub(crate) fn verify(
    expected: Digest,
    bytes: &[u8],
    what: &dyn fmt::Display,
    uri: impl FnOnce() -> String,
) -> Result<(), ArtifactError> {
    let found = Digest::of(bytes);
    if found == expected {
        return Ok(());
    }
    Err(ArtifactError::Damaged {
        what: what.to_string(),
        uri: uri(),
        expected,
        found,
    })
}

fn object_path(digest: Digest) -> ObjectPath {
    let hex = digest.to_string();
    ObjectPath::from(format!("objects/{}/{}", &hex[..2], &hex[2..]))
}
