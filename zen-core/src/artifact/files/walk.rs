//! What is in a folder of the user's.

use std::fs;
use std::path::Path;

use super::input::{InputFile, kind};
use super::{FilesError, FolderEntry};

/// Something in a folder; a file with what is needed to read it.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) entry: FolderEntry,
    pub(super) file: Option<InputFile>,
}

/// All that is in a folder, sorted by path, folders before what is in them.
pub(super) fn walk(root: &Path) -> Result<Vec<Found>, FilesError> {
    let metadata = fs::symlink_metadata(root).map_err(FilesError::io("looking at", root))?;
    if !metadata.is_dir() {
        return Err(FilesError::Kind {
            path: root.to_owned(),
            found: kind(&metadata),
            expected: "expected a folder",
        });
    }
    let mut found = Vec::new();
    let mut open = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = open.pop() {
        let listing = fs::read_dir(&folder).map_err(FilesError::io("listing", &folder))?;
        for item in listing {
            let item = item.map_err(FilesError::io("listing", &folder))?;
            let path = item.path();
            let name = item.file_name();
            let Some(name) = name.to_str() else {
                return Err(FilesError::Name { path });
            };
            let relative = match prefix.is_empty() {
                true => name.to_owned(),
                false => format!("{prefix}/{name}"),
            };
            let metadata = fs::symlink_metadata(&path).map_err(FilesError::io("looking at", &path))?;
            if metadata.is_dir() {
                found.push(Found {
                    entry: FolderEntry {
                        path: relative.clone(),
                        size: 0,
                        is_folder: true,
                        executable: false,
                    },
                    file: None,
                });
                open.push((path, relative));
                continue;
            }
            if !metadata.is_file() {
                return Err(FilesError::Kind {
                    path,
                    found: kind(&metadata),
                    expected: "a folder that is to be stored may hold only files and folders",
                });
            }
            let file = InputFile::look(&path)?;
            found.push(Found {
                entry: FolderEntry {
                    path: relative,
                    size: file.size,
                    is_folder: false,
                    executable: file.executable,
                },
                file: Some(file),
            });
        }
    }
    found.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
    Ok(found)
}
