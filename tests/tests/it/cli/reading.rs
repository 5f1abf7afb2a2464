//! Looking changes nothing, and works where nothing can be changed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::project::{Project, Said, summary};

const LOOKING: &[&[&str]] = &[
    &["status"],
    &["pipeline", "list"],
    &["pipeline", "describe", "summary"],
    &["run", "list"],
    &["run", "show", "summary"],
    &["run", "logs", "summary"],
    &["run", "explain", "summary", "rows"],
    &["run", "compare", "summary", "failing"],
    &["artifact", "list"],
    &["artifact", "describe", "summary.rows"],
    &["artifact", "versions", "summary.rows"],
    &["artifact", "lineage", "summary.report"],
    &["artifact", "verify"],
    &["model-deployer", "models", "list"],
    &["schedule", "list"],
    &["schedule", "upcoming"],
    &["stack", "list"],
    &["stack", "get"],
    &["stack", "describe"],
    &["stack", "check"],
    &["artifact-store", "list"],
    &["artifact-store", "describe", "default"],
    &["model-deployer", "flavor", "list"],
    &["secret", "list"],
];

fn files(folder: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        match entry.file_type().unwrap().is_dir() {
            true => files(&entry.path(), into),
            false => {
                into.insert(entry.path(), fs::read(entry.path()).unwrap());
            }
        }
    }
}

fn everything(project: &Project) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    files(&project.home(), &mut found);
    // What readers and writers of the database share while it is open.
    found.retain(|path, _| {
        !path.to_string_lossy().ends_with("-shm") && !path.to_string_lossy().ends_with("-wal")
    });
    found
}

#[tokio::test]
async fn looking_changes_nothing() {
    let project = Project::new().await;
    let before = everything(&project);
    for arguments in LOOKING {
        let said = project.zen(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
        assert!(everything(&project) == before, "{arguments:?} wrote");
    }
}

/// What is opened to be looked at refuses to be written.
#[tokio::test]
async fn a_look_writes_nothing() {
    use zen_core::artifact::Digest;
    use zen_core::metadata::Change;
    use zen_core::stack::Stack;
    let project = Project::new().await;
    let before = everything(&project);
    let stack = Stack::look(&project.home()).unwrap();
    let object = Change::Object {
        digest: Digest::of(b"x"),
        bytes: vec![b'x'],
    };
    stack.metadata().apply(&[object]).unwrap_err();
    drop(stack);
    assert!(everything(&project) == before);
    Stack::look(&project.folder().join("nowhere")).unwrap_err();
    assert!(!project.folder().join("nowhere").exists());
}

pub fn protect(path: &Path, writable: bool) {
    for entry in fs::read_dir(path).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            protect(&entry.path(), writable);
        } else {
            let mode = if writable { 0o644 } else { 0o444 };
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode)).unwrap();
        }
    }
    let mode = if writable { 0o755 } else { 0o555 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The command as somebody who can't write there.
pub fn anybody(command: Command) -> Command {
    if !rustix::process::geteuid().is_root() {
        return command;
    }
    // Permissions don't hold for this user; a child can be somebody else. Where the program was built, others may not come.
    let folder = command
        .get_current_dir()
        .expect("the project's folder")
        .to_owned();
    let program = folder.join("zen");
    if !program.exists() {
        fs::copy(command.get_program(), &program).unwrap();
    }
    let mut anybody = Command::new(&program);
    anybody.arg0("zen").args(command.get_args()).current_dir(folder);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => anybody.env(name, value),
            None => anybody.env_remove(name),
        };
    }
    anybody.uid(65_534).gid(65_534).stdin(Stdio::null());
    anybody
}

/// Where the log of a killed writer can't be read, nothing older is shown as if it were all.
#[tokio::test]
async fn what_was_written_last_is_never_left_out() {
    let (project, copy) = (Project::new().await, Project::empty());
    let stack = project.stack();
    summary(5).on(&stack).quiet().run().await.unwrap();
    fs::set_permissions(copy.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(copy.home()).unwrap();
    // As a machine that lost its power leaves it.
    for name in ["metadata.db", "metadata.db-wal"] {
        fs::copy(project.home().join(name), copy.home().join(name)).unwrap();
    }
    drop(stack);
    protect(&copy.home(), false);
    match anybody(copy.command(&["run", "list"])).output() {
        Err(error) => {
            zen_tests::require(&format!("the program for other users ({error})"), false);
        }
        Ok(output) => {
            let said = Said::of(output);
            assert_eq!((said.code, said.out.as_str()), (5, ""), "{}", said.err);
            assert!(said.err.contains("may write to its folder"), "{}", said.err);
        }
    }
    protect(&copy.home(), true);
    let runs = copy.json(&["run", "list"]);
    assert_eq!(runs["runs"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_looked_at() {
    let project = Project::new().await;
    fs::set_permissions(project.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    protect(&project.home(), false);
    let as_anybody = |arguments: &[&str]| anybody(project.command(arguments)).output();
    match as_anybody(&["version"]) {
        Err(error) => {
            zen_tests::require(&format!("the program for other users ({error})"), false);
        }
        Ok(_) => {
            assert!(
                !project.home().join("metadata.db-wal").exists(),
                "the last one has closed it"
            );
            for arguments in LOOKING {
                let said = Said::of(as_anybody(arguments).unwrap());
                assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
            }
            let said = Said::of(as_anybody(&["artifact", "prune", "--keep-last", "1", "--yes"]).unwrap());
            assert_eq!((said.code, said.out.as_str()), (5, ""), "{}", said.err);
        }
    }
    protect(&project.home(), true);
}

/// A run whose process was killed is shown as what it is, and settled where that can be written.
#[tokio::test]
async fn a_dead_run_is_noticed() {
    use zen_core::metadata::{Change, Status};
    let project = Project::new().await;
    let stack = project.stack();
    let run = project.runs("summary")[0].parse().unwrap();
    let mut record = stack.metadata().run(run).unwrap().unwrap();
    record.id = uuid::Uuid::now_v7();
    record.status = Status::Running;
    record.ended = None;
    // Nobody has ever claimed this.
    record.process = Some(uuid::Uuid::now_v7());
    let started = Change::RunStarted {
        run: Box::new(record.clone()),
        graph: None,
    };
    stack.metadata().apply(&[started]).unwrap();
    drop(stack);
    let shown = project.json(&["run", "show", &record.id.to_string()]);
    assert_eq!(
        (&shown["status"], &shown["died"]),
        (&"failed".into(), &true.into())
    );
}
