//! Flavours of any crate: here, of this one.

use std::sync::atomic::{AtomicUsize, Ordering};

use schemars::JsonSchema;
use serde::Deserialize;
use zen_core::prelude::*;
use zen_core::secrets::{FileSecrets, Secret, SecretsStore};
use zen_core::stack::{ComponentKind, ComponentType, Flavor, Opened, Opening, flavor, flavors};

use super::Project;

static OPENED: AtomicUsize = AtomicUsize::new(0);

pub(crate) struct Tracker {
    pub(crate) url: String,
    pub(crate) token: Option<Secret>,
    pub(crate) timeout: u64,
}

struct TrackerKind;

impl ComponentKind for TrackerKind {
    const TYPE: ComponentType = ComponentType::ExperimentTracker;
    type Value = Tracker;
}

#[derive(Deserialize, JsonSchema)]
struct Config {
    /// Where it is.
    url: String,
    /// Who we are.
    token: Option<Secret>,
    /// Seconds to wait.
    #[serde(default = "ten")]
    timeout: u64,
}

fn ten() -> u64 {
    10
}

struct Demo;

impl Flavor for Demo {
    type Kind = TrackerKind;
    type Config = Config;
    const NAME: &'static str = "demo";
    const DOC: &'static str = "For tests.";

    fn open(config: Config, _: &Opening<'_>) -> Opened<Tracker> {
        OPENED.fetch_add(1, Ordering::SeqCst);
        if config.timeout == 0 {
            return Err("it can't wait for no time".into());
        }
        Ok(Tracker {
            url: config.url,
            token: config.token,
            timeout: config.timeout,
        })
    }

    fn location(config: &Config, _: &Opening<'_>) -> String {
        config.url.clone()
    }
}

zen_core::register_flavor!(Demo);

const TRACKED: &str = r#"
stack = "tracked"
[components.experiment_tracker.demo]
flavor = "demo"
url = "http://tracker.example/{{tracker.user}}"
token = "{{tracker.token}}"
[stacks.tracked]
experiment_tracker = "demo"
"#;

#[step(cache = false)]
fn tracked(ctx: &StepContext) -> Result<String> {
    let tracker = ctx.component::<Tracker>().ok_or("the stack has no tracker")?;
    let token = tracker.token.as_ref().map_or(0, |token| token.reveal().len());
    Ok(format!("{} {token} {}", tracker.url, tracker.timeout))
}

#[pipeline]
fn tracking() -> Artifact<String> {
    tracked()
}

#[test]
fn a_flavour_says_what_it_takes() {
    let demo = flavor(ComponentType::ExperimentTracker, "demo").unwrap();
    let keys: Vec<_> = demo
        .keys()
        .into_iter()
        .map(|key| (key.name, key.takes, key.required, key.secret))
        .collect();
    assert_eq!(
        keys,
        [
            ("url".to_owned(), "text".to_owned(), true, false),
            ("timeout".to_owned(), "whole number".to_owned(), false, false),
            ("token".to_owned(), "secret".to_owned(), false, true),
        ]
    );
    assert_eq!(demo.keys()[1].default, Some(10.into()));
    assert_eq!(demo.keys()[1].doc, "Seconds to wait.");
    let error = flavor(ComponentType::ExperimentTracker, "dmo")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no flavour `dmo` of experiment trackers (did you mean `demo`?); it has: demo"),
        "{error}"
    );
    // Those of all crates, and of a type in the order of their names.
    let stores: Vec<_> = flavors(Some(ComponentType::ArtifactStore))
        .iter()
        .map(|flavor| flavor.name())
        .collect();
    assert_eq!(stores, ["az", "gs", "local", "memory", "s3"]);
    let native = flavor(ComponentType::ModelDeployer, "native").unwrap();
    assert!(native.is_default());
    assert!(
        native
            .keys()
            .iter()
            .any(|key| key.name == "model_threads" && key.default == Some(1.into()))
    );
}

#[tokio::test]
async fn a_step_finds_it_with_its_secrets_in_place() {
    let project = Project::new(TRACKED);
    let secrets = FileSecrets::in_home(&project.home());
    // The metadata can be looked at without the tracker's secrets; a run is refused before it begins.
    let stack = project.choose().open().unwrap();
    assert!(
        Client::of(stack.clone())
            .runs(&Default::default())
            .unwrap()
            .is_empty()
    );
    let refused = tracking().on(&stack).quiet().run().await.unwrap_err();
    let said = format!("{refused:#?} {}", zen_tests::chain(&refused));
    assert!(
        said.contains("experiment tracker `demo` (demo) can't be opened") && said.contains("tracker."),
        "{said}"
    );
    assert_eq!(Client::of(stack).runs(&Default::default()).unwrap().len(), 0);

    secrets
        .set(&"tracker.user".parse().unwrap(), &Secret::new("ada-lovelace"))
        .unwrap();
    secrets
        .set(&"tracker.token".parse().unwrap(), &Secret::new("t0ken-of-ada"))
        .unwrap();
    // Another value makes another stack, which is opened anew.
    let stack = project
        .choose()
        .set(ComponentType::ExperimentTracker, "timeout", 7)
        .open()
        .unwrap();
    let run = tracking().on(&stack).quiet().run().await.unwrap();
    assert_eq!(
        *run.output().await.unwrap(),
        "http://tracker.example/ada-lovelace 12 7"
    );
}

#[test]
fn what_a_flavour_refuses_is_told_with_the_component() {
    let project = Project::new("");
    let stack = project
        .choose()
        .component(ComponentType::ExperimentTracker, "nobody")
        .open()
        .unwrap_err()
        .to_string();
    assert!(
        stack.contains("there is no experiment tracker `nobody`, which is named by: call; there are: none"),
        "{stack}"
    );
    let broken = Project::new(
        &TRACKED
            .replace("{{tracker.user}}", "x")
            .replace("token = \"{{tracker.token}}\"\n", "timeout = 0\n"),
    );
    let stack = broken.choose().open().unwrap();
    let before = OPENED.load(Ordering::SeqCst);
    let error = stack.component::<Tracker>().err().expect("it can't be opened");
    let said = zen_tests::chain(&error);
    assert!(
        said.contains("experiment tracker `demo` (demo) can't be opened: it can't wait for no time"),
        "{said}"
    );
    // It is asked once.
    assert!(stack.component::<Tracker>().is_err());
    assert_eq!(OPENED.load(Ordering::SeqCst), before + 1);
    let checked = broken.choose().check().unwrap();
    let tracker = checked
        .iter()
        .find(|check| check.kind == ComponentType::ExperimentTracker)
        .unwrap();
    assert_eq!(tracker.location, "http://tracker.example/x");
    assert!(tracker.problem.as_ref().unwrap().contains("no time"));
    assert!(
        checked
            .iter()
            .filter(|check| check.kind != ComponentType::ExperimentTracker)
            .all(|check| check.is_ok())
    );
}
