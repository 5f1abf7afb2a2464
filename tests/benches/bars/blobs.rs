//! Files named by their content, by hand.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use zen_core::artifact::Digest;

/// Writes these bytes as an object: to a file beside, which then gets its name. Returns where.
pub(crate) fn write(folder: &Path, bytes: &[u8], power: bool) -> PathBuf {
    let name = Digest::of(bytes).to_string();
    let folder = folder.join(&name[..2]);
    let path = folder.join(&name[2..]);
    if path.exists() {
        return path;
    }
    if !folder.exists() {
        fs::create_dir_all(&folder).expect("a folder");
    }
    let partial = path.with_extension("partial");
    let mut file = fs::File::create(&partial).expect("a file");
    file.write_all(bytes).expect("room on the disk");
    if power {
        file.sync_all().expect("the disk");
    }
    fs::rename(&partial, &path).expect("a name");
    path
}
