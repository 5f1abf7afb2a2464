//! The content of files and folders as part of a cache key.

use std::io;
use std::path::{Path, PathBuf};

use crate::artifact::{Digest, FieldHasher};

/// A file or folder can't be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}")]
pub struct FileDigestError {
    /// The file or folder.
    pub path: PathBuf,
    /// The cause.
    #[source]
    pub source: io::Error,
}

/// The digest of a file's content, or of a folder's: the names and contents of everything below it, whatever order the file
/// system lists them in. Times and permissions don't count; symbolic links are followed.
///
/// # Errors
/// When something can't be read, or a folder contains itself by a link.
pub fn digest_path(path: &Path) -> Result<Digest, FileDigestError> {
    let mut around = Vec::new();
    walk(path, &mut around)
}

fn walk(path: &Path, around: &mut Vec<PathBuf>) -> Result<Digest, FileDigestError> {
    let failed = |source| FileDigestError {
        path: path.to_owned(),
        source,
    };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        let mut hasher = blake3::Hasher::new();
        let mut file = std::fs::File::open(path).map_err(failed)?;
        io::copy(&mut file, &mut hasher).map_err(failed)?;
        return Ok(Digest::from_bytes(*hasher.finalize().as_bytes()));
    }
    let real = path.canonicalize().map_err(failed)?;
    if around.contains(&real) {
        return Err(failed(io::Error::other(
            "a symbolic link leads back into a folder around it",
        )));
    }
    around.push(real);
    let entries: io::Result<Vec<_>> = std::fs::read_dir(path).map_err(failed)?.collect();
    let mut entries = entries.map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    let mut hasher = FieldHasher::new("zen folder 1");
    for entry in entries {
        hasher.field(entry.file_name().as_encoded_bytes());
        hasher.field(walk(&entry.path(), around)?.as_bytes());
    }
    around.pop();
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_contents_count() {
        let root = std::env::temp_dir().join(format!("zen-files-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(root.join("a")).unwrap();
        std::fs::write(root.join("a/x"), "1").unwrap();
        let first = digest_path(&root).unwrap();
        assert_eq!(first, digest_path(&root).unwrap());
        std::fs::rename(root.join("a/x"), root.join("a/y")).unwrap();
        let renamed = digest_path(&root).unwrap();
        assert_ne!(first, renamed);
        std::fs::write(root.join("a/y"), "2").unwrap();
        assert_ne!(renamed, digest_path(&root).unwrap());
        assert!(
            digest_path(&root.join("none"))
                .unwrap_err()
                .to_string()
                .contains("none")
        );
        std::fs::remove_dir_all(&root).unwrap();
    }
}
