//! A stack: an artifact store, a metadata store, a clock, and the folder they sit in.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use super::{Clock, Liveness, StackBuilder, StackChoice, StackError, StackPlan, host, leftovers};
use crate::artifact::ArtifactStore;
use crate::graph::Component;
use crate::metadata::{Change, FencedMetadata, MetadataError, MetadataStore, RunFilter, Status};
use crate::secrets::Secrets;

/// Names the project's artifact store in the environment, by its URL or by the name of a component.
pub const ARTIFACT_STORE_VARIABLE: &str = "ZEN_ARTIFACT_STORE";

/// The kind of the component that is the metadata store.
const METADATA: &str = "metadata_store";

/// Where runs are recorded and artifacts are kept. Cheap to clone; clones share everything.
///
/// [`Stack::active`] is the project's own: files under `.zen/`. [`Stack::in_memory`] leaves nothing behind, for tests.
///
/// ```
/// use zen_core::prelude::*;
///
/// #[step]
/// fn answer() -> i64 { 42 }
/// #[pipeline]
/// fn question() -> Artifact<i64> { answer() }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let stack = Stack::in_memory()?;
/// let run = question().on(&stack).quiet().run().await?;
/// assert_eq!(*run.output().await?, 42);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Stack {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) name: String,
    pub(super) home: Option<PathBuf>,
    pub(super) artifacts: ArtifactStore,
    pub(super) metadata: Arc<dyn MetadataStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) components: Arc<Vec<Component>>,
    /// Shared by the stacks that [`Stack::fenced`] makes of one.
    pub(super) liveness: Arc<Mutex<Option<Arc<Liveness>>>>,
    pub(super) program: Option<PathBuf>,
    pub(super) plan: Option<StackPlan>,
    pub(super) secrets: Secrets,
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("name", &self.inner.name)
            .field("home", &self.inner.home)
            .field("artifacts", &self.inner.artifacts)
            .field("metadata", &self.inner.metadata.location())
            .finish_non_exhaustive()
    }
}

impl Stack {
    /// The project's active stack, as its [settings](crate::stack::settings) and the environment say: without any, artifacts and metadata in files
    /// under `.zen/` (see [`find_home`](super::find_home)). Opened once a process.
    ///
    /// Runs of processes that died are marked failed here. [`StackChoice::activate`] makes another one active for this process.
    ///
    /// # Errors
    /// When settings are wrong, the folder can't be made or its content can't be used.
    pub fn active() -> Result<Self, StackError> {
        StackChoice::active().open()
    }

    /// The active stack of the project that keeps its files in `home`, a folder such as `.zen`; see [`active`](Self::active).
    ///
    /// # Errors
    /// When the folder can't be made or its content can't be used.
    pub fn at(home: &Path) -> Result<Self, StackError> {
        Self::choose().home(home).open()
    }

    /// The project's stack of this name.
    ///
    /// # Errors
    /// When there is none, or it can't be opened.
    pub fn named(name: &str) -> Result<Self, StackError> {
        Self::choose().stack(name).open()
    }

    /// Chooses a stack, components and values above what environment and files say.
    pub fn choose() -> StackChoice {
        StackChoice::default()
    }

    /// The stack that this process has open for a folder, with whatever parts it was given; else [`Stack::at`] it.
    pub(crate) fn opened_at(home: &Path) -> Result<Self, StackError> {
        let known = built().lock().unwrap_or_else(PoisonError::into_inner);
        let open = home
            .canonicalize()
            .ok()
            .and_then(|home| known.get(&home)?.upgrade());
        drop(known);
        match open {
            Some(inner) => Ok(Self { inner }),
            None => Self::at(home),
        }
    }

    /// A stack in this process's memory.
    ///
    /// # Errors
    /// When this build has no metadata store (the cargo feature `sqlite` is off).
    pub fn in_memory() -> Result<Self, StackError> {
        Self::builder().name("memory").build()
    }

    /// A stack of chosen parts.
    pub fn builder() -> StackBuilder {
        StackBuilder::default()
    }

    /// The stack's name.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The folder everything sits in; none for a stack in memory.
    pub fn home(&self) -> Option<&Path> {
        self.inner.home.as_deref()
    }

    /// The project's folder: the one that holds `.zen`, else the working directory.
    pub fn project(&self) -> PathBuf {
        let parent = self.home().and_then(Path::parent).map(Path::to_owned);
        parent
            .or_else(|| std::env::current_dir().ok())
            .unwrap_or_default()
    }

    /// The artifact store.
    pub fn artifacts(&self) -> &ArtifactStore {
        &self.inner.artifacts
    }

    /// The metadata store.
    pub fn metadata(&self) -> &Arc<dyn MetadataStore> {
        &self.inner.metadata
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// What its settings say, and who said it; none for a stack that was put together in code.
    pub fn plan(&self) -> Option<&StackPlan> {
        self.inner.plan.as_ref()
    }

    /// Its secrets: those of the environment, above those of its secrets store.
    pub fn secrets(&self) -> &Secrets {
        &self.inner.secrets
    }

    /// Its component of this type, which is opened now if it wasn't.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn component<T: Send + Sync + 'static>(&self) -> Result<Option<Arc<T>>, StackError> {
        for component in self.components().iter() {
            if let Some(value) = component.open::<T>().map_err(StackError::NotOpened)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Opens all components that are not open yet, so that what is wrong with one is known before a step needs it.
    ///
    /// # Errors
    /// The first that can't be opened.
    pub fn ready(&self) -> Result<(), StackError> {
        let mut components = self.components().iter();
        components.try_for_each(|component| component.ready().map_err(StackError::NotOpened))
    }

    /// All components, as steps see them.
    pub fn components(&self) -> &Arc<Vec<Component>> {
        &self.inner.components
    }

    /// Under which name this process's runs are recorded; none when nobody else could look.
    pub(crate) fn process(&self) -> Result<Option<uuid::Uuid>, StackError> {
        let Some(folder) = self.live() else {
            return Ok(None);
        };
        let mut liveness = self.inner.liveness.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(liveness) = &*liveness {
            return Ok(Some(liveness.id()));
        }
        let claimed = Liveness::claim(&folder).map_err(|source| StackError::Home { path: folder, source })?;
        let id = claimed.id();
        *liveness = Some(Arc::new(claimed));
        Ok(Some(id))
    }

    /// This stack, whose metadata refuses everything that is written from the moment on that `fence` does not hold any more.
    pub(crate) fn fenced(&self, fence: Change) -> Self {
        let inner = &self.inner;
        let metadata: Arc<dyn MetadataStore> =
            Arc::new(FencedMetadata::new(Arc::clone(&inner.metadata), fence));
        // Steps that ask for the metadata store get the fenced one too.
        let others = inner
            .components
            .iter()
            .filter(|component| component.kind != METADATA);
        let own = inner
            .components
            .iter()
            .find(|component| component.kind == METADATA);
        let (name, flavor) = own.map_or(("default", METADATA), |own| (&own.name, &own.flavor));
        let fenced = metadata_component(&metadata, name, flavor);
        let components = others.cloned().chain([fenced]).collect();
        Self {
            inner: Arc::new(Inner {
                name: inner.name.clone(),
                home: inner.home.clone(),
                artifacts: inner.artifacts.clone(),
                metadata,
                clock: Arc::clone(&inner.clock),
                components: Arc::new(components),
                liveness: Arc::clone(&inner.liveness),
                program: inner.program.clone(),
                plan: inner.plan.clone(),
                secrets: inner.secrets.clone(),
            }),
        }
    }

    /// The executable that services and workers run: this program's own, unless the stack was given another.
    ///
    /// # Errors
    /// When the system doesn't say where this program's executable is.
    pub fn program_path(&self) -> std::io::Result<PathBuf> {
        match &self.inner.program {
            Some(path) => path.canonicalize(),
            None => std::env::current_exe().map(|path| match path.to_str() {
                // What Linux calls a file that has been replaced or removed since.
                Some(text) => text.strip_suffix(" (deleted)").unwrap_or(text).into(),
                None => path,
            }),
        }
    }

    /// What is read of that executable: for this program's own, the file that is running, even when another has taken its place since.
    pub(crate) fn program_file(&self) -> std::io::Result<PathBuf> {
        match &self.inner.program {
            None if cfg!(target_os = "linux") => Ok("/proc/self/exe".into()),
            _ => self.program_path(),
        }
    }

    /// Whether services run another executable than this program's own.
    pub fn has_program(&self) -> bool {
        self.inner.program.is_some()
    }

    /// Where the steps of this process's runs have their scratch folders; none for a stack in memory.
    pub(crate) fn scratch_of(&self, process: uuid::Uuid) -> Option<PathBuf> {
        Some(self.scratch()?.join(process.to_string()))
    }

    fn scratch(&self) -> Option<PathBuf> {
        self.home().map(|home| home.join("scratch"))
    }

    /// Where the processes that live have their locks; none for a stack in memory.
    pub(crate) fn live(&self) -> Option<PathBuf> {
        self.home().map(|home| home.join("live"))
    }

    /// Marks the runs whose process died on this machine as failed, with their unfinished steps, and removes what else it left unfinished:
    /// scratch folders and half-written objects. Returns how many runs there were.
    ///
    /// # Errors
    /// When the metadata store can't be read or written.
    pub fn settle_dead_runs(&self) -> Result<usize, MetadataError> {
        let Some(folder) = self.live() else { return Ok(0) };
        let mut dead = 0;
        for status in [Status::Running, Status::Queued] {
            let filter = RunFilter {
                status: Some(status),
                ..RunFilter::default()
            };
            for run in self.metadata().runs(&filter)? {
                let Some(process) = run.process else { continue };
                // What another machine's process does can't be seen from here; when in doubt it is alive.
                if run.host != host() || Liveness::is_alive(&folder, process).unwrap_or(true) {
                    continue;
                }
                let died = Change::RunDied {
                    run: run.id,
                    error: format!(
                        "the process {} that executed it died (killed, crashed, out of memory or loss of power); \
                         resume the run to continue from its finished steps",
                        run.pid
                    ),
                    noticed: self.clock().now(),
                };
                if dead == 0
                    && let Some(artifacts) = self.artifacts().folder_path()
                    // Of another folder, this project doesn't know who else writes there.
                    && Some(&artifacts) == self.home().map(|home| home.join("artifacts")).as_ref()
                {
                    // First: whoever dies in between leaves the death to be noticed again, and with it what is to be swept.
                    leftovers::sweep_half_written(&artifacts, &folder);
                }
                match self.metadata().apply(&[died]) {
                    Ok(()) => dead += 1,
                    // Another process has settled it, and a prune has removed it since.
                    Err(_) if self.metadata().run(run.id)?.is_none() => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Liveness::sweep(&folder);
        if let Some(scratch) = self.scratch() {
            leftovers::sweep_scratch(&scratch, &folder);
        }
        Ok(dead)
    }
}

/// The stacks this process has open, by their folders.
pub(super) fn built() -> &'static Mutex<HashMap<PathBuf, Weak<Inner>>> {
    static BUILT: OnceLock<Mutex<HashMap<PathBuf, Weak<Inner>>>> = OnceLock::new();
    BUILT.get_or_init(Mutex::default)
}

pub(super) fn make_home(home: &Path) -> Result<PathBuf, StackError> {
    let made = crate::home_folder::make(home).and_then(|()| home.canonicalize());
    made.map_err(|source| StackError::Home {
        path: home.to_owned(),
        source,
    })
}

pub(super) fn metadata_component(metadata: &Arc<dyn MetadataStore>, name: &str, flavor: &str) -> Component {
    Component::new(METADATA, name, flavor, Arc::new(Arc::clone(metadata)))
}
