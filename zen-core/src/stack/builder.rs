//! Putting a stack together.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use super::stack::{Inner, built, make_home, metadata_component};
use super::{Clock, ComponentPlan, ComponentType, Stack, StackError, StackPlan, SystemClock};
use crate::artifact::{ArtifactError, ArtifactStore, StoreUrl};
use crate::graph::Component;
use crate::metadata::MetadataStore;
use crate::secrets::Secrets;

/// Puts a [`Stack`] together.
#[derive(Debug, Default)]
pub struct StackBuilder {
    name: Option<String>,
    home: Option<PathBuf>,
    artifacts: Option<ArtifactStore>,
    /// Parsed at once: a URL that is refused may hold what mustn't be shown.
    artifacts_url: Option<Result<StoreUrl, ArtifactError>>,
    metadata: Option<Arc<dyn MetadataStore>>,
    clock: Option<Arc<dyn Clock>>,
    components: Vec<Component>,
    survive_power_loss: bool,
    program: Option<PathBuf>,
    plan: Option<StackPlan>,
    secrets: Option<Secrets>,
    /// Names and flavours of the artifact store and of the metadata store.
    stores: Option<[(String, String); 2]>,
}

impl StackBuilder {
    /// The stack's name (default `default`).
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Keeps everything that isn't given otherwise in files in this folder. Without, in memory.
    #[must_use]
    pub fn home(mut self, home: impl Into<PathBuf>) -> Self {
        self.home = Some(home.into());
        self
    }

    /// The artifact store.
    #[must_use]
    pub fn artifacts(mut self, store: ArtifactStore) -> Self {
        self.artifacts = Some(store);
        self.artifacts_url = None;
        self
    }

    /// The artifact store by its URL, such as `s3://bucket/prefix`, opened as [`ArtifactStore::open`] does. Of this and
    /// [`artifacts`](Self::artifacts) the last call counts.
    #[must_use]
    pub fn artifacts_url(mut self, url: &str) -> Self {
        self.artifacts = None;
        self.artifacts_url = Some(StoreUrl::parse(url));
        self
    }

    /// The metadata store.
    #[must_use]
    pub fn metadata(mut self, store: Arc<dyn MetadataStore>) -> Self {
        self.metadata = Some(store);
        self
    }

    /// The clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// One more component, which steps find by its type.
    #[must_use]
    pub fn component(mut self, component: Component) -> Self {
        self.components.push(component);
        self
    }

    /// Waits for the disk at every transaction and object, so that each finished step survives a loss of power at once.
    /// Without, what was recorded survives the death of the process, and a loss of power may take what the system had not yet
    /// written to the disk: an object that is then missing or damaged is made again, and the metadata stays consistent.
    #[must_use]
    pub fn survive_power_loss(mut self, yes: bool) -> Self {
        self.survive_power_loss = yes;
        self
    }

    /// The executable that services run, instead of this program's own. Its `main` must be marked `#[zen_core::main]`, and it must have the
    /// models and services that are deployed: for tests, and for programs that leave serving to another one.
    #[must_use]
    pub fn program(mut self, executable: impl Into<PathBuf>) -> Self {
        self.program = Some(executable.into());
        self
    }

    /// Its secrets (default: those of the environment, above those of the file in its home).
    #[must_use]
    pub fn secrets(mut self, secrets: Secrets) -> Self {
        self.secrets = Some(secrets);
        self
    }

    /// What its settings say.
    pub(super) fn plan(mut self, plan: StackPlan) -> Self {
        self.plan = Some(plan);
        self
    }

    /// What its stores are called.
    pub(super) fn named(mut self, artifacts: &ComponentPlan, metadata: &ComponentPlan) -> Self {
        let named = |plan: &ComponentPlan| (plan.name.clone(), plan.flavor.clone());
        self.stores = Some([named(artifacts), named(metadata)]);
        self
    }

    /// Opens the parts.
    ///
    /// # Errors
    /// When a part can't be opened.
    pub fn build(self) -> Result<Stack, StackError> {
        let home = self.home.map(|home| make_home(&home)).transpose()?;
        let artifacts = match (self.artifacts, self.artifacts_url.transpose()?, &home) {
            (Some(store), ..) => store,
            (None, Some(StoreUrl::File(folder)), _) => {
                ArtifactStore::folder(&folder, self.survive_power_loss)?
            }
            (None, Some(url), _) => ArtifactStore::of_url(&url)?,
            (None, None, Some(home)) => {
                ArtifactStore::folder(&home.join("artifacts"), self.survive_power_loss)?
            }
            (None, None, None) => ArtifactStore::in_memory(),
        };
        let artifacts = match &home {
            Some(home) => artifacts.or_scratch(home.join("scratch")),
            None => artifacts,
        };
        let metadata = match self.metadata {
            Some(store) => store,
            None => default_metadata(home.as_deref(), self.survive_power_loss)?,
        };
        let secrets = match (self.secrets, &home) {
            (Some(secrets), _) => secrets,
            (None, Some(home)) => Secrets::in_home(home),
            (None, None) => Secrets::environment(),
        };
        let default = |flavor: &str| ("default".to_owned(), flavor.to_owned());
        let [of_artifacts, of_metadata] = self
            .stores
            .unwrap_or_else(|| [default(scheme(artifacts.url())), default("metadata")]);
        let mut components = vec![
            Component::new(
                ComponentType::ArtifactStore.as_str(),
                of_artifacts.0,
                of_artifacts.1,
                Arc::new(artifacts.clone()),
            ),
            metadata_component(&metadata, &of_metadata.0, &of_metadata.1),
            Component::new(
                ComponentType::SecretsStore.as_str(),
                "default",
                "secrets",
                Arc::new(secrets.clone()),
            ),
        ];
        components.extend(self.components);
        let stack = Stack {
            inner: Arc::new(Inner {
                name: self.name.unwrap_or_else(|| "default".into()),
                home,
                artifacts,
                metadata,
                clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
                components: Arc::new(components),
                liveness: Arc::default(),
                program: self.program,
                plan: self.plan,
                secrets,
            }),
        };
        stack.settle_dead_runs()?;
        if let Some(home) = stack.home() {
            let mut known = built().lock().unwrap_or_else(PoisonError::into_inner);
            known.retain(|_, inner| inner.strong_count() > 0);
            known.insert(home.to_owned(), Arc::downgrade(&stack.inner));
        }
        Ok(stack)
    }
}

fn scheme(url: &str) -> &str {
    url.split_once("://").map_or("file", |(scheme, _)| scheme)
}

#[cfg(feature = "sqlite")]
fn default_metadata(home: Option<&Path>, power: bool) -> Result<Arc<dyn MetadataStore>, StackError> {
    use crate::metadata::{Durability, SqliteMetadata, SqliteOptions};
    let durability = if power {
        Durability::Power
    } else {
        Durability::Process
    };
    Ok(match home {
        Some(home) => Arc::new(SqliteMetadata::open(
            &home.join("metadata.db"),
            SqliteOptions { durability },
        )?),
        None => Arc::new(SqliteMetadata::in_memory()?),
    })
}

#[cfg(not(feature = "sqlite"))]
fn default_metadata(_: Option<&Path>, _: bool) -> Result<Arc<dyn MetadataStore>, StackError> {
    Err(StackError::Incomplete {
        component: "metadata store",
        reason: "give one to the builder, or switch on the cargo feature `sqlite` of zen-core",
    })
}
