//! `zen.toml`: what it says, and what is said of its mistakes.

use zen_core::stack::{ComponentType, Source, StackChoice};

use super::Project;

const TEAM: &str = r#"
program = ["cargo", "run", "--quiet"]
stack = "team"

[components.orchestrator.narrow]
flavor = "local"
parallel = 2

[components.artifact_store.shelf]
flavor = "local"
path = "shelf"

[stacks.team]
orchestrator = "narrow"
artifact_store = "shelf"
"#;

#[test]
fn every_value_says_where_it_comes_from() {
    let project = Project::new(TEAM);
    let settings = project.settings();
    assert_eq!(settings.program().unwrap().command, ["cargo", "run", "--quiet"]);
    let choice = StackChoice::default().set(ComponentType::Orchestrator, "failure", "fail_fast");
    let plan = settings.plan(&choice).unwrap();
    assert_eq!(plan.name, "team");
    assert!(
        matches!(&plan.source, Source::File { line: 3, .. }),
        "{}",
        plan.source
    );

    let orchestrator = plan.component(ComponentType::Orchestrator).unwrap();
    assert!(matches!(orchestrator.defined, Source::File { line: 5, .. }));
    assert!(matches!(orchestrator.source, Source::File { line: 13, .. }));
    assert_eq!(orchestrator.values["parallel"].value, 2);
    assert!(matches!(
        orchestrator.values["parallel"].source,
        Source::File { .. }
    ));
    assert_eq!(orchestrator.values["failure"].source, Source::Call);

    let store = plan.component(ComponentType::ArtifactStore).unwrap();
    assert_eq!(store.values["survive_power_loss"].source, Source::Default);
    let metadata = plan.component(ComponentType::MetadataStore).unwrap();
    assert_eq!(
        (metadata.name.as_str(), metadata.flavor.as_str()),
        ("default", "sqlite")
    );
    assert_eq!(
        (&metadata.source, &metadata.defined),
        (&Source::Default, &Source::Default)
    );
    // Of types that have no default there is none.
    assert!(plan.component(ComponentType::ExperimentTracker).is_none());
    assert!(!project.home().exists(), "looking creates nothing");
}

#[test]
fn mistakes_are_told_with_file_line_and_what_was_meant() {
    let cases = [
        (
            "stak = \"x\"\n",
            "zen.toml:1: there is no key `stak` (did you mean `stack`?)",
        ),
        (
            "\n[components.artifact_stor.a]\nflavor = \"local\"\n",
            "zen.toml:2: there is no component type `artifact_stor` (did you mean `artifact_store`?)",
        ),
        (
            "[components.artifact-store.a]\nflavor = \"local\"\n",
            "write `artifact_store` instead of `artifact-store`",
        ),
        (
            "[components.artifact_store.a]\npath = \"x\"\n",
            "zen.toml:1: `components.artifact_store.a` has no `flavor",
        ),
        ("stack = 3\n", "zen.toml:1: `stack` is a text"),
        (
            "stack = \"tem\"\n[stacks.team]\n",
            "there is no stack `tem`, which is named by: zen.toml:1 (did you mean `team`?); there are: default, team",
        ),
        (
            "stack = \"a\"\n[stacks.a]\nartifact_store = \"buket\"\n[components.artifact_store.bucket]\nflavor = \"local\"\n",
            "there is no artifact store `buket`, which is named by: zen.toml:2 (did you mean `bucket`?)",
        ),
        (
            "stack = \"a\"\n[stacks.a]\norchestrator = \"o\"\n[components.orchestrator.o]\nflavor = \"local\"\nparalel = 2\n",
            "zen.toml:4: orchestrator `o` (local) has no key `paralel` (did you mean `parallel`?); it has: ",
        ),
        (
            "stack = \"a\"\n[stacks.a]\norchestrator = \"o\"\n[components.orchestrator.o]\nflavor = \"local\"\nparallel = \"two\"\n",
            "zen.toml:4: orchestrator `o` (local), key `parallel`: invalid type: string \"two\"",
        ),
        (
            "stack = \"a\"\n[stacks.a]\nalerter = \"o\"\n[components.alerter.o]\nflavor = \"webhook\"\n",
            "alerter `o` (webhook), key `url`: it is missing",
        ),
        ("[stacks.\"a b\"]\n", "`a b` can't be the name of a stack"),
        ("x = [\n", "zen.toml:"),
        ("stack = \"a\"\nstack = \"b\"\n", "zen.toml:2: duplicate key"),
    ];
    for (text, said) in cases {
        let refused = Project::new(text).refused();
        assert!(refused.contains(said), "{text}\n{refused}");
    }
}

#[test]
fn secrets_in_the_open_are_refused_and_not_repeated() {
    let alerter = |url: &str| {
        format!(
            "stack = \"a\"\n[stacks.a]\nalerter = \"o\"\n[components.alerter.o]\nflavor = \"webhook\"\nurl = \"{url}\"\n"
        )
    };
    let refused = Project::new(&alerter("https://chat.example/HIDDEN")).refused();
    assert!(
        refused.contains("key `url`") && refused.contains("zen secret set"),
        "{refused}"
    );
    assert!(!refused.contains("HIDDEN"), "{refused}");
    // A reference that isn't one.
    let refused = Project::new(&alerter("{{chat}}")).refused();
    assert!(refused.contains("`{{chat}}` is no reference"), "{refused}");

    let store = "stack = \"a\"\n[stacks.a]\nartifact_store = \"o\"\n[components.artifact_store.o]\nflavor = \"s3\"\nurl = \"s3://bucket\"\nendpoint = \"https://me:HIDDEN@host\"\n";
    let refused = Project::new(store).refused();
    assert!(
        refused.contains("key `endpoint`: the URL holds a password") && !refused.contains("HIDDEN"),
        "{refused}"
    );

    let project = Project::new("");
    let choice = StackChoice::default().component(ComponentType::ArtifactStore, "s3://me:HIDDEN@bucket");
    let refused = project.settings().plan(&choice).unwrap_err().to_string();
    assert!(
        refused.contains("credentials") && !refused.contains("HIDDEN"),
        "{refused}"
    );
}
