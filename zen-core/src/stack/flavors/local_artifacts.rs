//! Artifacts in a folder of this machine.

use std::path::PathBuf;
use std::sync::Arc;

use object_store::memory::InMemory;
use schemars::JsonSchema;
use serde::Deserialize;

use super::ArtifactStoreKind;
use crate::artifact::ArtifactStore;
use crate::stack::{Flavor, Opened, Opening};

struct Local;

#[derive(Deserialize, JsonSchema)]
#[serde(default)]
#[derive(Default)]
struct Config {
    /// The folder, from the project's folder on. Without, `artifacts` in the project's `.zen`.
    path: Option<PathBuf>,
    /// Waits for the disk at every object, so that it survives a loss of power at once.
    survive_power_loss: bool,
}

impl Config {
    fn folder(&self, opening: &Opening<'_>) -> PathBuf {
        match &self.path {
            Some(path) => opening.path(path),
            None => opening.home.join("artifacts"),
        }
    }
}

impl Flavor for Local {
    type Kind = ArtifactStoreKind;
    type Config = Config;
    const NAME: &'static str = "local";
    const DOC: &'static str = "A folder of this machine.";
    const DEFAULT: bool = true;

    fn open(config: Config, opening: &Opening<'_>) -> Opened<ArtifactStore> {
        Ok(ArtifactStore::folder(
            &config.folder(opening),
            config.survive_power_loss,
        )?)
    }

    /// A folder that isn't there holds nothing.
    fn look(config: Config, opening: &Opening<'_>) -> Opened<ArtifactStore> {
        let folder = config.folder(opening);
        match folder.is_dir() {
            true => Ok(ArtifactStore::folder(&folder, false)?),
            false => Ok(ArtifactStore::over(
                format!("file://{}", folder.display()),
                Arc::new(InMemory::new()),
            )),
        }
    }

    fn location(config: &Config, opening: &Opening<'_>) -> String {
        format!("file://{}", config.folder(opening).display())
    }

    fn check(config: Config, opening: &Opening<'_>) -> Opened<()> {
        let folder = config.folder(opening);
        match super::is_there(&folder)? {
            true => Ok(ArtifactStore::folder(&folder, false)?.reach()?),
            // Made when the first artifact is stored, if it can be.
            false => super::can_be_made(&folder),
        }
    }
}

crate::register_flavor!(Local);
