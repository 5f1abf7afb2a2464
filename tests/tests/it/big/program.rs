//! The program that works on large values in a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The program, about to be started.
pub fn big(home: &Path, mode: &str, bytes: u64) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_big"));
    command
        .arg(mode)
        .arg(bytes.to_string())
        .env("ZEN_HOME", home)
        .stdin(Stdio::null());
    command
}

/// Runs it to its end; the most memory it had.
pub fn peak(home: &Path, mode: &str, bytes: u64) -> u64 {
    let output = big(home, mode, bytes).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// Kills and reaps its process, also when the test panics.
pub struct Guard(pub Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// All files below a folder.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => open.push(entry.path()),
                false => files.push(entry.path()),
            }
        }
    }
    files
}
