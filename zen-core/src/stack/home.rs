//! Where a project keeps what zen remembers.

use std::path::{Component, Path, PathBuf};

/// Names the folder that holds everything of a project, in the environment of a program and of the processes it starts.
pub const HOME_VARIABLE: &str = "ZEN_HOME";

/// The folder that holds everything of a project: `ZEN_HOME`, else `.zen` beside the `zen.toml` or in the nearest folder, from
/// `start` upwards, that has one of the two, else `.zen` in the cargo workspace around `start`, else `.zen` in `start`.
///
/// The folder need not exist. The path is absolute when `start` is.
pub fn find_home(start: &Path) -> PathBuf {
    match std::env::var_os(HOME_VARIABLE) {
        Some(home) if !home.is_empty() => start.join(home),
        _ => find_without_variable(start),
    }
}

fn find_without_variable(start: &Path) -> PathBuf {
    let has = |folder: &&Path, name: &str| folder.join(name).exists();
    let marked = start
        .ancestors()
        .find(|folder| has(folder, "zen.toml") || folder.join(".zen").is_dir());
    // Cargo.lock stands only at the root of a workspace.
    let cargo = || start.ancestors().find(|folder| has(folder, "Cargo.lock"));
    let package = || start.ancestors().find(|folder| has(folder, "Cargo.toml"));
    marked
        .or_else(cargo)
        .or_else(package)
        .unwrap_or(start)
        .join(".zen")
}

/// A path as it is written, absolute and without `.` and `..`; what links point at isn't asked.
pub(crate) fn lexical(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_mark_wins_over_the_workspace() {
        let root = std::env::temp_dir().join(format!("zen-home-{}", uuid::Uuid::now_v7()));
        let deep = root.join("a/b/c");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(root.join("Cargo.lock"), "").unwrap();
        assert_eq!(find_without_variable(&deep), root.join(".zen"));
        std::fs::write(root.join("a/zen.toml"), "").unwrap();
        assert_eq!(find_without_variable(&deep), root.join("a/.zen"));
        std::fs::create_dir(root.join("a/b/.zen")).unwrap();
        assert_eq!(find_without_variable(&deep), root.join("a/b/.zen"));
        std::fs::remove_dir_all(&root).unwrap();
    }
}
