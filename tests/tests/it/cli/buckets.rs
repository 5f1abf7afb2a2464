//! The same program on a stack in the cloud: its code knows nothing of it.

use std::process::{Command, Stdio};

use zen_core::prelude::*;
use zen_core::testing::StopServices;
use zen_tests::stores::Weed;

use super::project::{Project, Said};

/// Somebody whose environment holds no keys.
fn keyless(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
}

fn zen(project: &Project, arguments: &[&str]) -> Said {
    Said::of(keyless(project.command(arguments)).output().unwrap())
}

/// The bytes of all files below a folder that hold this text, by their names.
fn holding(folder: &std::path::Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => found.extend(holding(&entry.path(), text)),
            kind if kind.is_file() => {
                let bytes = std::fs::read(entry.path()).unwrap_or_default();
                if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                    found.push(entry.file_name().into_string().unwrap());
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn a_program_runs_unchanged_on_a_bucket() {
    let Some(weed) = Weed::shared() else { return };
    let url = format!("{}/project", weed.url("command-line"));
    let project = Project::described(&format!(
        r#"
[components.artifact_store.bucket]
flavor = "s3"
url = "{url}"
endpoint = "{}"
allow_http = true
access_key_id = "{{{{aws.id}}}}"
secret_access_key = "{{{{aws.key}}}}"

[stacks.bucket]
artifact_store = "bucket"
"#,
        weed.endpoint()
    ));
    let missing = zen(&project, &["--stack", "bucket", "stack", "check"]);
    assert_eq!(missing.code, 1);
    assert!(missing.out.contains("aws"), "{}", missing.out);
    let options = weed.options();
    for (key, variable) in [("id", "AWS_ACCESS_KEY_ID"), ("key", "AWS_SECRET_ACCESS_KEY")] {
        let value = &options.iter().find(|(name, _)| name == variable).unwrap().1;
        let mut command = keyless(project.command(&["secret", "set", "aws", key, "--from-env", "GIVEN"]));
        assert!(
            command
                .env("GIVEN", value)
                .stdout(Stdio::null())
                .status()
                .unwrap()
                .success()
        );
    }
    let mut all = vec![zen(
        &project,
        &["--stack", "bucket", "stack", "check", "--output=json"],
    )];
    assert_eq!(all[0].json()["ok"], true, "{}", all[0].out);

    // An isolated step reads from the bucket and writes there, without the keys in its environment.
    let run = |stack: &str, words: &[&str]| {
        zen(
            &project,
            &[&["--stack", stack, "pipeline", "run", "--output=json"], words].concat(),
        )
    };
    let first = run("bucket", &["apart", "--param=count=50000"]);
    assert_eq!(first.json()["status"], "completed", "{}", first.err);
    let here = run("default", &["apart", "--param=count=50000", "--no-cache"]);
    assert_eq!(here.json()["status"], "completed", "{}", here.err);
    let listed = zen(
        &project,
        &[
            "--stack",
            "bucket",
            "artifact",
            "describe",
            "apart.numbers@1",
            "--output=json",
        ],
    );
    assert!(
        listed.json()["uri"].as_str().unwrap().starts_with(&url),
        "{}",
        listed.out
    );
    all.extend([first, here, listed]);
    all.push(zen(&project, &["--stack", "bucket", "artifact", "verify"]));

    // A service that the pipeline deploys loads its model from there.
    let stack: Stack = project.stack();
    let _stop = StopServices::of(&stack);
    let served = run("bucket", &["serving", "--param=slope=2.5"]);
    assert_eq!(served.json()["status"], "completed", "{}", served.err);
    let models = ["--stack", "bucket", "model-deployer", "models"];
    let predicted = zen(&project, &[&models[..], &["predict", "line", "[4]"]].concat());
    assert_eq!(predicted.out, "[10.0]\n", "{}", predicted.err);
    // Stopped and started again by the command, which isn't told the keys either.
    let stopped = zen(&project, &[&models[..], &["stop", "line"]].concat());
    assert_eq!(stopped.code, 0, "{}", stopped.err);
    let started = zen(&project, &[&models[..], &["start", "line"]].concat());
    assert_eq!(started.code, 0, "{}", started.err);
    let predicted = zen(&project, &[&models[..], &["predict", "line", "[2]"]].concat());
    assert_eq!(predicted.out, "[5.0]\n", "{}", predicted.err);
    all.extend([served, stopped, started, predicted]);
    all.push(zen(&project, &[&models[..], &["logs", "line"]].concat()));
    all.push(zen(
        &project,
        &["--stack", "bucket", "stack", "describe", "--output=json"],
    ));

    for said in &all {
        assert!(
            !format!("{}{}", said.out, said.err).contains(Weed::SECRET),
            "{said:?}"
        );
    }
    assert_eq!(holding(project.folder(), Weed::SECRET), ["secrets.toml"]);
}
