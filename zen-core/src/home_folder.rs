//! Making the folder that holds everything of a project.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Makes a folder such as `.zen`, if it isn't there. What is made is hidden from git: it belongs to this machine, and secrets may come into it.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    // Nothing depends on it, and another process may have made it.
    if let Ok(mut file) = File::create_new(folder.join(".gitignore")) {
        let _ = file.write_all(b"*\n");
    }
    Ok(())
}
