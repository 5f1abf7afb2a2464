//! Files and folders as artifacts: streamed into the store and out of it, never in memory as a whole.
//!
//! Both are kept in the [ustar format with GNU's extensions](https://www.gnu.org/software/tar/manual/html_node/Standard.html), which any
//! `tar` program reads. Times, owners and all of the mode but the executable bit are left out, and entries are sorted, so that the same
//! content has the same digest.

mod archive;
mod codec;
mod error;
mod extract;
mod file;
mod folder;
mod input;
mod reader;
mod walk;

pub use self::error::FilesError;
pub use self::file::FileArtifact;
pub use self::folder::{FolderArtifact, FolderEntry};
pub use self::reader::FileReader;
