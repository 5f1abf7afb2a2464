//! What a call, or the flags of a command, say about the stack.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::stack::ComponentType;

/// Which stack to open, above what the environment and files say; see [`settings`](crate::stack::settings). Made by
/// [`Stack::choose`](crate::stack::Stack::choose).
///
/// ```no_run
/// use zen_core::prelude::*;
/// use zen_core::stack::ComponentType;
///
/// # fn main() -> Result<()> {
/// let stack = Stack::choose()
///     .stack("team") // without it, the active one
///     .component(ComponentType::ModelDeployer, "default")
///     .set(ComponentType::Orchestrator, "parallel", 2)
///     .open()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use = "a choice does nothing until it is opened"]
pub struct StackChoice {
    pub(crate) home: Option<PathBuf>,
    pub(crate) stack: Option<String>,
    pub(crate) components: BTreeMap<ComponentType, String>,
    pub(crate) values: BTreeMap<(ComponentType, String), Value>,
}

impl StackChoice {
    /// The folder that holds everything of the project, such as `.zen`. Without, [`find_home`](crate::stack::find_home) finds it.
    pub fn home(mut self, home: impl Into<PathBuf>) -> Self {
        self.home = Some(home.into());
        self
    }

    /// The stack of this name.
    pub fn stack(mut self, name: impl Into<String>) -> Self {
        self.stack = Some(name.into());
        self
    }

    /// The stack of this name, or the active one: for a program whose flag may be left out.
    pub fn maybe_stack(mut self, name: Option<impl Into<String>>) -> Self {
        self.stack = name.map(Into::into).or(self.stack);
        self
    }

    /// Another component than the stack's. For an artifact store, it may be a URL.
    pub fn component(mut self, kind: ComponentType, name: impl Into<String>) -> Self {
        self.components.insert(kind, name.into());
        self
    }

    /// Another value in the configuration of the stack's component of this type.
    pub fn set(mut self, kind: ComponentType, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.values.insert((kind, key.into()), value.into());
        self
    }
}
