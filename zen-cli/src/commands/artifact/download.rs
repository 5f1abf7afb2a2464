//! `artifact download`.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use zen_core::artifact::{FileArtifact, FolderArtifact};
use zen_core::client::{ArtifactView, Client};

use crate::Exit;
use crate::args::Confirm;
use crate::commands::{Command, Context};
use crate::error::Error;
use crate::find;
use crate::output::json::ArtifactName;
use crate::output::{ask, time};
use crate::project::wait;

/// Write the stored bytes of an artifact to a file
///
/// Files and folders are written as they were. Nothing is overwritten without a yes, and a file is there as a whole or not at all.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: zen artifact download digits@3 --to model.bin")]
pub(crate) struct Download {
    /// The artifact: its name for the newest version, `name@3`, an id or the beginning of one
    artifact: String,
    /// Where to [default: its name and version here]; a folder that is there gets it under that name
    #[arg(long, value_name = "PATH")]
    to: Option<PathBuf>,
    #[command(flatten)]
    confirm: Confirm,
}

/// What it prints for programs.
#[derive(Debug, Serialize)]
struct Output {
    artifact: ArtifactName,
    path: PathBuf,
    /// Of the stored object.
    size: u64,
}

/// What a file of this format is usually called.
fn extension(codec: &str) -> &'static str {
    match codec {
        "serde-msgpack" => ".msgpack",
        "text" => ".txt",
        "npy" => ".npy",
        "safetensors" => ".safetensors",
        "csv" => ".csv",
        "parquet" => ".parquet",
        "onnx" => ".onnx",
        "folder-tar" | "file-tar" => "",
        _ => ".bin",
    }
}

impl Command for Download {
    fn execute(self, context: &Context) -> Result<Exit, Error> {
        let client = context.project.client()?;
        let artifact = find::artifact(client, &self.artifact)?;
        let codec = artifact.record().codec.clone();
        let file = match codec.as_str() {
            "file-tar" => Some(wait(artifact.load_renamed::<FileArtifact>())??),
            _ => None,
        };
        let name = match &file {
            Some(file) => file.file_name().to_owned(),
            None => {
                // A name may hold anything; a file's may not.
                let safe = artifact.name().replace(['/', '\\', '\0'], "_");
                format!("{safe}-{}{}", artifact.version(), extension(&codec))
            }
        };
        let path = match self.to {
            None => PathBuf::from(name),
            Some(to) if to.is_dir() => to.join(name),
            Some(to) => to,
        };
        if fs::symlink_metadata(&path).is_ok() {
            ask::confirm(&format!("Overwrite {}?", path.display()), self.confirm)?;
        }
        let partial = beside(&path);
        let made = match (&file, codec.as_str()) {
            (Some(file), _) => file.copy_to(&partial).map_err(Error::from),
            (None, "folder-tar") => wait(artifact.load_renamed::<FolderArtifact>())?
                .map_err(Error::from)
                .and_then(|folder| Ok(folder.extract_to(&partial)?)),
            _ => write(client, &artifact, &partial),
        };
        if let Err(error) = made.and_then(|()| replace(&partial, &path)) {
            remove(&partial);
            return Err(error);
        }
        let output = Output {
            artifact: ArtifactName::of(&artifact),
            path,
            size: artifact.record().size,
        };
        context.out.show(&output, || {
            let size = time::bytes(output.size);
            Ok(format!(
                "{} is at {} ({size})\n",
                output.artifact,
                output.path.display()
            ))
        })?;
        Ok(Exit::Success)
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", uuid::Uuid::now_v7()));
    path.with_file_name(name)
}

/// The new one takes the place of what was there, which somebody said yes to.
fn replace(partial: &Path, path: &Path) -> Result<(), Error> {
    let failed = |source| Error::File {
        doing: "writing",
        path: path.to_owned(),
        source,
    };
    let is_folder = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    if is_folder(path) {
        fs::remove_dir_all(path).map_err(failed)?;
    } else if is_folder(partial) && fs::symlink_metadata(path).is_ok() {
        fs::remove_file(path).map_err(failed)?;
    }
    fs::rename(partial, path).map_err(failed)
}

fn remove(partial: &Path) {
    // What there is of it is of no use; that it can't be removed is not the error to report.
    let _ = match partial.is_dir() {
        true => fs::remove_dir_all(partial),
        false => fs::remove_file(partial),
    };
}

fn write(client: &Client, artifact: &ArtifactView, path: &Path) -> Result<(), Error> {
    let record = artifact.record();
    let failed = |source| Error::File {
        doing: "writing",
        path: path.to_owned(),
        source,
    };
    if record.uri.starts_with("inline:") {
        let bytes = wait(artifact.bytes())??;
        let mut file = File::create_new(path).map_err(failed)?;
        return file.write_all(&bytes).map_err(failed);
    }
    let store = client.stack().artifacts();
    let mut reader = store.reader(record.digest, record.size, artifact)?;
    let mut file = File::create_new(path).map_err(failed)?;
    let mut block = vec![0; 256 << 10];
    loop {
        let read = reader.read(&mut block).map_err(unread)?;
        if read == 0 {
            return Ok(());
        }
        file.write_all(&block[..read]).map_err(failed)?;
    }
}

/// The error that a reader wraps.
fn unread(error: io::Error) -> Error {
    let text = error.to_string();
    match error.into_inner().map(|inner| inner.downcast()) {
        Some(Ok(error)) => Error::Artifact(*error),
        _ => Error::Output(io::Error::other(text)),
    }
}
