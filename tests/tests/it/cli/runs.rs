//! Pipelines and runs.

use std::process::Stdio;

use zen_core::prelude::*;

use super::project::{Project, Said, assert_shown};

#[tokio::test]
async fn programs_read_runs() {
    let project = Project::new().await;
    assert_shown!("run_list", project.shown(&["run", "list"]));
    assert_shown!("run_show", project.shown(&["run", "show", "summary"]));
    assert_shown!("run_show_failed", project.shown(&["run", "show", "failing"]));
    assert_shown!(
        "run_explain",
        project.shown(&["run", "explain", "summary", "rows"])
    );
    let runs = project.runs("summary");
    let compared = project.shown(&["run", "compare", &runs[1], &runs[0]]);
    assert_shown!("run_compare", compared);
    // The program has many that were never run.
    let mut listed = project.json(&["pipeline", "list", "--limit", "1000"]);
    let pipelines = listed["pipelines"].as_array_mut().unwrap();
    pipelines.retain(|pipeline| pipeline["runs"] != 0 || pipeline["name"] == "commanded");
    assert_shown!("pipeline_list", serde_json::to_string_pretty(&listed).unwrap());
    let described = project.json(&["pipeline", "describe", "failing"]);
    assert_eq!(described["graph"]["nodes"][1]["name"], "breaks");
    assert_eq!(described["last_runs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn people_see_the_graph_of_a_run() {
    let project = Project::new().await;
    let said = project.zen(&["run", "show", "summary"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let lines: Vec<&str> = said.out.lines().collect();
    let first = |text: &str| {
        lines
            .iter()
            .find(|line| line.contains(text))
            .unwrap_or_else(|| panic!("no `{text}` in\n{}", said.out))
    };
    assert!(first("arguments").contains("count = 4"));
    assert!(first("✓ rows").contains("completed"));
    // Four elements, of which three are those of the run before.
    assert!(first("square ×4").contains("1 completed, 3 cached"));
    assert!(first("✓ report").contains("← "));
    assert!(first("mean.mean").ends_with("1.5"));
    let failed = project.zen(&["run", "show", "failing"]);
    assert_eq!(failed.code, 0);
    assert!(failed.out.contains("✗ breaks  failed"), "{}", failed.out);
    assert!(failed.out.contains("2 rows are too few"), "{}", failed.out);
    assert_eq!(project.zen(&["run", "show", "failing", "--check"]).code, 1);
    assert_eq!(project.zen(&["run", "show", "summary", "--check"]).code, 0);
}

#[tokio::test]
async fn lists_have_pages() {
    let project = Project::new().await;
    let mut seen = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let mut arguments = vec!["run", "list", "--limit", "1"];
        if let Some(before) = &before {
            arguments.extend(["--before", before]);
        }
        let page = project.json(&arguments);
        let runs = page["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 1);
        seen.push(runs[0]["pipeline"].as_str().unwrap().to_owned());
        match page["next"].as_str() {
            Some(next) => before = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen, ["failing", "summary", "summary"]);
    let failed = project.json(&["run", "list", "--status", "failed"]);
    assert_eq!(failed["runs"].as_array().unwrap().len(), 1);
    assert_eq!(failed["next"], serde_json::Value::Null);
}

#[tokio::test]
async fn logs_are_shown_by_step() {
    let project = Project::new().await;
    let said = project.zen(&["run", "logs", "summary"]);
    assert_eq!(said.code, 0);
    assert!(said.out.contains("rows making 4 rows"), "{}", said.out);
    let none = project.zen(&["run", "logs", "summary", "report"]);
    assert_eq!((none.code, none.out.as_str()), (0, ""));
    let json = project.zen(&["run", "logs", "summary", "rows", "--output", "json"]);
    let line: serde_json::Value = serde_json::from_str(json.out.trim()).unwrap();
    assert_eq!(
        (&line["step"], &line["message"]),
        (&"rows".into(), &"making 4 rows".into())
    );
    // What has ended is followed to its end, which says how it went.
    assert_eq!(project.zen(&["run", "logs", "-f", "failing"]).code, 1);
    assert_eq!(project.zen(&["run", "logs", "-f", "summary"]).code, 0);
    assert_eq!(project.zen(&["run", "logs", "summary", "reprot"]).code, 3);
}

/// Two of these wait for each other: what is said is seen before the run ends.
#[step(cache = false)]
async fn talks(ctx: &StepContext, folder: String) -> Result<u64> {
    ctx.log("one");
    let gate = std::path::Path::new(&folder).join("gate");
    while !gate.exists() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    ctx.log("two");
    Ok(2)
}

#[pipeline]
fn talking(folder: String) -> Artifact<u64> {
    talks(folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_goes_on_is_followed_to_its_end() {
    use std::io::{BufRead, BufReader, Read};
    let project = Project::empty();
    let stack = project.stack();
    let folder = project.folder().display().to_string();
    let running = tokio::spawn(async move { talking(folder).on(&stack).quiet().run().await.map(|_| ()) });
    crate::support::eventually_async("the run is recorded", || {
        project.zen(&["run", "show", "talking"]).code == 0
    })
    .await;
    let mut follower = project
        .command(&["run", "logs", "--follow", "talking"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(follower.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.ends_with("talks one\n"), "{line}");
    std::fs::write(project.folder().join("gate"), "").unwrap();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert!(
        rest.ends_with("talks two\n") && rest.lines().count() == 1,
        "{rest}"
    );
    assert_eq!(follower.wait().unwrap().code(), Some(0));
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn two_may_look_at_once() {
    let project = Project::new().await;
    let children: Vec<_> = (0..6)
        .map(|_| {
            let mut command = project.command(&["run", "list", "--output", "json"]);
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let said = Said::of(child.wait_with_output().unwrap());
        assert_eq!(said.json()["runs"].as_array().unwrap().len(), 3);
    }
}
