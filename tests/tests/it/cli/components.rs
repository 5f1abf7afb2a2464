//! Components of every type and their flavours.

use std::fs;

use serde_json::json;
use zen_core::stack::ComponentType;

use super::project::{Project, assert_shown};
use super::stacks::ZEN_TOML;
use super::terminal::{fits, on_terminal};

#[test]
fn every_type_has_its_components_and_flavors() {
    let project = Project::described(ZEN_TOML);
    let mut told = String::new();
    for kind in ComponentType::ALL.map(ComponentType::command) {
        told += &format!("# {kind}\n{}", project.shown(&[kind, "list"]));
        let flavors = project.json(&[kind, "flavor", "list"]);
        for flavor in flavors["flavors"].as_array().unwrap() {
            let name = flavor["name"].as_str().unwrap();
            let keys = flavor["keys"].as_array().unwrap().iter();
            let keys: Vec<_> = keys.map(|key| key["name"].as_str().unwrap()).collect();
            told += &format!("{name}: {}\n", keys.join(", "));
            let described = project.json(&[kind, "flavor", "describe", name]);
            assert_eq!(described["keys"], flavor["keys"]);
            assert!(described["schema"].is_object());
            fits(project.command(&[kind, "flavor", "describe", name]), 40);
        }
        let missing = project.zen(&[kind, "flavor", "describe", "loacl"]);
        assert_eq!((missing.code, missing.out.as_str()), (3, ""), "{}", missing.err);
        for verb in [&["list"][..], &["flavor", "list"]] {
            let said = project.zen(&[&[kind], verb].concat());
            assert_eq!(said.code, 0, "{kind}: {}", said.err);
            assert!(
                !said.out.is_empty() || !said.err.is_empty(),
                "{kind} says something"
            );
            // What is only a hint may be wrapped.
            if !said.out.is_empty() {
                fits(project.command(&[&[kind], verb].concat()), 40);
            }
        }
    }
    assert_shown!("components", told);
    assert!(!project.home().exists(), "looking makes nothing");
}

#[test]
fn components_have_a_life() {
    let project = Project::described(ZEN_TOML);
    let mut told = String::new();
    for arguments in [
        &[
            "artifact-store",
            "register",
            "warm",
            "--flavor=local",
            "--path=warm",
        ][..],
        &["artifact-store", "describe", "warm"],
        &["artifact-store", "update", "warm", "survive_power_loss=true"],
        &["artifact-store", "update", "warm", "--unset", "path"],
        &["model-deployer", "register", "mine", "--type=native"],
        &["stack", "register", "work", "-a", "warm", "-d", "mine"],
        &["artifact-store", "describe", "warm"],
        &["stack", "delete", "work", "--yes"],
        &["artifact-store", "delete", "warm", "--yes"],
    ] {
        told += &format!("# {}\n{}", arguments.join(" "), project.shown(arguments));
    }
    assert_shown!("component_life", told);
    let kept = fs::read_to_string(project.home().join("stacks.toml")).unwrap();
    assert_shown!("component_file", kept);
}

/// Values and options are typed in any order, and options of all commands may stand anywhere.
#[test]
fn values_come_in_any_order() {
    let url = "--url=s3://models/a=b";
    let orders: &[&[&str]] = &[
        &["bucket", "--flavor=s3", url, "--allow-http=true"],
        &[url, "--flavor=s3", "bucket", "--allow-http=true"],
        &["--allow_http=true", url, "--type=s3", "bucket"],
        &["bucket", url, "--allow-http=true", "--flavor", "s3"],
        &["bucket", "url=s3://models/a=b", "-f", "s3", "allow_http=true"],
        &[
            "-f",
            "s3",
            "bucket",
            "--",
            "allow_http=true",
            "url=s3://models/a=b",
        ],
    ];
    for order in orders {
        let project = Project::empty();
        let words = [&["artifact-store", "register"], *order].concat();
        assert_eq!(project.zen(&words).code, 0, "{words:?}");
        for options in [&["--output", "json"][..], &["--output=json", "--color=never"]] {
            project.json(&["artifact-store", "delete", "bucket", "--yes"]);
            // Everywhere but behind `--`.
            let end = words.iter().position(|word| *word == "--").unwrap_or(words.len());
            for place in 0..=end {
                if words[..place]
                    .last()
                    .is_some_and(|word| ["-f", "--flavor"].contains(word))
                {
                    continue;
                }
                let words = [&words[..place], options, &words[place..]].concat();
                let said = project.zen(&words);
                assert_eq!(said.code, 0, "{words:?}: {}", said.err);
                assert_eq!(
                    said.json()["values"],
                    json!({"url": "s3://models/a=b", "allow_http": true}),
                    "{words:?}"
                );
                let words = [
                    "artifact-store",
                    "update",
                    "--region=here",
                    "bucket",
                    "--output=json",
                ];
                assert_eq!(project.zen(&words).json()["values"]["region"], "here");
                if place < end {
                    project.json(&["artifact-store", "delete", "bucket", "--yes"]);
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_registered_is_said() {
    let project = Project::described(ZEN_TOML);
    for (arguments, code, words) in [
        (
            &["model-deployer", "register", "cloud", "--flavor=seldon"][..],
            2,
            &["`seldon`", "native"][..],
        ),
        (
            &["model-deployer", "register", "x", "--flavor=natvie"],
            2,
            &["did you mean `native`?"],
        ),
        (
            &["artifact-store", "register", "x", "--flavor=local", "--pth=x"],
            2,
            &["has no key `pth`", "did you mean `path`?"],
        ),
        (
            &["artifact-store", "register", "x", "--flavor=s3"],
            2,
            &["key `url`", "it is missing"],
        ),
        (
            &[
                "artifact-store",
                "register",
                "x",
                "--flavor=s3",
                "--url=s3://a",
                "--secret-access-key=HIDDEN",
            ],
            2,
            &["key `secret_access_key`", "zen secret set", "{{NAME.KEY}}"],
        ),
        (
            &[
                "artifact-store",
                "register",
                "x",
                "--flavor=s3",
                "--url=s3://me:HIDDEN@a/b",
            ],
            2,
            &["the URL holds a password"],
        ),
        (
            &[
                "orchestrator",
                "register",
                "x",
                "--flavor=local",
                "--parallel=many",
            ],
            2,
            &["key `parallel`"],
        ),
        (
            &[
                "orchestrator",
                "register",
                "x",
                "--flavor=local",
                "parallel=1",
                "--parallel=2",
            ],
            2,
            &["`parallel` is given twice"],
        ),
        (
            &["artifact-store", "register", "x", "--flavor=local", "path"],
            2,
            &["`path` is no `key=value`"],
        ),
        (&["artifact-store", "register", "x"], 2, &["--flavor"]),
        (
            &["artifact-store", "register", "cold", "--flavor=local"],
            2,
            &["zen.toml:2: change it there"],
        ),
        (
            &["artifact-store", "register", "default", "--flavor=local"],
            2,
            &["built in"],
        ),
        (
            &["artifact-store", "update", "default", "path=x"],
            2,
            &["built in"],
        ),
        (
            &["artifact-store", "delete", "cold", "--yes"],
            2,
            &["zen.toml:2: change it there"],
        ),
        (
            &["artifact-store", "describe", "clod"],
            3,
            &["there is no artifact store `clod` (did you mean `cold`?); there are: cold, default"],
        ),
        (
            &["artifact-store", "update", "clod", "path=x"],
            3,
            &["did you mean `cold`?"],
        ),
        (
            &["alerter", "delete", "bell", "--yes"],
            3,
            &["there is no alerter `bell`; there are: none"],
        ),
    ] {
        let said = project.zen(arguments);
        assert_eq!(
            (said.code, said.out.as_str()),
            (code, ""),
            "{arguments:?}: {}",
            said.err
        );
        for words in words {
            assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
        }
        assert!(!said.err.contains("HIDDEN"), "{}", said.err);
    }
    assert!(!project.home().exists(), "nothing was kept");
}

#[test]
fn a_component_is_deleted_by_who_says_yes_when_no_stack_has_it() {
    let project = Project::empty();
    project.json(&["artifact-store", "register", "warm", "--flavor=local"]);
    project.json(&["stack", "register", "work", "-a", "warm"]);
    let delete = ["artifact-store", "delete", "warm"];
    let used = project.zen(&["artifact-store", "delete", "warm", "--yes"]);
    assert_eq!(used.code, 2);
    assert!(used.err.contains("used by stack `work`"), "{}", used.err);
    project.json(&["stack", "delete", "work", "--yes"]);
    assert_eq!(project.zen(&delete).code, 2, "nobody can be asked");
    let (code, seen) = on_terminal(project.command(&delete), 80, "\n");
    assert_eq!(code, 4, "{seen}");
    let (code, seen) = on_terminal(project.command(&delete), 80, "yes\n");
    assert_eq!(code, 0, "{seen}");
    assert_eq!(project.zen(&["artifact-store", "describe", "warm"]).code, 3);
}
