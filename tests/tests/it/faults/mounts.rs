//! Disks that are full, and that can't be written to.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use zen_tests::require;
use zen_tests::torture::check::check;
use zen_tests::torture::journal;

use super::gone::{Program, completes, failed, text, undisturbed};

/// A file system in memory, gone with the value, also when the test panics.
struct Mount(PathBuf);

impl Mount {
    fn new(folder: &Path, options: &str) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let mount = Self(folder.to_owned());
        run("mount", &["-t", "tmpfs", "-o", options, "tmpfs"], folder).then_some(mount)
    }

    fn change(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(run("mount", &["-o", &options], &self.0), "{options}");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        run("umount", &["-l"], &self.0);
    }
}

fn run(command: &str, options: &[&str], folder: &Path) -> bool {
    let output = Command::new(command).args(options).arg(folder).output();
    output.is_ok_and(|output| output.status.success())
}

/// Only root may mount; where it may not, the test is skipped.
fn mounted(folder: &Path, options: &str) -> Option<Mount> {
    let mount = Mount::new(folder, options);
    require("mounting a file system (as root)", mount.is_some()).then_some(mount)?
}

#[test]
fn a_full_disk_is_an_error_and_what_was_finished_stays_finished() {
    let root = tempfile::tempdir().unwrap();
    let mut expected = None;
    for size in ["64k", "300k", "500k", "1m", "3m", "8m"] {
        let folder = root.path().join(size);
        let Some(mount) = mounted(&folder.join("disk"), &format!("size={size}")) else {
            return;
        };
        let expected = expected.get_or_insert_with(|| undisturbed(root.path()));
        let program = Program::new(&folder, &folder.join("disk/.zen"));
        let errors = failed(&program.run(), &["disk/.zen"]);
        let found = check(&program.home);
        assert!(found.wrongs.is_empty(), "{size}: {:?}", found.wrongs);
        let finished: HashSet<String> = found.finished.get("torture").cloned().unwrap_or_default();
        let before = journal::count(&program.journal);
        // Unless it was full before the first step, or after the last.
        assert!(
            before == 0 || errors.contains("step `") || finished.contains("summary"),
            "{size}: which step? {errors}"
        );
        // It stays full for a second program.
        failed(&program.run(), &["disk/.zen"]);
        mount.change("size=200m");
        completes(&program, expected);
        for line in journal::read(&program.journal).iter().skip(before) {
            assert!(
                line.end || !finished.contains(&line.step),
                "{size}: `{}` had finished and was executed again",
                line.step
            );
        }
    }
}

#[test]
fn a_read_only_disk_is_an_error_that_names_the_file() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("ro");
    let Some(mount) = mounted(&folder.join("disk"), "size=200m") else {
        return;
    };
    let expected = undisturbed(root.path());
    let program = Program::new(&folder, &folder.join("disk/.zen"));
    // Nothing is there yet.
    mount.change("ro");
    failed(&program.run(), &["disk/.zen"]);
    mount.change("rw");
    let output = program.run();
    assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
    // Everything is there already.
    mount.change("ro");
    failed(&program.run(), &["disk/.zen"]);
    mount.change("rw");
    completes(&program, &expected);
}
