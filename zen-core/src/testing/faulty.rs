//! An object store that fails on purpose.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What a [`FaultyStore`] does to the calls it is told to spoil.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing: all calls work.
    None,
    /// Every write fails, and leaves nothing behind.
    FailPuts,
    /// Every read fails.
    FailGets,
    /// The n-th call from now on fails, counted from 1, whatever it is.
    FailNth(u64),
    /// Reads give only the first half of the bytes.
    Truncate,
    /// Reads give the bytes with the first one changed.
    WrongBytes,
}

/// An object store over another one that fails as it is told.
#[derive(Debug, Clone)]
pub struct FaultyStore {
    inner: Arc<dyn ObjectStore>,
    fault: Arc<Mutex<Fault>>,
    calls: Arc<AtomicU64>,
}

impl FaultyStore {
    /// Works like `inner` until it is told otherwise.
    pub fn new(inner: Arc<dyn ObjectStore>) -> Self {
        Self {
            inner,
            fault: Arc::new(Mutex::new(Fault::None)),
            calls: Arc::default(),
        }
    }

    /// What happens from now on. The calls are counted anew.
    pub fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
        self.calls.store(0, Ordering::SeqCst);
    }

    /// How many calls there were since [`set`](Self::set), or since it was made.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Counts a call and says whether it fails.
    fn call(&self, fails: fn(Fault) -> bool) -> Result<Fault> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let fault = *self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        if fails(fault) || fault == Fault::FailNth(call) {
            return Err(object_store::Error::Generic {
                store: "FaultyStore",
                source: format!("told to fail ({fault:?})").into(),
            });
        }
        Ok(fault)
    }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaultyStore({})", self.inner)
    }
}

const READS: fn(Fault) -> bool = |fault| fault == Fault::FailGets;
const WRITES: fn(Fault) -> bool = |fault| fault == Fault::FailPuts;
const NEVER: fn(Fault) -> bool = |_| false;

#[async_trait::async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.call(WRITES)?;
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.call(WRITES)?;
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let fault = self.call(READS)?;
        let result = self.inner.get_opts(location, options).await?;
        if !matches!(fault, Fault::Truncate | Fault::WrongBytes) || result.range.is_empty() {
            return Ok(result);
        }
        let (meta, range, attributes) = (
            result.meta.clone(),
            result.range.clone(),
            result.attributes.clone(),
        );
        let extensions = result.extensions.clone();
        let mut bytes = result.bytes().await?.to_vec();
        match fault {
            Fault::Truncate => bytes.truncate(bytes.len() / 2),
            _ => bytes.iter_mut().take(1).for_each(|byte| *byte ^= 0xff),
        }
        let payload =
            GetResultPayload::Stream(futures::stream::once(async { Ok(Bytes::from(bytes)) }).boxed());
        Ok(GetResult {
            payload,
            meta,
            range,
            attributes,
            extensions,
        })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.call(WRITES) {
            Ok(_) => self.inner.delete_stream(locations),
            Err(error) => futures::stream::once(async { Err(error) }).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.call(NEVER) {
            Ok(_) => self.inner.list(prefix),
            Err(error) => futures::stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.call(NEVER)?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.call(WRITES)?;
        self.inner.copy_opts(from, to, options).await
    }
}
