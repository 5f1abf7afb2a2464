//! Who is heard first: the flag, then the environment, then what was registered, then `zen.toml`, then the defaults; and who said so.

use std::process::Command;

use serde_json::{Value, json};

use super::project::{Project, Said};

const ZEN_TOML: &str = r#"
stack = "written"

[components.orchestrator.three]
flavor = "local"
parallel = 3

[components.artifact_store.cold]
flavor = "local"
path = "cold"

[stacks]
written = { orchestrator = "three", artifact_store = "cold" }
other = { orchestrator = "three" }
"#;

fn described(mut command: Command) -> Value {
    Said::of(command.output().unwrap()).json()
}

fn component(stack: &Value, kind: &str) -> Value {
    let components = stack["components"].as_array().unwrap();
    components.iter().find(|one| one["type"] == kind).unwrap().clone()
}

#[test]
fn the_stack_is_named_by_the_first_who_does() {
    let project = Project::empty();
    let describe =
        |words: &[&str]| project.command(&[words, &["stack", "describe", "--output=json"]].concat());
    let named = |command: Command| {
        let stack = described(command);
        (stack["name"].clone(), stack["source"]["from"].clone())
    };
    assert_eq!(named(describe(&[])), (json!("default"), json!("default")));
    std::fs::write(project.folder().join("zen.toml"), ZEN_TOML).unwrap();
    assert_eq!(named(describe(&[])), (json!("written"), json!("file")));
    assert_eq!(described(describe(&[]))["source"]["line"], 2);
    project.json(&["stack", "register", "kept", "--set"]);
    assert_eq!(named(describe(&[])), (json!("kept"), json!("registered")));
    let by_variable = |words: &[&str]| {
        let mut command = describe(words);
        command.env("ZEN_STACK", "other");
        command
    };
    assert_eq!(named(by_variable(&[])), (json!("other"), json!("environment")));
    assert_eq!(described(by_variable(&[]))["source"]["variable"], "ZEN_STACK");
    assert_eq!(
        named(by_variable(&["--stack", "written"])),
        (json!("written"), json!("call"))
    );
    // Setting says that something else is heard first.
    let mut set = project.command(&["stack", "set", "written"]);
    let said = Said::of(set.env("ZEN_STACK", "other").output().unwrap());
    assert!(
        said.code == 0 && said.err.contains("`other`") && said.err.contains("ZEN_STACK"),
        "{said:?}"
    );
    let mut wrong = project.command(&["stack", "describe"]);
    let said = Said::of(wrong.env("ZEN_STACK", "othr").output().unwrap());
    assert_eq!(said.code, 3);
    assert!(
        said.err.contains("ZEN_STACK") && said.err.contains("did you mean `other`?"),
        "{}",
        said.err
    );
}

#[test]
fn a_value_is_that_of_the_first_who_says_one() {
    let project = Project::described(ZEN_TOML);
    let parallel = |mut command: Command| {
        let orchestrator = component(
            &described({
                command.args(["--output", "json"]);
                command
            }),
            "orchestrator",
        );
        let parallel = orchestrator["values"]["parallel"].clone();
        (parallel["value"].clone(), parallel["source"]["from"].clone())
    };
    let describe = |words: &[&str]| project.command(&[words, &["stack", "describe"]].concat());
    let by_variable = |words: &[&str]| {
        let mut command = describe(words);
        command.env("ZEN_ORCHESTRATOR__PARALLEL", "5");
        command
    };
    assert_eq!(parallel(describe(&[])), (json!(3), json!("file")));
    project.json(&[
        "orchestrator",
        "register",
        "four",
        "--flavor=local",
        "--parallel=4",
    ]);
    project.json(&["stack", "register", "kept", "-o", "four", "--set"]);
    assert_eq!(parallel(describe(&[])), (json!(4), json!("registered")));
    assert_eq!(parallel(by_variable(&[])), (json!(5), json!("environment")));
    let flag = ["--stack-value", "orchestrator.parallel=2"];
    assert_eq!(parallel(by_variable(&flag)), (json!(2), json!("call")));
    let of_default = component(
        &described(project.command(&["stack", "describe", "default", "--output=json"])),
        "artifact_store",
    );
    assert_eq!(
        of_default["values"]["survive_power_loss"],
        json!({"value": false, "source": {"from": "default"}})
    );
    // People are told as well.
    let said = Said::of(by_variable(&[]).output().unwrap());
    assert!(
        said.out.contains("environment (ZEN_ORCHESTRATOR__PARALLEL)"),
        "{}",
        said.out
    );
}

#[test]
fn the_artifact_store_is_named_in_the_environment() {
    let project = Project::described(ZEN_TOML);
    let store = |value: &str, words: &[&str]| {
        let mut command = project.command(&[words, &["stack", "describe", "--output=json"]].concat());
        component(
            &described({
                command.env("ZEN_ARTIFACT_STORE", value);
                command
            }),
            "artifact_store",
        )
    };
    let by_name = store("cold", &["--stack", "other"]);
    assert_eq!(
        (&by_name["name"], &by_name["source"]["variable"]),
        (&json!("cold"), &json!("ZEN_ARTIFACT_STORE"))
    );
    assert_eq!(by_name["defined"]["from"], "file");
    let by_url = store("memory://", &[]);
    assert_eq!(
        (&by_url["flavor"], &by_url["source"]["from"]),
        (&json!("memory"), &json!("environment"))
    );
    let folder = project.folder().join("elsewhere");
    let by_path = store(&format!("file://{}", folder.display()), &[]);
    assert_eq!(
        by_path["values"]["path"]["value"],
        json!(folder.display().to_string())
    );

    // And the run keeps its values there.
    let mut command = project.command(&["pipeline", "run", "apart", "--param", "count=50000", "--quiet"]);
    command.env("ZEN_ARTIFACT_STORE", format!("file://{}", folder.display()));
    let said = Said::of(command.output().unwrap());
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(folder.join("objects").is_dir());
    assert!(!project.folder().join("cold").exists() && !project.home().join("artifacts").exists());
}

#[test]
fn a_wrong_value_is_told_with_who_said_it() {
    let project = Project::described(ZEN_TOML);
    let wrong = |variable: &str, value: &str, code: i32, words: &str| {
        for arguments in [
            &["stack", "describe"][..],
            &["run", "list"],
            &["pipeline", "run", "apart", "--param=count=1"],
        ] {
            let mut command = project.command(arguments);
            let said = Said::of(command.env(variable, value).output().unwrap());
            assert_eq!(
                (said.code, said.out.as_str()),
                (code, ""),
                "{arguments:?}: {}",
                said.err
            );
            assert!(
                said.err.contains(variable) && said.err.contains(words),
                "{arguments:?}: {}",
                said.err
            );
        }
    };
    std::fs::create_dir(project.home()).unwrap();
    wrong("ZEN_ORCHESTRATOR__PARALLEL", "many", 2, "`parallel`");
    wrong("ZEN_ORCHESTRATOR__PARALEL", "2", 2, "did you mean `parallel`?");
    wrong("ZEN_ARTIFACT_STORE", "clod", 3, "did you mean `cold`?");
    wrong("ZEN_ARTIFACT_STORE", "s4://bucket/x", 2, "s4");
    wrong(
        "ZEN_ORCHESTRATOR",
        "nobody",
        3,
        "there is no orchestrator `nobody`",
    );
    for (flag, words) in [
        ("orchestrator.parallel=many", "`parallel`"),
        ("orchestrator.paralel=2", "did you mean `parallel`?"),
        ("orchestra.parallel=2", "orchestrator"),
        ("parallel=2", "it has the form"),
        ("alerter.bell=2", "the stack has no alerter"),
    ] {
        let said = project.zen(&["--stack-value", flag, "stack", "describe"]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{flag}: {}", said.err);
        assert!(said.err.contains(words), "{flag}: {}", said.err);
    }
}
