//! Kills with `kill -9`: see the program `torture`, which does a thousand of them on request.

use std::process::Command;

/// A new seed every time; what it found is replayed by the command that is printed then.
#[test]
fn fifty_kills_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_torture"));
    command
        .args(["--kills", "50", "--folder"])
        .arg(folder.path().join("torture"));
    if let Ok(seed) = std::env::var("ZEN_TORTURE_SEED") {
        command.args(["--seed", &seed]);
    }
    let output = command.output().unwrap();
    let (said, complained) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    println!("{said}");
    if !output.status.success() {
        // For whoever looks into it.
        let kept = folder.keep();
        panic!("in {}:\n{said}\n{complained}", kept.display());
    }
}
