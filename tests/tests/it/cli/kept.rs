//! What is registered is kept: by several processes at once, by those that are killed, in folders that can't be written, in files that are broken.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};

use super::project::{Project, Said};
use super::reading::{anybody, protect};
use super::stacks::ZEN_TOML;

fn names(project: &Project) -> Vec<String> {
    let listed = project.json(&["artifact-store", "list"]);
    let components = listed["components"].as_array().unwrap();
    components
        .iter()
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

fn registering(project: &Project, name: &str) -> Child {
    let mut command = project.command(&["artifact-store", "register", name, "--flavor=local", "--path=x"]);
    command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn who_registers_at_once_loses_nothing() {
    let project = Project::empty();
    for round in 0..5 {
        let children: Vec<_> = (0..8)
            .map(|number| registering(&project, &format!("store-{round}-{number}")))
            .collect();
        for child in children {
            let said = Said::of(child.wait_with_output().unwrap());
            assert_eq!(said.code, 0, "{}", said.err);
        }
    }
    assert_eq!(names(&project).len(), 41);
    // Of several that want the same name, one gets it.
    let children: Vec<_> = (0..6).map(|_| registering(&project, "wanted")).collect();
    let ended = children
        .into_iter()
        .map(|child| Said::of(child.wait_with_output().unwrap()));
    let mut codes: Vec<_> = ended
        .map(|said| {
            assert!(said.code == 0 || said.err.contains("already"), "{}", said.err);
            said.code
        })
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 2, 2, 2, 2, 2]);
}

#[test]
fn who_is_killed_leaves_what_can_be_read() {
    let project = Project::empty();
    let file = project.home().join("stacks.toml");
    let mut known = vec!["default".to_owned()];
    for round in 0..40 {
        let name = format!("store-{round:02}");
        let mut child = registering(&project, &name);
        // At whatever moment it is; the file is read meanwhile, too.
        for _ in 0..round * 8 {
            let text = fs::read_to_string(&file).unwrap_or_default();
            toml_is_whole(&text);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let now = names(&project);
        let without: Vec<_> = now.iter().filter(|one| **one != name).cloned().collect();
        assert_eq!(without, known, "round {round}");
        known = now;
    }
    // Nobody is kept out by the dead, and a project in which nothing was run is not taken for a broken one.
    assert!(registering(&project, "after").wait().unwrap().success());
    assert!(names(&project).contains(&"after".to_owned()));
    assert_eq!(project.json(&["run", "list"])["runs"], serde_json::json!([]));
    // What a killed one may have left of a new file is taken for nothing, too.
    fs::write(project.home().join(".stacks-x.toml"), "half").unwrap();
    assert_eq!(project.json(&["run", "list"])["runs"], serde_json::json!([]));
    assert_eq!(names(&project).len(), known.len() + 1);
}

fn toml_is_whole(text: &str) {
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    assert_eq!(
        text.matches("[components").count(),
        text.matches("flavor").count(),
        "{text}"
    );
}

/// Looking works there, and changing says what can't be written.
#[test]
fn a_folder_that_cannot_be_written() {
    let project = Project::described(ZEN_TOML);
    project.json(&["stack", "register", "work", "-a", "cold", "--set"]);
    fs::set_permissions(project.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    // Who may not write to a new project either.
    let fresh = Project::described(ZEN_TOML);
    fs::set_permissions(fresh.folder(), fs::Permissions::from_mode(0o555)).unwrap();
    protect(&project.home(), false);
    let as_anybody = |project: &Project, arguments: &[&str]| anybody(project.command(arguments)).output();
    let before = fs::read(project.home().join("stacks.toml")).unwrap();
    if let Err(error) = as_anybody(&project, &["version"]) {
        zen_tests::require(&format!("the program for other users ({error})"), false);
        protect(&project.home(), true);
        return;
    }
    for arguments in [
        &["stack", "list"][..],
        &["stack", "get"],
        &["stack", "describe"],
        &["artifact-store", "list"],
        &["artifact-store", "describe", "cold"],
        &["artifact-store", "flavor", "list"],
        &["secret", "list"],
    ] {
        for project in [&project, &fresh] {
            let said = Said::of(as_anybody(project, arguments).unwrap());
            assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
        }
    }
    for arguments in [
        &["stack", "register", "x"][..],
        &["stack", "set", "default"],
        &["artifact-store", "register", "x", "--flavor=local"],
        &["secret", "set", "a", "b", "--from-env", "HOME"],
    ] {
        for project in [&project, &fresh] {
            let mut command = anybody(project.command(arguments));
            let said = Said::of(command.env("HOME", "/").output().unwrap());
            assert_eq!(
                (said.code, said.out.as_str()),
                (5, ""),
                "{arguments:?}: {}",
                said.err
            );
            assert!(
                said.err.contains(".zen") && said.err.contains("ermission denied"),
                "{arguments:?}: {}",
                said.err
            );
        }
    }
    protect(&project.home(), true);
    fs::set_permissions(fresh.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(fs::read(project.home().join("stacks.toml")).unwrap(), before);
    assert!(!fresh.home().exists());
}

/// Every command that reads them says which file and which line, and nothing is put in the place of what can't be read.
#[test]
fn broken_files_are_told_with_their_lines() {
    let commands: &[&[&str]] = &[
        &["stack", "list"],
        &["stack", "describe"],
        &["stack", "register", "new"],
        &["artifact-store", "list"],
        &["run", "list"],
        &["status"],
        &["secret", "list"],
        &["pipeline", "run", "apart", "--param", "count=1"],
    ];
    for (text, line, words) in [
        (
            "stack = \"default\"\n\n[stacks.x]\nartifact_stroe = \"x\"\n",
            4,
            "did you mean `artifact_store`?",
        ),
        ("stack = \"default\"\n[stacks\n", 2, ""),
        ("\u{0}\u{1}binary\n", 1, ""),
        ("stak = \"x\"\n", 1, "did you mean `stack`?"),
        (
            "[components.artifact_store.x]\npath = \"x\"\n",
            1,
            "has no `flavor = \"..\"`",
        ),
        ("\nstack = 7\n", 2, "`stack` is a text"),
    ] {
        for (name, code) in [("stacks.toml", 5), ("zen.toml", 2)] {
            let project = Project::empty();
            fs::create_dir(project.home()).unwrap();
            let file = match name {
                "zen.toml" => project.folder().join(name),
                name => project.home().join(name),
            };
            fs::write(&file, text).unwrap();
            for arguments in commands {
                let said = project.zen(arguments);
                assert_eq!(
                    (said.code, said.out.as_str()),
                    (code, ""),
                    "{name}, {arguments:?}: {}",
                    said.err
                );
                let place = format!("{name}:{line}: ");
                assert!(
                    said.err.contains(&place) && said.err.contains(words),
                    "{arguments:?}: {}",
                    said.err
                );
            }
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
    }
}

#[test]
fn an_unreadable_file_is_said() {
    let project = Project::empty();
    fs::create_dir_all(project.home().join("stacks.toml")).unwrap();
    let said = project.zen(&["stack", "list", "--output", "json"]);
    assert_eq!((said.code, said.out.as_str()), (5, ""), "{}", said.err);
    let error = said.error();
    assert_eq!(error["kind"], "store");
    assert!(
        error["message"].as_str().unwrap().contains("stacks.toml"),
        "{error}"
    );
}
