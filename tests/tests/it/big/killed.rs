//! A process that dies, or has no room, while it writes a large object.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use zen_core::prelude::*;

use super::program::{Guard, big, files_in, peak};

#[test]
fn a_process_killed_while_encoding_leaves_no_object_and_is_tidied_up_after() {
    let folder = tempfile::tempdir().unwrap();
    let (objects, staging) = (
        folder.path().join("artifacts/objects"),
        folder.path().join("artifacts/staging"),
    );
    let mut child = Guard(
        big(folder.path(), "stuck", 0)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line.trim(), "stuck");
    let staged = files_in(&staging);
    assert_eq!(staged.len(), 1);
    assert!(staged[0].metadata().unwrap().len() > 16 << 20);
    assert!(files_in(&objects).is_empty());

    // Another process leaves alone what belongs to one that lives.
    peak(folder.path(), "bytes", 10 << 20);
    assert_eq!(files_in(&staging), staged);
    assert_eq!(files_in(&objects).len(), 1);

    child.0.kill().unwrap();
    child.0.wait().unwrap();
    assert_eq!(files_in(&staging), staged);
    let stack = Stack::builder().home(folder.path()).build().unwrap();
    assert!(files_in(&staging).is_empty());
    assert_eq!(files_in(&objects).len(), 1);
    let run = Client::of(stack).last_run("stuck").unwrap();
    assert_eq!(run.status(), Status::Failed);
}

#[cfg(unix)]
#[test]
fn no_room_for_an_output_is_an_error_that_names_the_step_the_output_and_the_file() {
    let folder = tempfile::tempdir().unwrap();
    // As on a full disk, a write fails: no file may become larger than 20 MB.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 40000; exec \"$0\" bytes 60000000"])
        .arg(env!("CARGO_BIN_EXE_big"))
        .env("ZEN_HOME", folder.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    for word in [
        "step `fill` failed",
        "output `output` of `fill`",
        "zen-staged-",
        "too large",
    ] {
        assert!(error.contains(word), "`{word}` isn't in: {error}");
    }
    assert!(files_in(&folder.path().join("artifacts")).is_empty());
    // There is room again.
    peak(folder.path(), "bytes", 60_000_000);
    assert_eq!(files_in(&folder.path().join("artifacts/objects")).len(), 1);
}
