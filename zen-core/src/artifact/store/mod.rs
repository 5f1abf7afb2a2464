//! The artifact store: objects named by their content, over any `object_store`.

#[cfg(feature = "__cloud")]
mod cloud;
mod failure;
mod file;
mod large;
mod look;
mod multipart;
#[cfg(feature = "__cloud")]
mod options;
mod origin;
mod publish;
mod reader;
mod staging;
mod stream;
mod url;
mod wait;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions};

pub(crate) use self::origin::StoreOrigin;
use self::staging::Staging;
use self::wait::Wait;
use super::{ArtifactError, Digest};

pub use self::file::{ObjectFile, ObjectFileReader};
pub use self::look::ObjectContent;
pub use self::reader::ObjectReader;
pub(super) use self::stream::STREAM_FROM;
pub(crate) use self::stream::{Body, Encoded};
pub use self::url::StoreUrl;

/// Objects up to this many bytes are kept in the metadata store: one row instead of one file.
pub(crate) const DEFAULT_INLINE_LIMIT: usize = 16 * 1024;

/// Keeps the bytes of artifacts as objects named by their digest: `objects/ab/cdef..`.
///
/// An object is written once and atomically (a reader sees all of it or nothing, also when the writer is killed), never
/// changed, and checked against its digest on every read. Several processes may use one store. Methods block: call
/// them from a thread that may block. Threads of a tokio runtime may be blocked when it has others.
///
/// **One store, one project**: contents are shared by their digests, and a [prune](crate::client::Client::prune) knows only the references of its own
/// project's metadata store. Projects that share a store delete each other's objects: give each a folder, or a prefix of a bucket, of its own.
///
/// # Stores behind a network
///
/// `s3://`, `gs://` and `az://` need the cargo features `s3`, `gs` and `az`. What opens them comes from the usual variables of the environment,
/// or is given to [`open_with`](Self::open_with); it is in no record, message or `Debug` text.
///
/// | | credentials | endpoint, for other servers than the vendor's |
/// |---|---|---|
/// | `s3` | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`; the roles of EC2, ECS and EKS | `AWS_ENDPOINT_URL`, and `AWS_ALLOW_HTTP=true` for `http://` |
/// | `gs` | `GOOGLE_APPLICATION_CREDENTIALS`, `GOOGLE_SERVICE_ACCOUNT` (paths); the role of the machine | `GOOGLE_BASE_URL` |
/// | `az` | `AZURE_STORAGE_ACCOUNT_NAME` with `AZURE_STORAGE_ACCOUNT_KEY` or `AZURE_STORAGE_SAS_TOKEN`; managed identities | `AZURE_STORAGE_ENDPOINT`, and `AZURE_ALLOW_HTTP=true` |
///
/// The files of the vendors' command line tools (`~/.aws`) are not read. All other options are those of `object_store`'s builders.
/// `s3` is tested against SeaweedFS and `az` against Azurite. `gs` is **not verified against a real service**: no emulator there is does
/// put-if-absent as Google documents it.
///
/// - Small objects are put if absent. Those of more than 16 MiB are looked for, and then written by multipart upload, four parts of 8 MiB at once: two
///   writers of one object both upload it, and the second replaces it by the same bytes. An upload that fails is given up, and leaves nothing. One
///   whose process is killed leaves invisible parts: give the bucket a lifecycle rule that removes incomplete uploads.
/// - Large objects that are taken into memory as a whole are read by ranges, four at once; those that are decoded piece by piece (more than 8 MiB),
///   one range after the other. The whole is checked against its digest.
/// - A request that finds a broken connection or a server in trouble is tried again, after times that grow from 0.1 to 5 s, for 30 s
///   (`ZEN_RETRY_SECONDS` says how long, 0 for never). One request may take 120 s (`AWS_TIMEOUT` and the like).
/// - A write whose answer was lost is done once more; what the first one wrote counts.
#[derive(Clone)]
pub struct ArtifactStore {
    url: String,
    objects: Arc<dyn ObjectStore>,
    wait: Wait,
    inline_limit: usize,
    /// How another process opens it, when one can.
    origin: Option<StoreOrigin>,
    staging: Staging,
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
    /// Opens the store at a URL (see [`StoreUrl`]); a folder is created when it is missing. What opens a cloud store is taken from the environment.
    /// The network isn't asked yet: wrong credentials and missing buckets are noticed at the first use.
    ///
    /// ```
    /// use zen_core::artifact::{ArtifactStore, Digest};
    ///
    /// # fn main() -> Result<(), zen_core::artifact::ArtifactError> {
    /// let store = ArtifactStore::open("memory://")?; // or "/data/artifacts", "s3://bucket/prefix"
    /// let digest = Digest::of(b"some bytes");
    /// store.put(digest, "some bytes".into())?;
    /// assert_eq!(store.get(digest, &"them")?, "some bytes");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the URL names no store or belongs to a cargo feature that is off, when the folder can't be made, or what the environment says is
    /// incomplete or malformed.
    pub fn open(url: &str) -> Result<Self, ArtifactError> {
        Self::of_url(&StoreUrl::parse(url)?)
    }

    /// Opens the store at a URL with what the environment says.
    pub(crate) fn of_url(url: &StoreUrl) -> Result<Self, ArtifactError> {
        Self::opened(url, None::<[(&str, &str); 0]>)
    }

    /// Opens the store at a URL with options that are given here, and nothing from the environment. Names are those of the variables of the
    /// environment, in upper or lower case.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), zen_core::artifact::ArtifactError> {
    /// let store = zen_core::artifact::ArtifactStore::open_with(
    ///     "s3://models/team",
    ///     [
    ///         ("aws_access_key_id", "AKIA.."),
    ///         ("aws_secret_access_key", "secret"),
    ///         ("aws_region", "eu-central-1"),
    ///         ("zen_retry_seconds", "60"),
    ///     ],
    /// )?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open), and when there is no such option. `file://` and `memory://` have none.
    pub fn open_with<K, V>(
        url: &str,
        options: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ArtifactError>
    where
        K: AsRef<str>,
        V: Into<String>,
    {
        let url = StoreUrl::parse(url)?;
        Self::opened(&url, Some(options))
    }

    /// Opens the store at a URL with these options, by the names of [`open_with`](Self::open_with), and what the environment says besides.
    #[cfg(feature = "__cloud")]
    pub(crate) fn open_above_environment(
        url: &str,
        options: Vec<(String, String)>,
    ) -> Result<Self, ArtifactError> {
        let url = StoreUrl::parse(url)?;
        match url {
            StoreUrl::File(_) | StoreUrl::Memory => Self::of_url(&url),
            _ => Self::cloud(&url, options::Options::above_environment(&url, options)),
        }
    }

    fn opened<K, V>(
        url: &StoreUrl,
        options: Option<impl IntoIterator<Item = (K, V)>>,
    ) -> Result<Self, ArtifactError>
    where
        K: AsRef<str>,
        V: Into<String>,
    {
        if let StoreUrl::File(_) | StoreUrl::Memory = url {
            if let Some((name, _)) = options.and_then(|options| options.into_iter().next()) {
                return Err(ArtifactError::Url {
                    url: url.to_string(),
                    reason: format!("it has no options, and `{}` was given", name.as_ref()),
                });
            }
            return match url {
                StoreUrl::File(folder) => Self::folder(folder, false),
                _ => Ok(Self::in_memory()),
            };
        }
        #[cfg(feature = "__cloud")]
        {
            let options = match options {
                Some(options) => options::Options::explicit(options),
                None => options::Options::of_environment(url),
            };
            Self::cloud(url, options)
        }
        // Not reached: without these features no other URL is parsed.
        #[cfg(not(feature = "__cloud"))]
        Err(ArtifactError::Url {
            url: url.to_string(),
            reason: "this build opens only folders".into(),
        })
    }

    #[cfg(feature = "__cloud")]
    fn cloud(url: &StoreUrl, options: options::Options) -> Result<Self, ArtifactError> {
        let objects = cloud::open(url, &options)?;
        Ok(Self {
            origin: Some(StoreOrigin::cloud(url, options)),
            ..Self::over_network(url.to_string(), objects)?
        })
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
        Ok(Self {
            origin: Some(StoreOrigin::folder(&url, fsync)),
            staging: Staging::in_store(folder, fsync),
            ..Self::over(url, Arc::new(objects))
        })
    }

    /// A store in this process's memory.
    pub fn in_memory() -> Self {
        Self {
            staging: Staging::nowhere(),
            ..Self::over("memory://", Arc::new(InMemory::new()))
        }
    }

    /// A store over any `object_store` that needs no tokio runtime. It must support put-if-absent (`PutMode::Create`). `url` names it in
    /// records and messages and must hold no credentials.
    pub fn over(url: impl Into<String>, objects: Arc<dyn ObjectStore>) -> Self {
        Self {
            url: url.into(),
            objects,
            wait: Wait::Here,
            inline_limit: DEFAULT_INLINE_LIMIT,
            origin: None,
            staging: Staging::in_temporary(),
        }
    }

    /// As [`over`](Self::over), for one behind a network: its futures find a tokio runtime with connections and timers, which all such stores of
    /// the process share, large objects go in parts, and causes of errors are kept as text without what may be secret.
    ///
    /// # Errors
    /// When the runtime's threads can't be started.
    pub fn over_network(
        url: impl Into<String>,
        objects: Arc<dyn ObjectStore>,
    ) -> Result<Self, ArtifactError> {
        let url = url.into();
        match Wait::network() {
            Ok(wait) => Ok(Self {
                wait,
                ..Self::over(url, objects)
            }),
            Err(source) => Err(ArtifactError::Store {
                url,
                doing: "starting its threads".into(),
                source: source.into(),
            }),
        }
    }

    /// Where values that are too large for memory wait on their way to and from a store that is no folder of this machine (default:
    /// the system's folder for temporary files). A stack with a home uses a folder there.
    #[must_use]
    pub fn with_scratch(mut self, folder: impl Into<PathBuf>) -> Self {
        self.staging = self.staging.moved_to(folder.into());
        self
    }

    /// As [`with_scratch`](Self::with_scratch), unless that has been called.
    pub(crate) fn or_scratch(self, folder: PathBuf) -> Self {
        match self.staging.is_default() {
            true => self.with_scratch(folder),
            false => self,
        }
    }

    /// Values whose encoding has at most this many bytes are kept in the metadata store (default 16 KiB); 0 keeps all in
    /// the artifact store.
    #[must_use]
    pub fn with_inline_limit(mut self, bytes: usize) -> Self {
        self.inline_limit = bytes;
        self
    }

    /// The store's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder it is in; none when it is in no folder of this machine.
    pub(crate) fn folder_path(&self) -> Option<PathBuf> {
        // Only a store that was opened as a folder is known to keep its objects as files there.
        self.origin.as_ref()?.folder_path()
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
        if self.is_large(size) {
            return self.put_large(digest, bytes);
        }
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
            // `object_store` doesn't repeat what may have been done; here it does no harm.
            Err(error) if failure::may_be_done(&error) => self.replace(digest, bytes),
            Err(error) => Err(self.failed("writing", &path, error)),
        }
    }

    /// A multipart upload can't be made conditional everywhere, and sending much for nothing is worse than a question before.
    fn put_large(&self, digest: Digest, bytes: Bytes) -> Result<(), ArtifactError> {
        let path = object_path(digest);
        let size = Some(bytes.len() as u64);
        if self.size(digest)? == size {
            return Ok(());
        }
        match self.wait.on(large::put(&*self.objects, &path, bytes)) {
            Ok(()) => Ok(()),
            Err(error) => match self.failed("writing", &path, error) {
                // It wasn't there before: its upload was completed, by this one's first try or by another writer.
                ArtifactError::Store { .. } if self.size(digest)? == size => Ok(()),
                error => Err(error),
            },
        }
    }

    /// Writes an object whether or not it exists: for one that is known to be damaged.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn replace(&self, digest: Digest, bytes: Bytes) -> Result<(), ArtifactError> {
        let path = object_path(digest);
        let written = match self.is_large(bytes.len() as u64) {
            true => self.wait.on(large::put(&*self.objects, &path, bytes)),
            false => self.wait.on(self.objects.put(&path, bytes.into())).map(drop),
        };
        written.map_err(|error| self.failed("replacing", &path, error))
    }

    /// Reads an object and checks it against its digest. `what` names the artifact in errors.
    ///
    /// # Errors
    /// [`ArtifactError::Missing`], [`ArtifactError::Damaged`], or the store's error.
    pub fn get(&self, digest: Digest, what: &dyn fmt::Display) -> Result<Bytes, ArtifactError> {
        let path = object_path(digest);
        let read = match self.wait.is_network() {
            true => self.wait.on(large::get(&*self.objects, &path)),
            false => self
                .wait
                .on(async { self.objects.get(&path).await?.bytes().await }),
        };
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(error @ object_store::Error::NotFound { .. }) if !failure::is_bucket_missing(&error) => {
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

    fn is_large(&self, size: u64) -> bool {
        self.wait.is_network() && size > large::LARGE
    }

    fn failed(&self, doing: &str, path: &ObjectPath, error: object_store::Error) -> ArtifactError {
        let doing = format!("{doing} {path}");
        match self.wait.is_network() {
            true => failure::network(&self.url, doing, error),
            false => failure::local(&self.url, doing, error),
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
