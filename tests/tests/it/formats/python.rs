//! The readers and writers of Python.

use std::path::Path;
use std::process::Command;

fn python() -> Command {
    Command::new(std::env::var_os("ZEN_TEST_PYTHON").unwrap_or_else(|| "python3".into()))
}

/// Whether these packages can be imported.
pub fn available(packages: &str) -> bool {
    let found = python()
        .args(["-c", &format!("import {packages}")])
        .output()
        .is_ok_and(|output| output.status.success());
    zen_tests::require(
        &format!("{packages} (in python3, or in what ZEN_TEST_PYTHON names)"),
        found,
    )
}

/// Runs a script of the folder `python` in a directory. Fails with what it printed.
pub fn run(script: &str, task: &str, directory: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script);
    let output = python()
        .arg(script)
        .arg(task)
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
