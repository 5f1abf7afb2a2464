//! What is wrong with the settings of a project.

use std::fmt;
use std::path::PathBuf;

use super::Source;
use crate::near::did_you_mean;
use crate::stack::{ComponentType, UnknownComponentType, UnknownFlavor};

/// What is wrong with the settings of a project, or with a change of them. Shows no value that may be secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A file can't be read or written.
    #[error("{doing} {path}")]
    File {
        /// What was done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file holds something else.
    #[error("{path}:{line}: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// It can't be a name.
    #[error(
        "`{name}` can't be the name of a {what}: use up to 100 letters, digits, `-`, `_` and `.`, and neither `-` nor `.` at the start"
    )]
    Name {
        /// Of what.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// No such type of components.
    #[error(transparent)]
    Type(#[from] UnknownComponentType),
    /// No such flavour.
    #[error(transparent)]
    Flavor(#[from] UnknownFlavor),
    /// There is no such stack.
    #[error("there is no stack `{name}`{}{}; there are: {known}", from(.source_of), did_you_mean(.near.as_deref()))]
    NoStack {
        /// Its name.
        name: String,
        /// Who said so; none when it was asked for.
        source_of: Option<Box<Source>>,
        /// What was probably meant.
        near: Option<String>,
        /// Those there are.
        known: String,
    },
    /// There is no such component.
    #[error("there is no {} `{name}`{}{}; there are: {known}", .kind.words(), from(.source_of), did_you_mean(.near.as_deref()))]
    NoComponent {
        /// Its type.
        kind: ComponentType,
        /// Its name.
        name: String,
        /// Who said so; none when it was asked for.
        source_of: Option<Box<Source>>,
        /// What was probably meant.
        near: Option<String>,
        /// Those there are.
        known: String,
    },
    /// The configuration has no such key.
    #[error("{of} has no key `{key}`{}; it has: {known}", did_you_mean(.near.as_deref()))]
    UnknownKey {
        /// The component.
        of: Box<ComponentPlace>,
        /// The key.
        key: String,
        /// What was probably meant.
        near: Option<String>,
        /// Those there are.
        known: String,
    },
    /// A value can't be used.
    #[error("{of}{}: {reason}", at_key(.key))]
    Value {
        /// The component.
        of: Box<ComponentPlace>,
        /// The key; empty when it is about the whole.
        key: String,
        /// Why not.
        reason: String,
    },
    /// A variable of the environment sets a value that can't be used.
    #[error("the variable {variable}: {reason}")]
    Variable {
        /// Which.
        variable: String,
        /// Why not.
        reason: String,
    },
    /// A value was given for a component that the stack doesn't have.
    #[error("stack `{stack}` has no {}, so its `{key}` can't be set", .kind.words())]
    Unused {
        /// The stack.
        stack: String,
        /// The component's type.
        kind: ComponentType,
        /// The key.
        key: String,
    },
    /// It is there already.
    #[error(
        "there is a {what} `{name}` already ({defined}); choose another name, or `zen {command} update {name}`"
    )]
    Exists {
        /// What.
        what: &'static str,
        /// Its name.
        name: String,
        /// The command for it.
        command: &'static str,
        /// Where it is defined.
        defined: Source,
    },
    /// It is defined in `zen.toml`, which people write.
    #[error("{what} `{name}` is defined in {path}:{line}: change it there")]
    InFile {
        /// What.
        what: &'static str,
        /// Its name.
        name: String,
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// It is always there.
    #[error("the {what} `{name}` is built in: register another one with its own name")]
    BuiltIn {
        /// What.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Something refers to it.
    #[error("{what} `{name}` is used by {users}: change that first")]
    InUse {
        /// What.
        what: &'static str,
        /// Its name.
        name: String,
        /// Who uses it.
        users: String,
    },
}

impl SettingsError {
    /// The same about a value that is said elsewhere than its component is defined.
    pub(super) fn defined_at(mut self, source: Source) -> Self {
        if let Self::UnknownKey { of, .. } | Self::Value { of, .. } = &mut self {
            of.defined = source;
        }
        self
    }
}

fn from(source: &Option<Box<Source>>) -> String {
    match source {
        Some(source) => format!(", which is named by: {source}"),
        None => String::new(),
    }
}

fn at_key(key: &str) -> String {
    match key {
        "" => String::new(),
        key => format!(", key `{key}`"),
    }
}

/// A component, and where it is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentPlace {
    /// Its type.
    pub kind: ComponentType,
    /// Its name.
    pub name: String,
    /// Its flavour.
    pub flavor: String,
    /// Where it is defined.
    pub defined: Source,
}

/// ``zen.toml:3: artifact store `bucket` (s3)``
impl fmt::Display for ComponentPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.defined {
            Source::File { path, line } => write!(f, "{}:{line}: ", path.display())?,
            Source::Registered { path } => write!(f, "{}: ", path.display())?,
            Source::Environment { variable } => write!(f, "{variable}: ")?,
            Source::Call | Source::Default => {}
        }
        write!(f, "{} `{}` ({})", self.kind.words(), self.name, self.flavor)
    }
}
