//! The models in a service's folder: this version's, and those that it could go back to.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How many are kept.
const KEPT: usize = 3;
/// What is being written, or removed.
const PART: &str = "part";
/// What is older was left by a process that has died.
const LEFT: Duration = Duration::from_secs(3600);

/// A folder that something is written into before it gets its name; gone when this is dropped.
pub(super) struct Part(PathBuf);

impl Part {
    pub(super) fn new(folder: &Path, name: &str) -> io::Result<Self> {
        let path = part(folder, name);
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Moved away, or of no use.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn part(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.{}.{PART}", std::process::id()))
}

/// Gives a folder its name. What had it was broken.
pub(super) fn put(model: &Path, path: &Path) -> io::Result<()> {
    if path.exists() {
        fs::remove_dir_all(path)?;
    }
    fs::rename(model, path)
}

/// Removes what earlier versions had, but for those that were used last.
pub(super) fn prune(folder: &Path, own: &Path) {
    let now = SystemTime::now();
    // Only folders here: one of the user's is where it was.
    if own.parent() == Some(folder) {
        let _ = File::open(own).and_then(|own| own.set_modified(now));
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let others = entries.filter(|entry| entry.path() != own);
    let dated = others.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())));
    let (parts, mut models): (Vec<_>, Vec<_>) =
        dated.partition(|(_, path)| path.extension().is_some_and(|extension| extension == PART));
    for (modified, path) in parts {
        if now.duration_since(modified).is_ok_and(|age| age > LEFT) {
            let _ = fs::remove_dir_all(path);
        }
    }
    models.sort();
    models.reverse();
    for (_, path) in models.into_iter().skip(KEPT - 1) {
        // It is fetched or written again when it is needed; half a folder must not pass for it.
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("model");
        let going = part(folder, name);
        if fs::rename(&path, &going).is_ok() {
            let _ = fs::remove_dir_all(going);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_used_last_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let names = || {
            let entries = fs::read_dir(folder.path()).unwrap().flatten();
            let mut names: Vec<_> = entries
                .map(|entry| entry.file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        let age = |name: &str, seconds| {
            let path = folder.path().join(name);
            fs::create_dir_all(&path).unwrap();
            let then = SystemTime::now() - Duration::from_secs(seconds);
            File::open(&path).unwrap().set_modified(then).unwrap();
            path
        };
        age("a", 500);
        age("b", 400);
        age("c", 300);
        age("new.1.part", 10);
        age("old.1.part", 9000);
        // The version that is gone back to is the one that was used last.
        prune(folder.path(), &folder.path().join("a"));
        assert_eq!(names(), ["a", "b", "c", "new.1.part"]);
        let own = age("d", 0);
        prune(folder.path(), &own);
        assert_eq!(names(), ["a", "c", "d", "new.1.part"]);
    }

    #[test]
    fn what_is_broken_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let part = Part::new(folder.path(), "m").unwrap();
        fs::write(part.path().join("MLmodel"), "new").unwrap();
        let path = folder.path().join("m");
        fs::create_dir_all(path.join("sub")).unwrap();
        put(part.path(), &path).unwrap();
        drop(part);
        assert_eq!(fs::read_to_string(path.join("MLmodel")).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
