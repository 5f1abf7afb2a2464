//! MLflow's executable: finding it, and whether it works.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::process::Command;
use zen_core::artifact::Digest;

use super::MlflowServerError;

/// How long one of its answers may take: Python reads all of MLflow for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What must work, for a model to be served.
const NEEDED: [&[&str]; 2] = [&["--version"], &["models", "serve", "--help"]];

/// Which file was looked at: path, time and size.
type Known = (PathBuf, i64, u64);

/// Files that were found to work by this process.
static WORKING: Mutex<Option<HashMap<Known, ()>>> = Mutex::new(None);

/// Finds an executable: a name in the folders of `PATH`, or a path, which begins in `folder` when it is relative.
pub(super) fn find(executable: &str, folder: &Path, setting: &str) -> Result<PathBuf, MlflowServerError> {
    let missing = |looked: String| MlflowServerError::Missing {
        executable: executable.to_owned(),
        looked,
        setting: setting.to_owned(),
    };
    if executable.contains('/') {
        let path = folder.join(executable);
        let metadata =
            std::fs::metadata(&path).map_err(|error| missing(format!(" at {}: {error}", path.display())))?;
        let refuse = |reason: &str| MlflowServerError::NotExecutable {
            path: path.clone(),
            reason: reason.to_owned(),
            setting: setting.to_owned(),
        };
        return match (metadata.is_file(), is_executable(&metadata)) {
            (true, true) => Ok(path),
            (true, false) => Err(refuse("it has no permission to be executed")),
            (false, _) => Err(refuse("it is no file")),
        };
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let candidates = std::env::split_paths(&folders).map(|folder| folder.join(executable));
    let found = candidates
        .filter(|path| {
            std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && is_executable(&metadata))
        })
        .find_map(|path| std::path::absolute(path).ok());
    found.ok_or_else(|| missing(format!(" in the folders of PATH ({})", folders.to_string_lossy())))
}

fn is_executable(metadata: &std::fs::Metadata) -> bool {
    metadata.permissions().mode() & 0o111 != 0
}

/// Whether it can do what is needed of it. Blocks.
///
/// Python takes seconds for that. What worked once in this process, or is kept in this folder as having worked, is not tried again while the file stays the same.
pub(super) fn check(path: &Path, setting: &str, kept: Option<&Path>) -> Result<(), MlflowServerError> {
    let known = std::fs::metadata(path).map(|file| (path.to_owned(), file.mtime(), file.size()));
    let is_known = |known: &Known| {
        let working = WORKING.lock().unwrap_or_else(PoisonError::into_inner);
        working
            .as_ref()
            .is_some_and(|working| working.contains_key(known))
    };
    if known.as_ref().is_ok_and(is_known) {
        return Ok(());
    }
    let mark = kept
        .zip(known.as_ref().ok())
        .map(|(folder, known)| mark(folder, known));
    if mark.as_ref().is_some_and(|mark| mark.exists()) {
        return Ok(());
    }
    let failed = |source| MlflowServerError::Process {
        what: "looking whether MLflow's executable works",
        source,
    };
    let path = path.to_owned();
    let setting = setting.to_owned();
    // In a thread of its own: whoever asks may be in a runtime already.
    let asked = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(failed)?.block_on(async {
            let [version, serve] = NEEDED.map(|arguments| ask(&path, arguments, &setting));
            tokio::try_join!(version, serve).map(drop)
        })
    });
    let gone = || failed(std::io::Error::other("its thread panicked"));
    asked.join().map_err(|_| gone())??;
    if let Ok(known) = known {
        let mut working = WORKING.lock().unwrap_or_else(PoisonError::into_inner);
        working.get_or_insert_default().insert(known, ());
    }
    if let (Some(folder), Some(mark)) = (kept, mark) {
        // Without it, it is only slower the next time.
        let _ = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(mark, ""));
    }
    Ok(())
}

async fn ask(path: &Path, arguments: &[&str], setting: &str) -> Result<(), MlflowServerError> {
    let broken = |reason: String| MlflowServerError::Broken {
        path: path.to_owned(),
        command: format!("mlflow {}", arguments.join(" ")),
        reason,
        setting: setting.to_owned(),
    };
    let mut command = Command::new(path);
    command
        .args(arguments)
        .env("PATH", path_with(path))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = match tokio::time::timeout(PATIENCE, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => {
            return Err(MlflowServerError::NotExecutable {
                path: path.to_owned(),
                reason: error.to_string(),
                setting: setting.to_owned(),
            });
        }
        Err(_) => return Err(broken(format!("did not end within {PATIENCE:?}"))),
    };
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let last = said.trim().lines().next_back().unwrap_or("nothing").trim();
    let last: String = last.chars().take(500).collect();
    if !output.status.success() {
        return Err(broken(format!("failed ({}), and said: {last}", output.status)));
    }
    // `mlflow, version 3.17.2`
    match said.contains("mlflow") || said.contains("MLflow") {
        true => Ok(()),
        false => Err(broken(format!("doesn't say what MLflow says, but: {last}"))),
    }
}

/// Names what is known of a file to work, for later processes.
fn mark(folder: &Path, (path, modified, size): &Known) -> PathBuf {
    let known = format!("{}\n{modified}\n{size}", path.display());
    folder.join(Digest::of(known.as_bytes()).short())
}

/// The environment's `PATH`, with the executable's own folder before: MLflow starts its server by its name.
pub(super) fn path_with(executable: &Path) -> OsString {
    let real = executable.canonicalize().ok();
    let own = [Some(executable), real.as_deref()];
    let own = own
        .into_iter()
        .flatten()
        .filter_map(|path| path.parent().map(Path::to_owned));
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = own.collect();
    folders.extend(std::env::split_paths(&rest));
    folders.dedup();
    // A folder with a colon in its name can't be one of PATH's.
    std::env::join_paths(folders).unwrap_or(rest)
}
