//! Where secrets are kept.

use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Nothing, SecretsStoreKind};
use crate::secrets::{EnvironmentSecrets, FileSecrets, SecretsStore};
use crate::stack::{Flavor, Opened, Opening};

struct File;

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct Config {
    /// The file, from the project's folder on, which nobody but its owner may read. Without, `secrets.toml` in the project's `.zen`.
    path: Option<PathBuf>,
}

impl Config {
    fn file(&self, opening: &Opening<'_>) -> PathBuf {
        match &self.path {
            Some(path) => opening.path(path),
            None => opening.home.join("secrets.toml"),
        }
    }
}

impl Flavor for File {
    type Kind = SecretsStoreKind;
    type Config = Config;
    const NAME: &'static str = "file";
    const DOC: &'static str = "A file that only its owner may read. What the environment has comes first.";
    const DEFAULT: bool = true;

    fn open(config: Config, opening: &Opening<'_>) -> Opened<Arc<dyn SecretsStore>> {
        Ok(Arc::new(FileSecrets::at(config.file(opening))))
    }

    fn location(config: &Config, opening: &Opening<'_>) -> String {
        config.file(opening).display().to_string()
    }

    fn check(config: Config, opening: &Opening<'_>) -> Opened<()> {
        Ok(FileSecrets::at(config.file(opening)).names().map(drop)?)
    }
}

crate::register_flavor!(File);

struct Environment;

impl Flavor for Environment {
    type Kind = SecretsStoreKind;
    type Config = Nothing;
    const NAME: &'static str = "environment";
    const DOC: &'static str = "Variables `ZEN_SECRET_NAME__KEY` of the environment, and nothing else.";

    fn open(_: Nothing, _: &Opening<'_>) -> Opened<Arc<dyn SecretsStore>> {
        Ok(Arc::new(EnvironmentSecrets))
    }

    fn location(_: &Nothing, _: &Opening<'_>) -> String {
        "the environment".to_owned()
    }
}

crate::register_flavor!(Environment);
