//! Stacks as they are opened: unchanged code on other components.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use zen_core::alert::{Alert, Alerter, alert};
use zen_core::prelude::*;
use zen_core::secrets::{FileSecrets, Secret, SecretsStore};
use zen_core::stack::ComponentType;

use super::Project;

#[step]
fn one() -> Vec<u8> {
    vec![1; 100_000]
}

#[step]
fn fails(_input: &[u8]) -> Result<u64> {
    Err("no luck today".into())
}

#[pipeline]
fn storing() -> Artifact<Vec<u8>> {
    one()
}

#[pipeline(on_failure = alert)]
fn failing() -> Artifact<u64> {
    fails(one())
}

const STACKS: &str = r#"
[components.artifact_store.shelf]
flavor = "local"
path = "shelf"
[components.artifact_store.memory]
flavor = "memory"
[components.metadata_store.memory]
flavor = "memory"
[components.metadata_store.elsewhere]
flavor = "sqlite"
path = "db/other.db"
[stacks.shelf]
artifact_store = "shelf"
metadata_store = "elsewhere"
[stacks.memory]
artifact_store = "memory"
metadata_store = "memory"
"#;

#[tokio::test]
async fn the_same_code_runs_on_other_stores() {
    let project = Project::new(STACKS);
    let shelf = project.choose().stack("shelf").open().unwrap();
    assert_eq!(shelf.name(), "shelf");
    let run = storing().on(&shelf).quiet().run().await.unwrap();
    assert_eq!(run.output().await.unwrap().len(), 100_000);
    let uri = run
        .step("one")
        .unwrap()
        .output("output")
        .unwrap()
        .record()
        .uri
        .clone();
    assert!(uri.contains("/shelf/objects/"), "{uri}");
    assert!(project.path().join("db/other.db").is_file());
    assert!(!project.home().join("metadata.db").exists());
    // Once a process.
    assert!(Arc::ptr_eq(
        shelf.metadata(),
        project.choose().stack("shelf").open().unwrap().metadata()
    ));

    let memory = project.choose().stack("memory").open().unwrap();
    let run = storing().on(&memory).quiet().run().await.unwrap();
    assert_eq!(run.output().await.unwrap().len(), 100_000);
    assert!(memory.home().is_none());

    // By its URL, above the stack.
    let url = format!("file://{}", project.path().join("by-url").display());
    let by_url = project
        .choose()
        .component(ComponentType::ArtifactStore, &url)
        .open()
        .unwrap();
    storing().on(&by_url).quiet().run().await.unwrap();
    assert!(project.path().join("by-url/objects").is_dir());
    assert!(project.home().join("metadata.db").exists());
}

#[tokio::test]
async fn the_orchestrator_says_how_runs_are_executed() {
    let project = Project::new(
        "[components.orchestrator.strict]\nflavor = \"local\"\nfailure = \"fail_fast\"\nparallel = 1\n[stacks.s]\norchestrator = \"strict\"\n",
    );
    let stack = project.choose().stack("s").open().unwrap();
    let orchestrator = stack
        .component::<zen_core::runner::Orchestrator>()
        .unwrap()
        .unwrap();
    assert_eq!(orchestrator.parallel, Some(1));
    assert_eq!(orchestrator.failure, zen_core::runner::FailurePolicy::FailFast);
    storing().on(&stack).quiet().run().await.unwrap();
}

#[tokio::test]
async fn an_alerter_posts_what_has_failed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut text = Vec::new();
        let mut buffer = [0; 4096];
        while !text.ends_with(b"}") {
            let read = connection.read(&mut buffer).unwrap();
            assert!(read > 0, "{}", String::from_utf8_lossy(&text));
            text.extend_from_slice(&buffer[..read]);
        }
        connection
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .unwrap();
        String::from_utf8(text).unwrap()
    });
    let project = Project::new(
        "[components.alerter.chat]\nflavor = \"webhook\"\nurl = \"{{chat.url}}\"\ntoken = \"{{chat.token}}\"\n[stacks.s]\nalerter = \"chat\"\n",
    );
    let secrets = FileSecrets::in_home(&project.home());
    secrets
        .set(
            &"chat.url".parse().unwrap(),
            &Secret::new(format!("http://{address}/hook/pa55word")),
        )
        .unwrap();
    secrets
        .set(&"chat.token".parse().unwrap(), &Secret::new("chat-t0ken"))
        .unwrap();
    let stack = project.choose().stack("s").open().unwrap();
    failing().on(&stack).quiet().run().await.unwrap_err();
    let heard = heard.join().unwrap();
    assert!(heard.starts_with("POST /hook/pa55word HTTP/1.1"), "{heard}");
    assert!(
        heard.to_lowercase().contains("authorization: bearer chat-t0ken"),
        "{heard}"
    );
    assert!(
        heard.contains("failing") && heard.contains("no luck today"),
        "{heard}"
    );

    // Nobody listens any more: the URL's path, which is a password, isn't told.
    let alerter = stack.component::<Arc<dyn Alerter>>().unwrap().unwrap();
    let error = alerter.post(&Alert::new("hello")).unwrap_err().to_string();
    assert!(
        error.contains(&format!("http://{address}")) && !error.contains("pa55word"),
        "{error}"
    );
    let checked = project.choose().stack("s").check().unwrap();
    let of_alerter = checked
        .iter()
        .find(|check| check.kind == ComponentType::Alerter)
        .unwrap();
    assert_eq!(of_alerter.location, format!("http://{address}"));
    assert!(!of_alerter.is_ok());
}

#[test]
fn what_can_t_be_reached_is_named_by_its_url() {
    // A port where nobody listens.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let text = format!(
        "[components.artifact_store.bucket]\nflavor = \"s3\"\nurl = \"s3://bucket/prefix\"\nendpoint = \"http://127.0.0.1:{port}\"\nallow_http = true\nregion = \"x\"\naccess_key_id = \"{{{{aws.id}}}}\"\nsecret_access_key = \"{{{{aws.key}}}}\"\n[stacks.s]\nartifact_store = \"bucket\"\n"
    );
    let project = Project::new(&text);
    let choice = project.choose().stack("s");
    let of_store = |choice: &zen_core::stack::StackChoice| {
        let checked = choice.check().unwrap();
        checked
            .into_iter()
            .find(|check| check.kind == ComponentType::ArtifactStore)
            .unwrap()
    };
    let missing = of_store(&choice);
    let problem = missing.problem.unwrap();
    assert!(
        problem.contains("`aws.id`") && problem.contains("`aws.key`"),
        "{problem}"
    );
    let secrets = FileSecrets::in_home(&project.home());
    secrets
        .set(&"aws.id".parse().unwrap(), &Secret::new("AKIAHIDDEN"))
        .unwrap();
    secrets
        .set(&"aws.key".parse().unwrap(), &Secret::new("HIDDENHIDDEN"))
        .unwrap();
    let unreachable = of_store(&choice);
    assert_eq!(unreachable.location, "s3://bucket/prefix");
    let problem = unreachable.problem.unwrap();
    assert!(
        problem.contains("s3://bucket/prefix") && !problem.contains("HIDDEN"),
        "{problem}"
    );
}

#[cfg(unix)]
#[test]
fn an_isolated_step_has_the_components_of_the_run() {
    let project = Project::new(
        "[components.alerter.chat]\nflavor = \"webhook\"\nurl = \"{{chat.url}}\"\n[components.artifact_store.shelf]\nflavor = \"local\"\npath = \"shelf\"\n[stacks.s]\nalerter = \"chat\"\nartifact_store = \"shelf\"\n",
    );
    // The variables are the parent's: a worker has none of them, and asks it.
    let said = std::process::Command::new(env!("CARGO_BIN_EXE_isolated"))
        .arg("seeing")
        .current_dir(project.path())
        .env_remove("ZEN_HOME")
        .env("ZEN_STACK", "s")
        .env("ZEN_SECRET_CHAT__URL", "http://127.0.0.1:9/pa55word")
        .env("ZEN_SECRET_CHAT__TOKEN", "t0ken-of-9")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{errors}");
    let seen = String::from_utf8(said.stdout).unwrap();
    assert_eq!(seen, "s s webhook at http://127.0.0.1:9 10 10\n", "{errors}");
    assert!(project.path().join("shelf").is_dir());
}
