//! `secret`.

mod delete;
mod get;
mod list;
mod set;

use std::sync::Arc;

use zen_core::secrets::{Reference, ReferenceError, SecretNames, SecretsStore};

use super::Context;
use crate::commands::{commands, noun};
use crate::error::Error;
use crate::find;
use crate::run::program;

noun! {
    /// Values that configurations refer to by `{{NAME.KEY}}`
    Secrets of SecretCommand
}

commands! {
    /// The verbs.
    SecretCommand {
        Set(set::Set),
        List(list::List),
        Get(get::Get),
        Delete(delete::Delete),
    }
}

/// Which value: both parts as they were typed.
fn reference(name: &str, key: &str) -> Result<Reference, Error> {
    let reference: Result<Reference, ReferenceError> = format!("{name}.{key}").parse();
    reference.map_err(|error| {
        Error::usage(format!(
            "`{name}` `{key}` can't be the name and the key of a secret: {}; use letters, digits, `-` and `_`, beginning with a letter",
            error.reason
        ))
    })
}

/// The store of the stack, which may be read only.
fn store(context: &Context) -> Result<Arc<dyn SecretsStore>, Error> {
    let secrets = context.project.choice()?.secrets()?;
    secrets.store().cloned().ok_or_else(|| {
        Error::usage("the stack's secrets are those of the environment: set variables `ZEN_SECRET_NAME__KEY`")
    })
}

/// There is no such secret; names the one that was probably meant.
fn unknown(message: String, text: &str, names: &SecretNames) -> Error {
    let keys = names.iter().flat_map(|(name, keys)| {
        let whole = [name.clone()].into_iter().filter(|_| !text.contains('.'));
        whole.chain(keys.iter().map(move |key| format!("{name}.{key}")))
    });
    let similar = find::similar(&keys.collect::<Vec<_>>(), text);
    let help = match similar.as_slice() {
        [] => format!("`{} secret list` shows what there is", program()),
        names => format!("did you mean {}?", names.join(" or ")),
    };
    Error::not_found(message, help)
}
