//! Random kills: see the program `timekeeper`, which does them for an hour on request.

use std::process::Command;

/// A new seed every time; how to try again is printed when it finds something.
#[test]
fn after_kills_stops_and_holds_each_slot_has_one_record() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_timekeeper"));
    command
        .args(["soak", "--seconds", "60", "--folder"])
        .arg(folder.path().join("soak"));
    if let Ok(seed) = std::env::var("ZEN_SOAK_SEED") {
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
