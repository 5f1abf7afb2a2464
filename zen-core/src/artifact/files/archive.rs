//! Tar archives: what is written, and what is accepted.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Component, Path};

use tar::{Archive, EntryType, Header};

use super::input::CopyError;
use super::{FilesError, FolderEntry};
use crate::artifact::ObjectFile;

/// Everything in an archive begins at a multiple of this.
const BLOCK: u64 = 512;

/// So many zeros end an archive.
const END: usize = 1024;

/// One entry of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) entry: FolderEntry,
    /// Where its bytes begin in the archive.
    pub(super) offset: u64,
}

/// Writes what stands before an entry's bytes.
fn head(out: &mut dyn Write, entry: &FolderEntry) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(entry.size);
    let mut path = entry.path.clone();
    if entry.is_folder {
        header.set_entry_type(EntryType::Directory);
        header.set_mode(0o755);
        path.push('/');
    } else {
        header.set_entry_type(EntryType::Regular);
        header.set_mode(if entry.executable { 0o755 } else { 0o644 });
    }
    // The builder writes a name that is too long for a header into an entry of its own before it.
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_data(&mut header, path, io::empty())?;
    let bytes = builder.into_inner()?;
    out.write_all(&bytes[..bytes.len().saturating_sub(END)])
}

/// Writes an entry; `content` writes its bytes.
pub(super) fn write(
    out: &mut dyn Write,
    entry: &FolderEntry,
    content: impl FnOnce(&mut dyn Write) -> Result<(), CopyError>,
) -> Result<(), CopyError> {
    head(out, entry).map_err(CopyError::Sink)?;
    content(out)?;
    let padding = entry.size.next_multiple_of(BLOCK) - entry.size;
    out.write_all(&[0; BLOCK as usize][..padding as usize])
        .map_err(CopyError::Sink)
}

/// Ends an archive.
pub(super) fn end(out: &mut dyn Write) -> Result<(), CopyError> {
    out.write_all(&[0; END]).map_err(CopyError::Sink)
}

/// The entries of an archive that may have been made by anybody: only files and folders, each once, all below the archive's root.
pub(super) fn read(file: &ObjectFile) -> Result<Vec<Entry>, FilesError> {
    let unreadable = |error: io::Error| FilesError::Archive(error.to_string());
    let mut archive = Archive::new(file.open().map_err(unreadable)?);
    let mut entries = Vec::new();
    let mut kinds = Kinds::default();
    for entry in archive.entries_with_seek().map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let shown = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let refuse = |reason: &str| {
            Err(FilesError::Archive(format!(
                "`{}` {reason}",
                shown.escape_debug()
            )))
        };
        let is_folder = match entry.header().entry_type() {
            EntryType::Regular => false,
            EntryType::Directory => true,
            EntryType::XGlobalHeader => continue,
            EntryType::Symlink => return refuse("is a symbolic link"),
            EntryType::Link => return refuse("is a hard link"),
            _ => return refuse("is neither a file nor a folder"),
        };
        let path = match relative(&entry.path_bytes()) {
            Ok(path) => path,
            Err(reason) => return refuse(reason),
        };
        if path.is_empty() {
            match is_folder {
                true => continue,
                false => return refuse("has no name"),
            }
        }
        if let Err(reason) = kinds.add(&path, is_folder) {
            return refuse(reason);
        }
        let (offset, size) = (entry.raw_file_position(), entry.size());
        if offset.checked_add(size).is_none_or(|end| end > file.size()) {
            return refuse("is longer than the archive");
        }
        if is_folder && size > 0 {
            return refuse("is a folder with content");
        }
        let executable = !is_folder && entry.header().mode().map_err(unreadable)? & 0o111 != 0;
        entries.push(Entry {
            entry: FolderEntry {
                path,
                size,
                is_folder,
                executable,
            },
            offset,
        });
    }
    Ok(entries)
}

/// The path with `/` between its parts, if it leads to somewhere below.
fn relative(path: &[u8]) -> Result<String, &'static str> {
    let Ok(path) = std::str::from_utf8(path) else {
        return Err("has a name that is not UTF-8");
    };
    if path.contains('\0') {
        return Err("has a zero byte in its name");
    }
    let mut parts = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str().ok_or("has a name that is not UTF-8")?),
            Component::CurDir => {}
            Component::ParentDir => return Err("leads out of the folder by `..`"),
            Component::RootDir | Component::Prefix(_) => return Err("is an absolute path"),
        }
    }
    Ok(parts.join("/"))
}

/// Which paths are taken, and whether by folders.
#[derive(Default)]
struct Kinds(HashMap<String, Kind>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    /// Not an entry of its own, but something is in it.
    Implied,
}

impl Kinds {
    fn add(&mut self, path: &str, is_folder: bool) -> Result<(), &'static str> {
        for (at, _) in path.match_indices('/') {
            match self.0.get(&path[..at]) {
                Some(Kind::File) => return Err("is below something that is a file"),
                Some(_) => {}
                None => {
                    self.0.insert(path[..at].to_owned(), Kind::Implied);
                }
            }
        }
        let kind = if is_folder { Kind::Folder } else { Kind::File };
        match self.0.insert(path.to_owned(), kind) {
            None => Ok(()),
            Some(Kind::Implied) if is_folder => Ok(()),
            Some(_) => Err("is there twice"),
        }
    }
}
