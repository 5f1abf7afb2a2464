//! The commands that every type of components has: `artifact-store list`, ..

mod delete;
mod describe;
mod flavor;
mod list;
mod register;
mod update;
mod values;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use zen_core::stack::{ComponentDefinition, ComponentType, Settings, Source};

use super::{Command, Context, Need};
use crate::Exit;
use crate::error::Error;

/// A command of one type of components, by the type's place in [`ComponentType::ALL`].
#[derive(Debug, clap::Args)]
pub(crate) struct Component<const TYPE: usize> {
    #[command(subcommand)]
    verb: Verb,
}

/// The verbs.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    List(list::List),
    Describe(describe::Describe),
    Register(register::Register),
    Update(update::Update),
    Delete(delete::Delete),
    Flavor(flavor::Flavor),
}

impl<const TYPE: usize> Command for Component<TYPE> {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        self.verb.execute(ComponentType::ALL[TYPE], context)
    }

    fn need(&self) -> Need {
        self.verb.need()
    }
}

impl Verb {
    pub(crate) fn execute(self, kind: ComponentType, context: &Context) -> Result<Exit, Error> {
        match self {
            Self::List(verb) => verb.execute(kind, context),
            Self::Describe(verb) => verb.execute(kind, context),
            Self::Register(verb) => verb.execute(kind, context),
            Self::Update(verb) => verb.execute(kind, context),
            Self::Delete(verb) => verb.execute(kind, context),
            Self::Flavor(verb) => verb.execute(kind, context),
        }
    }

    /// The project's program may have flavours of its own.
    pub(crate) fn need(&self) -> Need {
        match self {
            Self::List(_) | Self::Delete(_) => Need::Nothing,
            Self::Describe(_) | Self::Register(_) | Self::Update(_) | Self::Flavor(_) => Need::IfThere,
        }
    }
}

/// A component, for programs. Values are as they were written: references to secrets, never secrets.
#[derive(Debug, Serialize)]
struct Summary {
    #[serde(rename = "type")]
    kind: ComponentType,
    name: String,
    flavor: String,
    values: BTreeMap<String, Value>,
    defined: Source,
    /// The stacks that name it.
    stacks: Vec<String>,
}

impl Summary {
    fn of(settings: &Settings, component: ComponentDefinition) -> Self {
        let stacks = settings.stacks().into_iter();
        let names = |name: Option<&String>| name.is_some_and(|name| *name == component.name);
        Self {
            stacks: stacks
                .filter(|stack| names(stack.components.get(&component.kind)))
                .map(|stack| stack.name)
                .collect(),
            kind: component.kind,
            name: component.name,
            flavor: component.flavor,
            values: component.values,
            defined: component.source,
        }
    }
}
