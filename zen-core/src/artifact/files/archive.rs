//! Tar archives: what is written, and what is accepted.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::path::{Component, Path};

use tar::{Archive, EntryType, Header, PaxExtensions};

use super::input::CopyError;
use super::{FilesError, FolderEntry};
use crate::artifact::ObjectFile;

/// Everything in an archive begins at a multiple of this.
const BLOCK: u64 = 512;

/// So much may stand ahead of an entry: more than any name needs.
const MOST_AHEAD: u64 = 64 * 1024;

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
    let mut ahead = Ahead::default();
    // Raw: the library would take what stands ahead of an entry into memory, whatever its size.
    for entry in archive.entries_with_seek().map_err(unreadable)?.raw(true) {
        let mut entry = entry.map_err(unreadable)?;
        if ahead.take(&mut entry)? {
            continue;
        }
        let Ahead { path, size } = std::mem::take(&mut ahead);
        let path = path.unwrap_or_else(|| entry.path_bytes().into_owned());
        let shown = String::from_utf8_lossy(&path).into_owned();
        let refuse = |reason: &str| {
            Err(FilesError::Archive(format!(
                "`{}` {reason}",
                shown.escape_debug()
            )))
        };
        let is_folder = match entry.header().entry_type() {
            EntryType::Regular => false,
            EntryType::Directory => true,
            EntryType::Symlink => return refuse("is a symbolic link"),
            EntryType::Link => return refuse("is a hard link"),
            _ => return refuse("is neither a file nor a folder"),
        };
        if size.is_some_and(|size| size != entry.size()) {
            return refuse("has another size in its pax header than in its own");
        }
        let path = match relative(&path) {
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
    if ahead.path.is_some() || ahead.size.is_some() {
        return Err(FilesError::Archive(
            "it ends with the name of an entry that is not there".into(),
        ));
    }
    Ok(entries)
}

/// What stood ahead of an entry, in entries of its own: what has no room in the entry's header.
#[derive(Default)]
struct Ahead {
    path: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Ahead {
    /// Takes an entry that is about the next one; says whether it is.
    fn take<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>) -> Result<bool, FilesError> {
        let unreadable = |error: io::Error| FilesError::Archive(error.to_string());
        match entry.header().entry_type() {
            EntryType::GNULongName => {
                let mut name = content(entry)?;
                if name.last() == Some(&0) {
                    name.pop();
                }
                self.path = Some(name);
            }
            EntryType::XHeader => {
                for field in PaxExtensions::new(&content(entry)?) {
                    let field = field.map_err(unreadable)?;
                    match field.key_bytes() {
                        // The older way is the more exact one.
                        b"path" if self.path.is_none() => self.path = Some(field.value_bytes().to_vec()),
                        b"size" => {
                            let size = field.value().ok().and_then(|size| size.parse().ok());
                            let wrong =
                                || FilesError::Archive("a pax header has a size that is no number".into());
                            self.size = Some(size.ok_or_else(wrong)?);
                        }
                        _ => {}
                    }
                }
            }
            // The targets of links, which are refused, and what is said of all entries: times and comments.
            EntryType::GNULongLink | EntryType::XGlobalHeader => {}
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn content<R: Read>(entry: &mut tar::Entry<'_, R>) -> Result<Vec<u8>, FilesError> {
    let size = entry.size();
    if size > MOST_AHEAD {
        return Err(FilesError::Archive(format!(
            "the name of an entry has {size} bytes, and may have {MOST_AHEAD}"
        )));
    }
    let mut bytes = Vec::new();
    match entry.read_to_end(&mut bytes) {
        Ok(read) if read as u64 == size => Ok(bytes),
        Ok(_) => Err(FilesError::Archive("it is cut off".into())),
        Err(error) => Err(FilesError::Archive(error.to_string())),
    }
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
