//! The source file a macro is called in.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

use super::index::Index;

/// What tells one state of a file from another; a language server keeps this process while files change.
type Version = (Option<SystemTime>, u64);

/// A file as it was found, and its index if it could be parsed.
type Known = (Version, Option<Rc<Index>>);

thread_local! {
    static FILES: RefCell<HashMap<PathBuf, Known>> = RefCell::default();
}

/// The index of the file that holds the macro call, if there is one that can be read and parsed: not in an editor's
/// language server, and not when another macro wrote the call.
pub(crate) fn current() -> Option<Rc<Index>> {
    let path = proc_macro2::Span::call_site().local_file()?;
    let metadata = std::fs::metadata(&path).ok()?;
    let version = (metadata.modified().ok(), metadata.len());
    FILES.with_borrow_mut(|files| match files.get(&path) {
        Some((known, index)) if *known == version => index.clone(),
        _ => {
            let index = read(&path);
            files.insert(path, (version, index.clone()));
            index
        }
    })
}

fn read(path: &Path) -> Option<Rc<Index>> {
    let source = std::fs::read_to_string(path).ok()?;
    Index::of(&source).ok().map(Rc::new)
}
