//! The executable that a service runs, and the copy that is kept of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::artifact::Digest;
use crate::metadata::ProgramRecord;
use crate::service::ServiceError;
use crate::stack::{Stack, digest_of};

/// No copy takes this long.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The folder that keeps copies of executables, by digest.
fn folder(home: &Path) -> PathBuf {
    home.join("bin")
}

/// The stack's program with its digest, after a copy has been kept: so that building or cleaning the original doesn't break the service.
pub(crate) fn keep(stack: &Stack, home: &Path, service: &str) -> Result<ProgramRecord, ServiceError> {
    let unknown = |source| ServiceError::File {
        service: service.to_owned(),
        doing: "finding the program's own",
        path: PathBuf::from("executable"),
        source,
    };
    let path = stack.program_path().map_err(unknown)?;
    let file = stack.program_file().map_err(unknown)?;
    let failed = |doing, path: &Path, source| ServiceError::File {
        service: service.to_owned(),
        doing,
        path: path.to_owned(),
        source,
    };
    // It may be replaced while it is read: what counts is the digest of the copy.
    let known = digest_of(&file, Some(&home.join("cache/programs")));
    let known = known.map_err(|source| failed("reading", &path, source))?;
    let kept = folder(home).join(known.to_string());
    let digest = match kept.exists() {
        true => known,
        false => copy(&file, &folder(home))
            .map_err(|source| failed("copying the program to", &folder(home), source))?,
    };
    Ok(ProgramRecord {
        path: path.display().to_string(),
        digest: Some(digest),
    })
}

fn copy(path: &Path, folder: &Path) -> io::Result<Digest> {
    fs::create_dir_all(folder)?;
    let partial = folder.join(format!(".{}", uuid::Uuid::now_v7()));
    let copied = fs::copy(path, &partial).and_then(|_| {
        let mut file = fs::File::open(&partial)?;
        // Trusted by its name from now on: a loss of power must not leave half of it.
        file.sync_all()?;
        let mut hasher = blake3::Hasher::new();
        io::copy(&mut file, &mut hasher)?;
        let digest = Digest::from_bytes(*hasher.finalize().as_bytes());
        fs::rename(&partial, folder.join(digest.to_string()))?;
        Ok(digest)
    });
    if copied.is_err() {
        let _ = fs::remove_file(&partial);
    }
    copied
}

/// Whether it is the program that is running here.
pub(crate) fn is_own(stack: &Stack, home: &Path, program: &ProgramRecord) -> bool {
    !stack.has_program()
        && stack
            .program_file()
            .and_then(|path| digest_of(&path, Some(&home.join("cache/programs"))))
            .is_ok_and(|own| Some(own) == program.digest)
}

/// The executable to start: the kept copy, else one of the original if it hasn't changed, else of this program if it is the same.
pub(crate) fn find(
    stack: &Stack,
    home: &Path,
    program: &ProgramRecord,
    service: &str,
) -> Result<PathBuf, ServiceError> {
    let gone = || ServiceError::NoProgram {
        service: service.to_owned(),
        path: program.path.clone(),
    };
    let digest = program.digest.ok_or_else(gone)?;
    let kept = folder(home).join(digest.to_string());
    if kept.exists() {
        return Ok(kept);
    }
    let same =
        |path: &Path| digest_of(path, Some(&home.join("cache/programs"))).is_ok_and(|found| found == digest);
    let original = PathBuf::from(&program.path);
    for path in [Some(original), stack.program_file().ok()].into_iter().flatten() {
        if !same(&path) {
            continue;
        }
        // Kept again, for the next start. Where it can't be, this start still can.
        return match copy(&path, &folder(home)) {
            Ok(copied) if copied == digest => Ok(kept),
            // It was replaced while it was copied.
            Ok(_) => continue,
            Err(_) => Ok(path),
        };
    }
    Err(gone())
}

/// Removes the copies that no service refers to. Only tidies up.
pub(crate) fn sweep(home: &Path, in_use: &[Digest]) {
    let Ok(entries) = fs::read_dir(folder(home)) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        // What isn't a digest yet is being copied by somebody, or was, when that is long ago.
        let age = || {
            entry
                .metadata()
                .and_then(|meta| meta.modified())
                .ok()?
                .elapsed()
                .ok()
        };
        if name.to_str().is_some_and(|name| name.starts_with('.')) && age().is_some_and(|age| age > ABANDONED)
        {
            let _ = fs::remove_file(entry.path());
        }
        let Some(digest) = name.to_str().and_then(|name| name.parse::<Digest>().ok()) else {
            continue;
        };
        if !in_use.contains(&digest) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
