//! Where a setting comes from.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where a setting comes from; of several, the first of this list counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// The program said so, or the flag of a command.
    Call,
    /// A variable of the environment.
    Environment {
        /// Which.
        variable: String,
    },
    /// It was registered or set by a command, and is kept in the project.
    Registered {
        /// The file.
        path: PathBuf,
    },
    /// `zen.toml`.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Nobody said anything; what another version of zen says is read as this too.
    #[serde(other)]
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |path: &PathBuf| match path.file_name() {
            Some(name) => name.to_string_lossy().into_owned(),
            None => path.display().to_string(),
        };
        match self {
            Self::Call => f.write_str("call"),
            Self::Environment { variable } => write!(f, "environment ({variable})"),
            Self::Registered { .. } => f.write_str("registered"),
            Self::File { path, line } => write!(f, "{}:{line}", name(path)),
            Self::Default => f.write_str("default"),
        }
    }
}
