//! What killed processes leave unfinished on the disk.

use std::fs::{OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::Liveness;

/// Removes the scratch folders of processes that are dead: `<scratch>/<process>`. Only tidies up: what can't be removed now is tried again at
/// the next start.
pub(super) fn sweep_scratch(scratch: &Path, live: &Path) {
    for entry in entries(scratch) {
        let process: Option<Uuid> = name(&entry).and_then(|name| name.parse().ok());
        // When in doubt it is alive.
        if process.is_some_and(|process| !Liveness::is_alive(live, process).unwrap_or(true)) {
            let _ = std::fs::remove_dir_all(&entry);
        }
    }
}

/// Removes files that objects were being written to when their writer died: `objects/ab/cdef..#1`. Does nothing while any process lives that
/// might be writing one: a later start, after another death, finds them too. They harm nobody: an object has its name only when it is whole.
pub(super) fn sweep_half_written(artifacts: &Path, live: &Path) {
    // One at a time: a name that another sweep has made free might be taken by a new writer.
    let lock = artifacts.join(".sweep");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(lock);
    let Ok(file) = file else { return };
    if let Err(TryLockError::WouldBlock | TryLockError::Error(_)) = file.try_lock() {
        return;
    }
    // Listed before anybody is asked: whoever begins to write later makes another file.
    let found = half_written(&artifacts.join("objects"));
    if found.is_empty() || Liveness::is_anybody_alive(live) {
        return;
    }
    for path in found {
        let _ = std::fs::remove_file(path);
    }
}

fn half_written(objects: &Path) -> Vec<PathBuf> {
    let is_half = |path: &PathBuf| {
        name(path)
            .and_then(|name| name.split_once('#'))
            .is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let folders = entries(objects);
    folders
        .flat_map(|folder| entries(&folder))
        .filter(is_half)
        .collect()
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let listed = std::fs::read_dir(folder).into_iter().flatten();
    listed.flatten().map(|entry| entry.path())
}

fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_no_living_writer_goes() {
        let root = std::env::temp_dir().join(format!("zen-leftovers-{}", Uuid::now_v7()));
        let (live, scratch, objects) = (root.join("live"), root.join("scratch"), root.join("a/objects/ab"));
        std::fs::create_dir_all(&objects).unwrap();
        let (whole, half) = (objects.join("cd"), objects.join("cd#1"));
        std::fs::write(&whole, "x").unwrap();
        std::fs::write(&half, "x").unwrap();
        let alive = Liveness::claim(&live).unwrap();
        let (ours, theirs) = (
            scratch.join(alive.id().to_string()),
            scratch.join(Uuid::now_v7().to_string()),
        );
        std::fs::create_dir_all(ours.join("x")).unwrap();
        std::fs::create_dir_all(theirs.join("x")).unwrap();
        sweep_scratch(&scratch, &live);
        sweep_half_written(&root.join("a"), &live);
        assert!(ours.exists() && !theirs.exists());
        assert!(whole.exists() && half.exists());
        drop(alive);
        sweep_scratch(&scratch, &live);
        sweep_half_written(&root.join("a"), &live);
        assert!(!ours.exists());
        assert!(whole.exists() && !half.exists());
        std::fs::remove_dir_all(&root).unwrap();
    }
}
