//! Stacks: what settings say, who said it, and what is opened of it.

mod files;
mod flavors;
mod opened;
mod registered;
mod scheduled;

use std::path::{Path, PathBuf};

use zen_core::stack::{Settings, StackChoice};

/// A project with this `zen.toml`.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    pub(crate) fn new(zen_toml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if !zen_toml.is_empty() {
            std::fs::write(folder.path().join("zen.toml"), zen_toml).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.path().join(".zen")
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::at(&self.home()).unwrap()
    }

    pub(crate) fn choose(&self) -> StackChoice {
        zen_core::prelude::Stack::choose().home(self.home())
    }

    /// What is said of the settings, which are wrong.
    pub(crate) fn refused(&self) -> String {
        match Settings::at(&self.home()).map(|settings| settings.plan(&StackChoice::default())) {
            Err(error) => error.to_string(),
            Ok(Err(error)) => error.to_string(),
            Ok(Ok(plan)) => panic!("nothing is wrong with {plan:?}"),
        }
    }
}
