//! Model servers: a real one, deployed by a real run of another program.

use std::process::Command;

use zen_core::deploy::{DeployRequest, store_model};
use zen_core::prelude::*;
use zen_core::testing::StopServices;
use zen_integrations::native::Native;
use zen_tests::models::Line;

use super::project::{Project, Said, assert_shown};

/// A project with a server of the line y = 2 x.
fn deployed() -> (Project, StopServices, String) {
    let project = Project::empty();
    let stack: Stack = project.stack();
    let stop = StopServices::of(&stack);
    let mut servant = Command::new(env!("CARGO_BIN_EXE_servant"));
    let said = Said::of(servant.arg("line").arg(project.home()).arg("2").output().unwrap());
    assert_eq!(said.code, 0, "{}", said.err);
    (project, stop, said.out.trim().to_owned())
}

fn models(verb: &[&str]) -> Vec<String> {
    let verb = verb.iter().map(|word| (*word).to_owned());
    ["model-deployer".to_owned(), "models".to_owned()]
        .into_iter()
        .chain(verb)
        .collect()
}

fn run(project: &Project, verb: &[&str]) -> Said {
    let arguments = models(verb);
    project.zen(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn shown(project: &Project, verb: &[&str]) -> String {
    let arguments = models(verb);
    project.shown(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn json(project: &Project, verb: &[&str]) -> serde_json::Value {
    run(project, &[verb, &["--output", "json"]].concat()).json()
}

#[test]
fn model_servers_are_seen_and_steered() {
    let (project, _stop, id) = deployed();
    // As ZenML's documents show it.
    let list = run(&project, &["list"]);
    assert_shown!("models_list_table", list.out);
    assert!(list.err.contains("✅ active"), "{}", list.err);
    let describe = run(&project, &["describe", &id]);
    for property in [
        "MODEL_NAME",
        "MODEL_URI",
        "PIPELINE_NAME",
        "PIPELINE_RUN_ID",
        "PIPELINE_STEP_NAME",
        "PREDICTION_URL",
        "STATUS",
        "STATUS_MESSAGE",
        "UUID",
        "VERSION",
        "FLAVOR",
        "STARTED",
        "TOKEN_SOURCE",
    ] {
        assert!(
            describe.out.contains(&format!("┃ {property} ")),
            "{property}:\n{}",
            describe.out
        );
    }
    assert!(describe.out.contains(&format!("Properties of Served Model {id}")));
    assert_shown!("models_list", shown(&project, &["list"]));
    assert_shown!("models_describe", shown(&project, &["describe", "line"]));

    for columns in [40, 60, 80] {
        for verb in [&["list"][..], &["describe", "line"]] {
            let arguments = models(verb);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            super::terminal::fits(project.command(&arguments), columns);
        }
    }

    let url = run(&project, &["get-url", &id[..13]]).out;
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert_eq!(
        json(&project, &["predict", "line", "[1.5, 4]"]),
        serde_json::json!([3.0, 8.0])
    );
    std::fs::write(project.folder().join("rows.json"), "[2]").unwrap();
    assert_eq!(
        run(&project, &["predict", "line", "--file", "rows.json"]).out,
        "[4.0]\n"
    );
    let input = std::fs::File::open(project.folder().join("rows.json")).unwrap();
    let arguments = models(&["predict", "line"]);
    let mut command = project.command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(Said::of(command.stdin(input).output().unwrap()).out, "[4.0]\n");
    assert_eq!(run(&project, &["predict", "line", "1"]).code, 2);
    assert_eq!(run(&project, &["predict", "line", "nonsense"]).code, 2);
    assert_eq!(run(&project, &["predict", "line", "[\"x\"]"]).code, 1);

    assert_eq!(
        run(&project, &["stop", "line", "--force"]).code,
        2,
        "it wants a yes"
    );
    assert_eq!(json(&project, &["stop", "line"])["status"], "inactive");
    assert!(run(&project, &["list"]).out.contains("⏸"));
    assert_eq!(
        json(&project, &["list", "--running"])["models"],
        serde_json::json!([])
    );
    let asleep = run(&project, &["predict", "line", "[1]"]);
    assert!(
        asleep.code == 1 && asleep.err.contains("models start"),
        "{}",
        asleep.err
    );
    assert_eq!(json(&project, &["start", &id])["status"], "active");
    assert_eq!(run(&project, &["predict", "line", "[1]"]).out, "[2.0]\n");
    assert_eq!(run(&project, &["logs", "line", "--tail", "5"]).code, 0);

    let refused = run(&project, &["delete", "line"]);
    assert_eq!((refused.code, refused.out.as_str()), (2, ""));
    assert_eq!(
        json(&project, &["delete", "line", "--yes", "--force"])["deleted"],
        id.as_str()
    );
    assert_eq!(run(&project, &["describe", &id]).code, 3);
}

#[test]
fn a_log_is_followed_until_the_server_ends() {
    let (project, _stop, id) = deployed();
    let arguments = models(&["logs", "line", "--follow"]);
    let mut command = project.command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let mut follower = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    assert_eq!(run(&project, &["stop", &id]).code, 0);
    assert_eq!(follower.wait().unwrap().code(), Some(0));
}

/// Whose `main` is `zen_cli::run()` is started as a service, and starts itself as one.
#[test]
fn a_program_with_the_commands_serves_its_models() {
    let project = Project::empty();
    let stack = Stack::builder()
        .home(project.home())
        .program(env!("CARGO_BIN_EXE_command"))
        .build()
        .unwrap();
    let _stop = StopServices::of(&stack);
    let model = store_model(&stack, "line", &Line::new(3.0)).unwrap();
    let request = DeployRequest::new(model, DeployConfig::named("line"));
    Native::deployer().deploy_model(&stack, &request).unwrap();
    assert_eq!(run(&project, &["predict", "line", "[2]"]).out, "[6.0]\n");
    assert_eq!(run(&project, &["stop", "line"]).code, 0);
    let started = run(&project, &["start", "line"]);
    assert_eq!(started.code, 0, "{}", started.err);
    assert_eq!(run(&project, &["predict", "line", "[2]"]).out, "[6.0]\n");
}
