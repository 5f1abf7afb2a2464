//! Which program this is, on which machine, at which commit.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use crate::artifact::Digest;
use crate::metadata::ProgramRecord;

/// The path of the running executable, or `unknown`.
pub(crate) fn program_path() -> String {
    std::env::current_exe().map_or_else(|_| "unknown".into(), |path| path.display().to_string())
}

/// The digest of the running executable. Hashing a large one takes tens of milliseconds, so that the digest is kept in `folder`
/// under the file's identity (path, size, time of change).
pub(crate) fn program(folder: Option<&Path>) -> ProgramRecord {
    static DIGEST: OnceLock<Option<Digest>> = OnceLock::new();
    let digest = *DIGEST.get_or_init(|| {
        let path = match cfg!(target_os = "linux") {
            // Also when another file has taken its place since.
            true => PathBuf::from("/proc/self/exe"),
            false => std::env::current_exe().ok()?,
        };
        digest_of(&path, folder).ok()
    });
    ProgramRecord {
        path: program_path(),
        digest,
    }
}

/// The digest of an executable, kept in `folder` under the file's identity.
pub(crate) fn digest_of(path: &Path, folder: Option<&Path>) -> io::Result<Digest> {
    let meta = std::fs::metadata(path)?;
    let changed = meta
        .modified()?
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos();
    let identity = format!("{} {} {changed} {}", path.display(), meta.len(), place(&meta));
    let identity = Digest::of(identity.as_bytes());
    let known = folder.map(|folder| folder.join(identity.short()));
    if let Some(digest) = known
        .as_ref()
        .and_then(|known| std::fs::read_to_string(known).ok()?.trim().parse().ok())
    {
        return Ok(digest);
    }
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut std::fs::File::open(path)?, &mut hasher)?;
    let digest = Digest::from_bytes(*hasher.finalize().as_bytes());
    if let (Some(folder), Some(known)) = (folder, known) {
        // Only saves time: no harm when it fails.
        let partial = folder.join(format!(".{}", uuid::Uuid::now_v7()));
        let _ = std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&partial, digest.to_string()))
            .and_then(|()| std::fs::rename(&partial, &known));
    }
    Ok(digest)
}

/// Which file it is, whatever it is called.
#[cfg(unix)]
fn place(meta: &std::fs::Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!("{} {}", meta.dev(), meta.ino())
}

#[cfg(not(unix))]
fn place(_: &std::fs::Metadata) -> String {
    String::new()
}

/// The machine's name.
pub(crate) fn host() -> String {
    static HOST: OnceLock<String> = OnceLock::new();
    let find = || {
        let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let variable = || {
            ["HOSTNAME", "COMPUTERNAME"]
                .iter()
                .find_map(|name| std::env::var(name).ok())
        };
        let file = || std::fs::read_to_string("/etc/hostname").ok();
        let name = kernel.or_else(variable).or_else(file).unwrap_or_default();
        match name.trim() {
            "" => "unknown".to_owned(),
            name => name.to_owned(),
        }
    };
    HOST.get_or_init(find).clone()
}

/// The user's name.
pub(crate) fn user() -> String {
    let names = ["USER", "LOGNAME", "USERNAME"];
    names
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .unwrap_or_else(|| "unknown".into())
}

/// The commit checked out in the git repository around `start`, read from its files.
pub(crate) fn git_commit(start: &Path) -> Option<String> {
    let marker = start
        .ancestors()
        .map(|folder| folder.join(".git"))
        .find(|path| path.exists())?;
    let folder = match marker.is_dir() {
        true => marker,
        // A worktree or submodule: a file that names the folder.
        false => {
            let text = std::fs::read_to_string(&marker).ok()?;
            marker.parent()?.join(text.trim().strip_prefix("gitdir:")?.trim())
        }
    };
    let head = std::fs::read_to_string(folder.join("HEAD")).ok()?;
    let Some(name) = head.trim().strip_prefix("ref:").map(str::trim) else {
        return commit(&head);
    };
    let common = match std::fs::read_to_string(folder.join("commondir")) {
        Ok(path) => folder.join(path.trim()),
        Err(_) => folder.clone(),
    };
    let loose = |folder: &PathBuf| commit(&std::fs::read_to_string(folder.join(name)).ok()?);
    loose(&folder).or_else(|| loose(&common)).or_else(|| {
        let packed = std::fs::read_to_string(common.join("packed-refs")).ok()?;
        packed.lines().find_map(|line| {
            let (hash, reference) = line.split_once(' ')?;
            if reference.trim() == name {
                commit(hash)
            } else {
                None
            }
        })
    })
}

fn commit(text: &str) -> Option<String> {
    let text = text.trim();
    (text.len() >= 40 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_found_loose_and_packed() {
        let root = std::env::temp_dir().join(format!("zen-git-{}", uuid::Uuid::now_v7()));
        let git = root.join(".git");
        std::fs::create_dir_all(git.join("refs/heads")).unwrap();
        std::fs::create_dir_all(root.join("deep/er")).unwrap();
        assert_eq!(git_commit(&root), None);
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        assert_eq!(git_commit(&root), None);
        let (packed, loose) = ("a".repeat(40), "b".repeat(40));
        std::fs::write(
            git.join("packed-refs"),
            format!("# pack-refs\n{packed} refs/heads/main\n"),
        )
        .unwrap();
        assert_eq!(git_commit(&root.join("deep/er")), Some(packed));
        std::fs::write(git.join("refs/heads/main"), format!("{loose}\n")).unwrap();
        assert_eq!(git_commit(&root), Some(loose));
        std::fs::remove_dir_all(&root).unwrap();
    }
}
