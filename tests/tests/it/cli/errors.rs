//! Projects that aren't there or are broken, and commands that can't be understood.

use std::fs;

use super::project::Project;

#[test]
fn no_project_is_said_and_none_is_made() {
    let project = Project::empty();
    let commands = [
        &["run", "list"][..],
        &["status"],
        &["artifact", "verify"],
        &["schedule", "pause", "nightly"],
        &["artifact", "prune", "--keep-last", "1", "--yes"],
    ];
    for arguments in commands {
        let said = project.zen(arguments);
        assert_eq!((said.code, said.out.as_str()), (3, ""), "{arguments:?}");
        assert!(
            said.err.contains("there is no project here") && said.err.contains("`zen init`"),
            "{}",
            said.err
        );
        assert!(!project.home().exists(), "{arguments:?} made a project");
    }
}

#[tokio::test]
async fn a_project_is_named() {
    let (project, elsewhere) = (Project::new().await, Project::empty());
    let home = project.home();
    let home = home.to_str().unwrap();
    let listed = elsewhere.json(&["--home", home, "run", "list"]);
    assert_eq!(listed["runs"].as_array().unwrap().len(), 3);
    let mut command = elsewhere.command(&["run", "list"]);
    assert!(command.env("ZEN_HOME", home).output().unwrap().status.success());
    // From a folder inside of it.
    let inside = project.folder().join("a/b");
    fs::create_dir_all(&inside).unwrap();
    let mut command = project.command(&["run", "list"]);
    assert!(command.current_dir(inside).output().unwrap().status.success());
}

#[tokio::test]
async fn a_broken_store_is_said_as_such() {
    let project = Project::new().await;
    let database = project.home().join("metadata.db");
    let good = fs::read(&database).unwrap();
    let check = |what: &str, words: &str| {
        let said = project.zen(&["run", "list", "--output", "json"]);
        assert_eq!((said.code, said.out.as_str()), (5, ""), "{what}: {}", said.err);
        let error = said.error();
        assert_eq!(error["kind"], "store");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("metadata.db") && message.contains(words),
            "{what}: {message}"
        );
    };
    fs::remove_file(&database).unwrap();
    check("missing", "is gone");
    fs::write(
        &database,
        "this is no database at all, and long enough to see that it isn't".repeat(20),
    )
    .unwrap();
    check("foreign", "not a database");
    let mut newer = good.clone();
    // `user_version` in the header.
    newer[60..64].copy_from_slice(&999_u32.to_be_bytes());
    fs::write(&database, &newer).unwrap();
    check("newer", "made by a newer zen");
    let mut foreign = good.clone();
    foreign[68..72].copy_from_slice(b"else");
    fs::write(&database, &foreign).unwrap();
    check("another program's", "another program");
    fs::write(&database, &good).unwrap();
    assert_eq!(project.zen(&["run", "list"]).code, 0);
}

#[test]
fn commands_that_cannot_be_understood_are_said_to_programs_too() {
    let project = Project::empty();
    for arguments in [
        &["run", "lits"][..],
        &["frobnicate"],
        &["run", "list", "--limit", "0"],
        &["run", "list", "--status", "odd"],
        &["run", "show"],
        &["run", "logs", "x", "-n", "0"],
        &["schedule", "upcoming", "-n", "1000000000"],
        &["artifact", "lineage", "x", "--depth", "101"],
    ] {
        let said = project.zen(arguments);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{arguments:?}");
        let mut arguments = arguments.to_vec();
        arguments.extend(["--output", "json"]);
        let said = project.zen(&arguments);
        assert_eq!(
            (said.code, said.error()["kind"].as_str()),
            (2, Some("usage")),
            "{}",
            said.err
        );
    }
}

/// As a file system leaves it that lost its power, or whoever emptied the file.
#[tokio::test]
async fn an_empty_database_is_no_new_project() {
    let project = Project::new().await;
    let database = project.home().join("metadata.db");
    fs::write(&database, "").unwrap();
    for arguments in [
        &["run", "list"][..],
        &["status"],
        &["artifact", "prune", "--keep-last", "1", "--yes"],
    ] {
        let said = project.zen(arguments);
        assert_eq!((said.code, said.out.as_str()), (5, ""), "{arguments:?}");
        assert!(said.err.contains("is gone"), "{}", said.err);
        assert_eq!(fs::read(&database).unwrap(), b"", "{arguments:?}");
    }
    // Nothing is lost where nothing was.
    let new = Project::empty();
    fs::create_dir(new.home()).unwrap();
    fs::write(new.home().join("metadata.db"), "").unwrap();
    assert_eq!(new.json(&["run", "list"])["runs"], serde_json::json!([]));
}

#[test]
fn a_database_of_an_older_zen_is_brought_up_to_date() {
    let project = Project::empty();
    fs::create_dir(project.home()).unwrap();
    let conn = rusqlite::Connection::open(project.home().join("metadata.db")).unwrap();
    conn.pragma_update(None, "journal_mode", "wal").unwrap();
    conn.execute_batch(include_str!("../metadata/version_1.sql"))
        .unwrap();
    drop(conn);
    let runs = project.json(&["run", "list"]);
    assert!(!runs["runs"].as_array().unwrap().is_empty());
}
