//! `secret delete`.

use serde::Serialize;

use super::{reference, store, unknown};
use crate::Exit;
use crate::args::Confirm;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::output::confirm;

/// Remove a key of a secret, or the whole secret
#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    /// The secret's name
    name: String,
    /// The key [default: all]
    key: Option<String>,
    #[command(flatten)]
    confirm: Confirm,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    deleted: String,
}

impl Command for Delete {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        // Refused here rather than after the question.
        reference(&self.name, self.key.as_deref().unwrap_or("key"))?;
        let store = store(context)?;
        let what = match &self.key {
            Some(key) => format!("{}.{key}", self.name),
            None => self.name.clone(),
        };
        let names = store.names()?;
        let missing = || {
            let message = format!("there is no secret `{what}` in {}", store.location());
            unknown(message, &what, &names)
        };
        let keys = names.get(&self.name).ok_or_else(missing)?;
        if self.key.as_ref().is_some_and(|key| !keys.contains(key)) {
            return Err(missing());
        }
        confirm(
            &format!("Delete secret `{what}`? What refers to it fails then."),
            self.confirm,
        )?;
        if !store.delete(&self.name, self.key.as_deref())? {
            // Somebody else was quicker.
            return Err(missing());
        }
        let output = Output { deleted: what };
        context.out.show(&output, || {
            Ok(format!("secret `{}` is deleted\n", output.deleted))
        })?;
        Ok(Exit::Success)
    }
}
