//! An object store that fails on purpose.

mod harm;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
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
    /// The n-th call of a kind, counted from 1, is harmed. Calls of other kinds work.
    Nth(Operation, u64, Harm),
    /// All calls of a kind are harmed, from the n-th on, counted from 1.
    From(Operation, u64, Harm),
}

/// A kind of calls of an object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Whatever it is.
    Any,
    /// A write, in whatever way.
    Put,
    /// A read of bytes.
    Get,
    /// A look at an object, without its bytes.
    Head,
    /// A removal.
    Delete,
    /// A list of objects.
    List,
    /// A copy or a renaming.
    Copy,
}

/// What happens to a call. One that makes no sense for the call leaves it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Harm {
    /// It fails, and has changed nothing.
    Error,
    /// It does what it should and then fails, as when an answer is lost on its way.
    Ambiguous,
    /// It works, after this time.
    Slow(Duration),
    /// A read gives only the first half of the bytes.
    Truncate,
    /// A read gives the bytes with the first one changed.
    WrongBytes,
    /// A write writes only the first half of the bytes, and claims success.
    ShortWrite,
    /// A look says that the object has one byte more than it has.
    WrongSize,
    /// A list leaves out what was written since the fault was set.
    Lag,
}

/// An object store over another one that fails as it is told.
///
/// ```
/// use std::sync::Arc;
/// use object_store::memory::InMemory;
/// use zen_core::artifact::{ArtifactStore, Digest};
/// use zen_core::testing::{Fault, FaultyStore, Harm, Operation};
///
/// let faulty = FaultyStore::new(Arc::new(InMemory::new()));
/// let store = ArtifactStore::over("faulty://", Arc::new(faulty.clone()));
/// let bytes = vec![7; 100];
/// faulty.set(Fault::Nth(Operation::Put, 1, Harm::ShortWrite));
/// store.put(Digest::of(&bytes), bytes.clone().into()).unwrap();
/// assert!(store.get(Digest::of(&bytes), &"it").is_err()); // noticed when it is read
/// ```
#[derive(Debug, Clone)]
pub struct FaultyStore {
    inner: Arc<dyn ObjectStore>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    fault: Fault,
    /// All calls since the fault was set, and those of the kind that is harmed.
    calls: u64,
    of_kind: u64,
    /// What was written since.
    fresh: Vec<Path>,
}

impl FaultyStore {
    /// Works like `inner` until it is told otherwise.
    pub fn new(inner: Arc<dyn ObjectStore>) -> Self {
        let state = State {
            fault: Fault::None,
            calls: 0,
            of_kind: 0,
            fresh: Vec::new(),
        };
        Self {
            inner,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// What happens from now on. The calls are counted anew.
    pub fn set(&self, fault: Fault) {
        *self.state() = State {
            fault,
            calls: 0,
            of_kind: 0,
            fresh: Vec::new(),
        };
    }

    /// How many calls there were since [`set`](Self::set), or since it was made.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// How many of them were of the kind that the fault harms.
    pub fn calls_of_kind(&self) -> u64 {
        self.state().of_kind
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call and says what is to become of it. Errors that come before anything happened are given at once, and slow calls wait here:
    /// they are made by threads that may block.
    fn call(&self, operation: Operation) -> Result<Option<Harm>> {
        let (harm, fault) = {
            let mut state = self.state();
            (state.count(operation), state.fault)
        };
        match harm {
            Some(Harm::Error) => Err(told_to_fail(fault)),
            Some(Harm::Slow(time)) => {
                std::thread::sleep(time);
                Ok(None)
            }
            other => Ok(other),
        }
    }

    /// What is said after the call has done its work.
    fn answer<T>(&self, harm: Option<Harm>, result: Result<T>) -> Result<T> {
        match harm {
            Some(Harm::Ambiguous) => result.and_then(|_| Err(told_to_fail(self.state().fault))),
            _ => result,
        }
    }
}

impl State {
    fn count(&mut self, operation: Operation) -> Option<Harm> {
        self.calls += 1;
        let reads = matches!(operation, Operation::Get | Operation::Head);
        let writes = matches!(operation, Operation::Put | Operation::Delete | Operation::Copy);
        let mut nth = |of: Operation| {
            let is = of == Operation::Any || of == operation;
            self.of_kind += u64::from(is);
            is.then_some(self.of_kind)
        };
        match self.fault {
            Fault::None => None,
            Fault::FailPuts => writes.then_some(Harm::Error),
            Fault::FailGets => reads.then_some(Harm::Error),
            Fault::FailNth(n) => (nth(Operation::Any) == Some(n)).then_some(Harm::Error),
            Fault::Truncate => reads.then_some(Harm::Truncate),
            Fault::WrongBytes => reads.then_some(Harm::WrongBytes),
            Fault::Nth(of, n, harm) => (nth(of) == Some(n)).then_some(harm),
            Fault::From(of, n, harm) => nth(of).is_some_and(|call| call >= n).then_some(harm),
        }
    }
}

fn told_to_fail(fault: Fault) -> object_store::Error {
    object_store::Error::Generic {
        store: "FaultyStore",
        source: format!("told to fail ({fault:?})").into(),
    }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaultyStore({})", self.inner)
    }
}

#[async_trait::async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let harm = self.call(Operation::Put)?;
        let payload = match harm {
            Some(Harm::ShortWrite) => {
                let bytes = Bytes::from(payload);
                bytes.slice(..bytes.len() / 2).into()
            }
            _ => payload,
        };
        let result = self.inner.put_opts(location, payload, options).await;
        self.state().fresh.push(location.clone());
        self.answer(harm, result)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.call(Operation::Put)?;
        let upload = self.inner.put_multipart_opts(location, options).await?;
        self.state().fresh.push(location.clone());
        Ok(harm::upload(self.clone(), upload))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let harm = self.call(match options.head {
            true => Operation::Head,
            false => Operation::Get,
        })?;
        let result = self.inner.get_opts(location, options).await;
        harm::read(harm, self.answer(harm, result)?).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.call(Operation::Delete) {
            Ok(harm) => {
                let store = self.clone();
                let deleted = self.inner.delete_stream(locations);
                deleted.map(move |result| store.answer(harm, result)).boxed()
            }
            Err(error) => futures::stream::once(async { Err(error) }).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.call(Operation::List) {
            Ok(harm) => {
                let hidden = self.hidden(harm);
                let listed = self.inner.list(prefix);
                let is_seen = move |meta: &Result<ObjectMeta>| {
                    !meta.as_ref().is_ok_and(|meta| hidden.contains(&meta.location))
                };
                listed
                    .filter(move |meta| futures::future::ready(is_seen(meta)))
                    .boxed()
            }
            Err(error) => futures::stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let harm = self.call(Operation::List)?;
        let hidden = self.hidden(harm);
        let mut listed = self.inner.list_with_delimiter(prefix).await?;
        listed.objects.retain(|meta| !hidden.contains(&meta.location));
        self.answer(harm, Ok(listed))
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let harm = self.call(Operation::Copy)?;
        let result = self.inner.copy_opts(from, to, options).await;
        self.answer(harm, result)
    }
}

impl FaultyStore {
    fn hidden(&self, harm: Option<Harm>) -> Vec<Path> {
        match harm {
            Some(Harm::Lag) => self.state().fresh.clone(),
            _ => Vec::new(),
        }
    }
}
