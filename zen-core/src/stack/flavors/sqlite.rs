//! Metadata in SQLite: a file, or the memory of the process.

use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{MetadataStoreKind, Nothing};
use crate::metadata::{Durability, MetadataStore, SqliteMetadata, SqliteOptions};
use crate::stack::{Flavor, Opened, Opening};

struct Sqlite;

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct Config {
    /// The database, from the project's folder on; on a disk of this machine, not of the network. Without, `metadata.db` in the project's `.zen`.
    path: Option<PathBuf>,
    /// Waits for the disk at every transaction, so that each finished step survives a loss of power at once.
    survive_power_loss: bool,
}

impl Config {
    fn file(&self, opening: &Opening<'_>) -> PathBuf {
        match &self.path {
            Some(path) => opening.path(path),
            None => opening.home.join("metadata.db"),
        }
    }
}

impl Flavor for Sqlite {
    type Kind = MetadataStoreKind;
    type Config = Config;
    const NAME: &'static str = "sqlite";
    const DOC: &'static str = "An SQLite database in a file of this machine.";
    const DEFAULT: bool = true;

    fn open(config: Config, opening: &Opening<'_>) -> Opened<Arc<dyn MetadataStore>> {
        let durability = match config.survive_power_loss {
            true => Durability::Power,
            false => Durability::Process,
        };
        let file = config.file(opening);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(Arc::new(SqliteMetadata::open(
            &file,
            SqliteOptions { durability },
        )?))
    }

    /// A file that has been chosen and isn't there holds nothing yet. That of the project's own folder is missed.
    fn look(config: Config, opening: &Opening<'_>) -> Opened<Arc<dyn MetadataStore>> {
        if config.path.is_some() && !super::is_there(&config.file(opening))? {
            return Ok(Arc::new(SqliteMetadata::in_memory()?));
        }
        Ok(Arc::new(SqliteMetadata::look(&config.file(opening))?))
    }

    fn check(config: Config, opening: &Opening<'_>) -> Opened<()> {
        let file = config.file(opening);
        if super::is_there(&file)? {
            return Ok(SqliteMetadata::look(&file).map(drop)?);
        }
        // Made by the first run, if it can be.
        super::can_be_made(&file)
    }

    fn location(config: &Config, opening: &Opening<'_>) -> String {
        config.file(opening).display().to_string()
    }
}

crate::register_flavor!(Sqlite);

struct Memory;

impl Flavor for Memory {
    type Kind = MetadataStoreKind;
    type Config = Nothing;
    const NAME: &'static str = "memory";
    const DOC: &'static str =
        "The memory of the process: gone when it ends. Nothing of the project's folder is used.";

    fn open(_: Nothing, _: &Opening<'_>) -> Opened<Arc<dyn MetadataStore>> {
        Ok(Arc::new(SqliteMetadata::in_memory()?))
    }

    fn location(_: &Nothing, _: &Opening<'_>) -> String {
        "memory".to_owned()
    }
}

crate::register_flavor!(Memory);
