//! `stack`.

mod check;
mod copy;
mod delete;
mod describe;
mod get;
mod list;
mod parts;
mod register;
mod set;
mod update;

use std::collections::BTreeMap;

use serde::Serialize;
use zen_core::stack::{ComponentType, Settings, Source, StackDefinition};

use crate::commands::{commands, noun};

pub(crate) use parts::Parts;

noun! {
    /// Stacks: which components a project's runs use
    Stack of StackCommand
}

commands! {
    /// The verbs.
    StackCommand {
        List(list::List),
        Get(get::Get),
        Set(set::Set),
        Describe(describe::Describe),
        Check(check::Check),
        Register(register::Register),
        Update(update::Update),
        Copy(copy::Copy),
        Delete(delete::Delete),
    }
}

/// Who said it, for people.
fn said_by(source: &Source) -> String {
    match source {
        Source::Call => "this command".to_owned(),
        other => other.to_string(),
    }
}

/// A stack, for programs.
#[derive(Debug, Serialize)]
struct Summary {
    name: String,
    active: bool,
    /// The components it names; of other types it has `default`.
    components: BTreeMap<ComponentType, String>,
    defined: Source,
}

impl Summary {
    fn of(settings: &Settings, stack: StackDefinition) -> Self {
        Self {
            active: settings.active().0 == stack.name,
            name: stack.name,
            components: stack.components,
            defined: stack.source,
        }
    }
}
