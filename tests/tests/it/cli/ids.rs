//! What things may be called by.

use super::project::Project;

#[tokio::test]
async fn ids_are_accepted_by_their_beginnings() {
    let project = Project::new().await;
    let runs = project.runs("summary");
    // Runs of one minute share their first eight digits.
    let shared = &runs[0][..8];
    let said = project.zen(&["run", "show", shared, "--output", "json"]);
    assert_eq!(said.code, 2, "{}", said.err);
    let error = said.error();
    assert_eq!(error["kind"], "ambiguous");
    for run in &runs {
        assert!(error["message"].as_str().unwrap().contains(run), "{error}");
    }
    // What is shown is enough, and no character too many.
    let table = project.zen(&["run", "list"]).out;
    let shown: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("┃ "))
        .filter_map(|line| line.split(' ').next())
        .filter(|word| word.starts_with(&shared[..4]))
        .collect();
    assert_eq!(shown.len(), 3, "{table}");
    for short in shown {
        assert!(short.len() >= 8);
        assert_eq!(project.zen(&["run", "show", short]).code, 0, "{short}");
        if short.len() > 8 {
            let shorter = short[..short.len() - 1].trim_end_matches('-');
            assert_eq!(project.zen(&["run", "show", shorter]).code, 2, "{short}");
        }
    }
    // With or without hyphens, in upper case, and by the run's name.
    let plain = runs[1].replace('-', "").to_uppercase();
    assert_eq!(project.json(&["run", "show", &plain])["id"], runs[1].as_str());
    let named = project.json(&["run", "show", &runs[1]])["name"].clone();
    assert_eq!(
        project.json(&["run", "show", named.as_str().unwrap()])["id"],
        runs[1].as_str()
    );
}

#[tokio::test]
async fn what_is_not_there_is_said_with_what_is_similar() {
    let project = Project::new().await;
    let near = [
        (&["run", "show", "sumary"][..], "did you mean `summary`"),
        (&["run", "explain", "summary", "repot"], "did you mean `report`"),
        (&["pipeline", "describe", "fialing"], "did you mean `failing`"),
        (
            &["run", "list", "--pipeline", "summery"],
            "did you mean `summary`",
        ),
        (
            &["artifact", "describe", "summary.roows"],
            "did you mean `summary.rows`",
        ),
        (
            &["artifact", "describe", "summary.rows@9"],
            "its newest is `summary.rows@2`",
        ),
        (&["run", "show", "00000000"], "`zen run list` shows"),
        (&["schedule", "describe", "nightly"], "`zen schedule list` shows"),
        (
            &["model-deployer", "models", "describe", "churn"],
            "`zen model-deployer models list` shows",
        ),
    ];
    for (arguments, help) in near {
        let said = project.zen(arguments);
        assert_eq!((said.code, said.out.as_str()), (3, ""), "{arguments:?}");
        assert!(said.err.contains(help), "{arguments:?}: {}", said.err);
        let mut arguments = arguments.to_vec();
        arguments.push("--output=json");
        let error = project.zen(&arguments).error();
        assert_eq!(error["kind"], "not_found");
        assert!(error["help"].as_str().unwrap().contains(help), "{error}");
    }
}
