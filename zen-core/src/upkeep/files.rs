//! Leftovers among a project's files.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::client::ClientError;
use crate::metadata::{RunFilter, Status};
use crate::stack::Stack;

/// A file that only saves time is made again when it is missed.
const FORGOTTEN: Duration = Duration::from_secs(30 * 24 * 3600);

/// Removes the copies of programs that no service or schedule needs, half-written objects of programs that were killed, and
/// the remembered digests of programs built long ago.
pub(super) fn tidy(stack: &Stack) -> Result<(), ClientError> {
    let Some(home) = stack.home() else { return Ok(()) };
    // Only tidies up.
    #[cfg(unix)]
    let _ = crate::service::local::sweep_programs(stack);
    let dead = leftovers(stack, home);
    // What was there before this was asked is nobody's when nothing is under way now.
    if !dead.is_empty() && is_idle(stack)? {
        for path in dead {
            let _ = fs::remove_file(&path);
        }
    }
    for path in entries(&home.join("cache").join("programs")) {
        let changed = fs::metadata(&path).and_then(|meta| meta.modified()).ok();
        if changed
            .and_then(|changed| changed.elapsed().ok())
            .is_some_and(|age| age > FORGOTTEN)
        {
            let _ = fs::remove_file(&path);
        }
    }
    Ok(())
}

fn leftovers(stack: &Stack, home: &Path) -> Vec<PathBuf> {
    let named = |path: &PathBuf, is: &dyn Fn(&str) -> bool| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(is)
    };
    let mut found = Vec::new();
    let folder = home.join("artifacts");
    if stack.artifacts().url() == format!("file://{}", folder.display()) {
        for prefix in entries(&folder.join("objects")) {
            // An object is written under its name, a `#` and a number, and then gets its name.
            let half = entries(&prefix)
                .into_iter()
                .filter(|path| named(path, &|name| name.contains('#')));
            found.extend(half);
        }
    }
    found
}

fn is_idle(stack: &Stack) -> Result<bool, ClientError> {
    for status in [Status::Running, Status::Queued, Status::Retrying] {
        let filter = RunFilter {
            status: Some(status),
            limit: Some(1),
            ..RunFilter::default()
        };
        if !stack.metadata().runs(&filter)?.is_empty() {
            return Ok(false);
        }
    }
    Ok(stack.metadata().holds()?.is_empty())
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries.flatten().map(|entry| entry.path()).collect()
}
