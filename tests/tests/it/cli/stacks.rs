//! Stacks: registered, chosen, shown, changed, checked.

use std::fs;

use super::project::{Project, assert_shown};
use super::terminal::{fits, on_terminal};

/// What somebody wrote down: another artifact store, and a stack with it.
pub const ZEN_TOML: &str = r#"
[components.artifact_store.cold]
flavor = "local"
path = "cold"

[stacks.archive]
artifact_store = "cold"
"#;

/// Looks first, then registers, changes and deletes; all that programs are told.
#[test]
fn stacks_have_a_life() {
    let project = Project::described(ZEN_TOML);
    let mut told = String::new();
    for arguments in [
        &["stack", "list"][..],
        &["stack", "get"],
        &["stack", "describe"],
        &["stack", "describe", "archive"],
        &["stack", "register", "work", "-a", "cold", "-o", "default"],
        &["stack", "set", "work"],
        &["stack", "get"],
        &["stack", "copy", "work", "play"],
        &["stack", "update", "play", "--unset", "artifact_store"],
        &["stack", "register", "third", "--artifact-store=cold", "--set"],
        &["stack", "check"],
        &["stack", "list"],
        &["stack", "delete", "play", "--yes"],
    ] {
        told += &format!("# {}\n{}", arguments.join(" "), project.shown(arguments));
    }
    assert_shown!("stacks", told);
    // What people are told, on a terminal of any width.
    for columns in [40, 80, 200] {
        for verb in ["list", "get", "describe", "check"] {
            fits(project.command(&["stack", verb]), columns);
        }
    }
    let narrow = fits(project.command(&["stack", "list"]), 40);
    assert!(narrow.contains("work") && narrow.contains("archive"), "{narrow}");
    let described = project.zen(&["stack", "describe", "archive"]);
    assert!(
        described.out.contains("zen.toml:2") || described.out.contains("zen.toml:6"),
        "{}",
        described.out
    );
}

/// Each with its code and what it says.
#[test]
fn what_cannot_be_is_said() {
    let project = Project::described(ZEN_TOML);
    project.json(&["stack", "register", "work"]);
    let before = fs::read(project.home().join("stacks.toml")).unwrap();
    for (arguments, code, words) in [
        (
            &["stack", "set", "archiv"][..],
            3,
            "there is no stack `archiv` (did you mean `archive`?); there are: archive, default, work",
        ),
        (&["stack", "describe", "wrok"], 3, "did you mean `work`?"),
        (&["stack", "check", "wrok"], 3, "did you mean `work`?"),
        (&["stack", "copy", "wrok", "x"], 3, "did you mean `work`?"),
        (&["stack", "delete", "wrok", "--yes"], 3, "did you mean `work`?"),
        (
            &["--stack", "wrok", "stack", "get"],
            3,
            "there is no stack `wrok`",
        ),
        (
            &["--stack", "wrok", "run", "list"],
            3,
            "there is no stack `wrok`, which is named by: call",
        ),
        (
            &["stack", "register", "x", "-a", "clod"],
            3,
            "there is no artifact store `clod` (did you mean `cold`?)",
        ),
        (
            &["stack", "update", "work", "-d", "nobody"],
            3,
            "there is no model deployer `nobody`",
        ),
        (&["stack", "update", "work"], 2, "nothing is to be changed"),
        (
            &["stack", "register", "work"],
            2,
            "there is a stack `work` already",
        ),
        (
            &["stack", "register", "archive"],
            2,
            "zen.toml:6: change it there",
        ),
        (
            &["stack", "delete", "archive", "--yes"],
            2,
            "zen.toml:6: change it there",
        ),
        (
            &["stack", "delete", "default", "--yes"],
            2,
            "the stack `default` is built in",
        ),
        (&["stack", "register", "-x"], 2, ""),
        (&["stack", "register", "../x"], 2, "can't be the name of a stack"),
        (
            &["stack", "update", "work", "--unset", "artifact"],
            2,
            "there is no component type `artifact`",
        ),
        (&["stack", "delete", "work"], 2, "Nobody can be asked here"),
    ] {
        let said = project.zen(arguments);
        assert_eq!(
            (said.code, said.out.as_str()),
            (code, ""),
            "{arguments:?}: {}",
            said.err
        );
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
        let said = project.zen(&[arguments, &["--output", "json"]].concat());
        let message = said.error()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(words) || code == 2, "{arguments:?}: {message}");
    }
    assert_eq!(fs::read(project.home().join("stacks.toml")).unwrap(), before);
}

#[test]
fn a_stack_is_deleted_by_who_says_yes() {
    let project = Project::empty();
    project.json(&["stack", "register", "work", "--set"]);
    let active = project.zen(&["stack", "delete", "work", "--yes"]);
    assert_eq!(active.code, 2);
    assert!(active.err.contains("as the active stack"), "{}", active.err);
    project.json(&["stack", "set", "default"]);
    let delete = ["stack", "delete", "work"];
    let (code, seen) = on_terminal(project.command(&delete), 80, "n\n");
    assert_eq!(code, 4, "{seen}");
    assert!(seen.contains("Delete stack `work`? [y/N]"), "{seen}");
    assert_eq!(project.zen(&["stack", "describe", "work"]).code, 0);
    let (code, seen) = on_terminal(project.command(&delete), 80, "y\n");
    assert_eq!(code, 0, "{seen}");
    assert_eq!(project.zen(&["stack", "describe", "work"]).code, 3);
}

/// A stack whose components can't be used is said to be so, with each reason.
#[test]
fn a_stack_is_checked() {
    let project = Project::described(
        r#"
[components.artifact_store.blocked]
flavor = "local"
path = "blocked/inside"

[components.artifact_store.locked]
flavor = "s3"
url = "s3://nowhere/x"
access_key_id = "{{aws.id}}"
secret_access_key = "{{aws.key}}"

[components.model_deployer.other]
flavor = "seldom"

[stacks]
blocked = { artifact_store = "blocked" }
locked = { artifact_store = "locked" }
foreign = { model_deployer = "other" }
"#,
    );
    fs::write(project.folder().join("blocked"), "a file").unwrap();
    assert_eq!(project.json(&["stack", "check"])["ok"], true);
    assert!(!project.home().exists(), "checking makes nothing");
    for (stack, kind, words) in [
        ("blocked", "artifact_store", "is no folder that can be written to"),
        (
            "locked",
            "artifact_store",
            "`aws.id` (ZEN_SECRET_AWS__ID), `aws.key`",
        ),
        ("foreign", "model_deployer", "`seldom`"),
    ] {
        let said = project.zen(&["stack", "check", stack, "--output", "json"]);
        assert_eq!(said.code, 1, "{stack}: {}", said.err);
        let checked: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(checked["ok"], false);
        for component in checked["components"].as_array().unwrap() {
            match component["problem"].as_str() {
                Some(problem) => {
                    assert_eq!(component["type"], kind, "{said:?}");
                    assert!(problem.contains(words), "{problem}");
                }
                None => assert_ne!(component["type"], kind, "{said:?}"),
            }
        }
    }
}
