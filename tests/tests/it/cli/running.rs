//! Pipelines are run by name, with parameters from the command line and from files.

use std::fs;

use serde_json::{Value, json};
use zen_core::prelude::*;

use super::project::{Project, assert_shown};
use super::terminal::{fits, on_terminal};

/// What `commanded` needs.
const PARAMETERS: &[&str] = &[
    "--param=label=1e3",
    "--param",
    "count=4",
    "-p",
    "shuffled=true",
    "-p=layers=[1, 2]",
    "-p=training.epochs=3",
];

fn run<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["pipeline", "run", "commanded"], PARAMETERS, more].concat()
}

/// What the newest run of the pipeline made of its parameters.
fn made(project: &Project) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let run = Client::of(project.stack()).last_run("commanded").unwrap();
        run.step("labelled").unwrap().load("output").await.unwrap()
    })
}

#[test]
fn pipelines_are_listed_before_they_are_run() {
    let project = Project::described("");
    let listed = project.json(&["pipeline", "list", "--limit", "1000"]);
    let found = listed["pipelines"].as_array().unwrap().iter();
    let found: Vec<_> = found.filter(|one| one["name"] == "commanded").collect();
    assert_eq!(
        found,
        [&json!({
            "name": "commanded", "versions": 0, "runs": 0, "created": null, "last_status": null, "last_started": null,
            "paths": ["zen_tests::commanded::commanded"]
        })]
    );
    let by_path = project.json(&["pipeline", "describe", "zen_tests::commanded::commanded"]);
    let mut described = project.json(&["pipeline", "describe", "commanded"]);
    assert_eq!(by_path, described);
    described["registered"][0]["line"] = json!(0);
    assert_shown!(
        "pipeline_described",
        serde_json::to_string_pretty(&described).unwrap()
    );
    for columns in [40, 80] {
        let seen = fits(project.command(&["pipeline", "describe", "commanded"]), columns);
        assert!(
            seen.contains("Trains as it is told.") && seen.contains("Training"),
            "{seen}"
        );
        fits(project.command(&["pipeline", "list"]), columns);
    }
    let missing = project.zen(&["pipeline", "describe", "comanded"]);
    assert_eq!(missing.code, 3);
    assert!(
        missing.err.contains("did you mean `commanded`"),
        "{}",
        missing.err
    );
    assert!(!project.home().exists(), "looking makes nothing");
    assert_eq!(project.zen(&run(&["-q"])).code, 0);
    let described = project.json(&["pipeline", "describe", "commanded"]);
    assert_eq!(
        (&described["runs"], &described["versions"][0]["version"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(described["registered"][0]["parameters"][0]["name"], "label");
}

#[test]
fn parameters_have_their_types() {
    let project = Project::empty();
    let said = project.zen(&run(&[]));
    assert_eq!(said.code, 0, "{}", said.err);
    // What is for programs, and nothing else, is on the standard output.
    assert!(
        said.out.starts_with("run ") && said.out.contains(" completed in ") && said.out.lines().count() == 1,
        "{}",
        said.out
    );
    assert!(said.err.contains("fitted"), "progress: {}", said.err);
    // A text stays one, whatever it looks like.
    assert_eq!(
        made(&project),
        "1e3: 6 of 3 epochs at 0 in [1, 2], shuffled true (None)"
    );
    assert_shown!(
        "pipeline_run",
        project.shown(&run(&["--name=one", "--tag=a", "--tag", "b"]))
    );
    for (more, expected) in [
        (
            &["-p=label=\"quoted\""][..],
            "quoted: 6 of 3 epochs at 0 in [1, 2], shuffled true (None)",
        ),
        (
            &["-p=label=a=b"],
            "a=b: 6 of 3 epochs at 0 in [1, 2], shuffled true (None)",
        ),
        (&["-p=label=null"], "null"),
        (&["-p=note=7"], "(Some(\"7\"))"),
        (&["-p=note=null"], "(None)"),
        (&["-p=training.rate=0.5"], "of 3 epochs at 0.5"),
        (&["-p=training={\"epochs\": 9}"], "of 9 epochs at 0"),
        (
            &["-p=training={\"epochs\": 9}", "-p=training.epochs=2"],
            "of 2 epochs at 0",
        ),
        (
            &["-p=count=0", "-p", "layers=[]", "-p=shuffled=false"],
            "0 of 3 epochs at 0 in [], shuffled false",
        ),
    ] {
        let said = project.zen(&run(&[more, &["-q"]].concat()));
        if expected == "null" {
            // A text may not be left out.
            assert_eq!(said.code, 2, "{}", said.err);
            continue;
        }
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{more:?}");
        let made = made(&project);
        assert!(made.contains(expected), "{more:?}: {made}");
    }
}

#[test]
fn wrong_parameters_are_told() {
    let project = Project::empty();
    for (more, code, words) in [
        (
            &["-p=cuont=1"][..],
            2,
            &["no parameter `cuont`", "did you mean `count`?"][..],
        ),
        (&["-p=count=many"], 2, &["parameter `count`", "`u64`"]),
        (&["-p=count=-1"], 2, &["parameter `count`"]),
        (&["-p=count=1.5"], 2, &["parameter `count`"]),
        (&["-p=shuffled=maybe"], 2, &["parameter `shuffled`", "`bool`"]),
        (&["-p=layers=[1, \"x\"]"], 2, &["parameter `layers`"]),
        (&["-p=training.epochs=x"], 2, &["parameter `training`", "epochs"]),
        (&["-p=training.epocs=1"], 2, &["epocs", "did you mean `epochs`?"]),
        (&["-p=count"], 2, &["`count` is no `name=value`"]),
        (&["--config=nowhere.toml"], 2, &["nowhere.toml"]),
        (&["--step=fited"], 3, &["did you mean `fitted`?"]),
    ] {
        let said = project.zen(&run(more));
        assert_eq!(
            (said.code, said.out.as_str()),
            (code, ""),
            "{more:?}: {}",
            said.err
        );
        for words in words {
            assert!(said.err.contains(words), "{more:?}: {}", said.err);
        }
    }
    let said = project.zen(&["pipeline", "run", "commanded", "-p=count=1"]);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("needs the parameter `label`: give a `String`"),
        "{}",
        said.err
    );
    let said = project.zen(&["pipeline", "run", "comanded", "--output=json"]);
    assert_eq!((said.code, said.error()["kind"].as_str()), (3, Some("not_found")));
    let message = said.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("did you mean `commanded`?"), "{message}");
    assert_eq!(
        project.json(&["run", "list"])["runs"],
        json!([]),
        "nothing was run"
    );
}

#[test]
fn a_file_says_how_it_runs() {
    let project = Project::empty();
    let file = project.folder().join("run.toml");
    fs::write(
        &file,
        r#"
name = "from a file"
tags = ["file"]

[parameters]
label = "of the file"
count = 2
shuffled = false
layers = [5]
training = { epochs = 1, rate = 0.25 }

[steps.fitted]
cache = false
parameters.training.epochs = 8
"#,
    )
    .unwrap();
    let ran = project.json(&[
        "pipeline",
        "run",
        "commanded",
        "--config",
        "run.toml",
        "--tag=flag",
        "-p=count=3",
    ]);
    assert_eq!(ran["name"], "from a file");
    assert_eq!(ran["tags"], json!(["file", "flag"]));
    // The flag counts above the file, and the step's parameter above the pipeline's.
    assert_eq!(
        made(&project),
        "of the file: 3 of 8 epochs at 0.25 in [5], shuffled false (None)"
    );
    let again = project.json(&["pipeline", "run", "commanded", "-c", "run.toml", "-p", "count=3"]);
    let shown = project.json(&["run", "show", again["id"].as_str().unwrap()]);
    let status = |name: &str| {
        let steps = shown["steps"].as_array().unwrap();
        steps.iter().find(|step| step["name"] == name).unwrap()["status"].clone()
    };
    assert_eq!(
        (status("counted"), status("fitted")),
        (json!("cached"), json!("completed"))
    );
    let text = fs::read_to_string(&file).unwrap();
    for (from, to, line, words) in [
        ("[steps.fitted]", "[steps.fited]", 12, "did you mean `fitted`?"),
        ("cache = false", "cahce = false", 13, "did you mean `cache`?"),
        (
            "training.epochs = 8",
            "training.epocs = 8",
            14,
            "did you mean `epochs`?",
        ),
        ("count = 2", "cuont = 2", 7, "did you mean `count`?"),
        ("tags =", "tgas =", 3, "did you mean `tags`?"),
        ("layers = [5]", "layers = [", 9, ""),
    ] {
        fs::write(&file, text.replace(from, to)).unwrap();
        let said = project.zen(&["pipeline", "run", "commanded", "--config", "run.toml"]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{to}: {}", said.err);
        let place = format!("run.toml:{line}: ");
        // An array that isn't closed may be noticed where the next line begins.
        let is_there = said.err.contains(&place) || words.is_empty() && said.err.contains("run.toml:");
        assert!(is_there && said.err.contains(words), "{to}: {}", said.err);
    }
}

#[test]
fn a_dry_run_tells_what_would_come_from_the_cache() {
    let project = Project::empty();
    let never = project.json(&run(&["--dry-run"]));
    let outcomes = |plan: &Value| -> Vec<String> {
        let steps = plan["steps"].as_array().unwrap().iter();
        steps
            .map(|step| step["outcome"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(outcomes(&never)[0], "run");
    assert!(!project.home().exists(), "nothing was run, and nothing made");
    assert_eq!(project.zen(&run(&["-q"])).code, 0);
    assert_shown!("dry_run_hits", project.shown(&run(&["--dry-run"])));
    assert_shown!(
        "dry_run_changed",
        project.shown(&run(&["--dry-run", "-p=training.epochs=4"]))
    );
    assert_eq!(
        outcomes(&project.json(&run(&["--dry-run", "--no-cache"]))),
        ["run"; 3]
    );
    assert_eq!(project.runs("commanded").len(), 1);
    let said = project.zen(&run(&["--dry-run", "-p=training.epochs=4"]));
    assert_eq!(said.code, 0);
    assert!(
        said.out.contains("counted") && said.out.contains("hit: ") && said.out.contains("training"),
        "{}",
        said.out
    );
    let steps = |id: &Value| -> Vec<(String, String)> {
        let shown = project.json(&["run", "show", id.as_str().unwrap()]);
        let steps = shown["steps"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        steps
            .map(|step| (text(&step["name"]), text(&step["status"])))
            .collect()
    };
    // One step, which runs whatever the cache has; and none that stands behind it.
    let one = project.json(&run(&["--step", "fitted"]));
    let one = steps(&one["id"]);
    assert!(one.contains(&("counted".into(), "cached".into())), "{one:?}");
    assert!(one.contains(&("fitted".into(), "completed".into())), "{one:?}");
    assert!(!one.contains(&("labelled".into(), "completed".into())), "{one:?}");
    let all = project.json(&run(&["--no-cache"]));
    assert!(steps(&all["id"]).iter().all(|(_, status)| status == "completed"));
    let none = project.json(&run(&[]));
    assert!(steps(&none["id"]).iter().all(|(_, status)| status == "cached"));
}

/// The run is recorded where the stack says, and nowhere else.
#[test]
fn a_run_is_of_the_stack_that_was_named() {
    let project = Project::described(
        r#"
[components.metadata_store.apart]
flavor = "sqlite"
path = "apart/runs.db"

[components.artifact_store.apart]
flavor = "local"
path = "apart/values"

[components.metadata_store.late]
flavor = "sqlite"
path = "late/runs.db"

[stacks.late]
metadata_store = "late"

[stacks.other]
metadata_store = "apart"
artifact_store = "apart"
"#,
    );
    let run = run(&["-q"]);
    assert_eq!(project.zen(&[&["--stack", "other"], &run[..]].concat()).code, 0);
    let count = |words: &[&str]| {
        let listed = project.json(&[words, &["run", "list"]].concat());
        listed["runs"].as_array().unwrap().len()
    };
    assert_eq!(count(&["--stack", "other"]), 1);
    // In the default stack nothing has been run, which is no damage.
    assert_eq!(count(&[]), 0);
    assert!(project.folder().join("apart/runs.db").exists());
    assert!(!project.home().join("metadata.db").exists());
    assert_eq!(project.zen(&run).code, 0);
    assert_eq!((count(&[]), count(&["--stack", "other"])), (1, 1));
    assert_eq!(
        project.zen(&["--stack=other", "run", "show", "commanded"]).code,
        0
    );
    project.json(&["stack", "set", "other"]);
    assert_eq!(project.zen(&run).code, 0);
    assert_eq!((count(&[]), count(&["--stack", "default"])), (2, 1));
    // One that has been described and never used.
    assert_eq!(count(&["--stack", "late"]), 0);
    assert_eq!(project.zen(&["--stack", "late", "status"]).code, 0);
    assert!(!project.folder().join("late").exists());
}

#[test]
fn progress_fits_the_terminal() {
    let project = Project::empty();
    for columns in [40, 80] {
        let words = run(&["--no-cache", "--color", "never"]);
        let (code, seen) = on_terminal(project.command(&words), columns, "");
        assert_eq!(code, 0, "{seen}");
        let mut screen = vt100::Parser::new(50.try_into().unwrap(), columns.try_into().unwrap(), 0);
        screen.process(seen.as_bytes());
        let shown = screen.screen().contents();
        assert!((0..50).all(|row| !screen.screen().row_wrapped(row)), "{shown}");
        assert!(
            shown.contains("fitted") && shown.contains(" completed in "),
            "{shown}"
        );
    }
}
