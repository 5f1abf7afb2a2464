//! `version`.

use serde::Serialize;

use super::{Command, Context};
use crate::Exit;
use crate::error::Error;

/// The version of zen
#[derive(Debug, clap::Args)]
pub(crate) struct Version {}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    version: &'static str,
}

impl Command for Version {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let version = env!("CARGO_PKG_VERSION");
        context
            .out
            .show(&Output { version }, || Ok(format!("zen {version}\n")))?;
        Ok(Exit::Success)
    }
}
