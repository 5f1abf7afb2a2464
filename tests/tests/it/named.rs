//! Pipelines that are found and built by name.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use zen_core::graph::{
    RegistryError, build_pipeline, registered_pipeline, registered_pipeline_infos, registered_pipelines,
};
use zen_core::prelude::*;
use zen_core::runner::{RunConfig, rebuild_run};

use crate::support::memory;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Layer {
    size: u32,
    #[serde(default)]
    dropout: f64,
}

#[step]
fn describe(rate: f64, layers: &[Layer], label: Option<String>, weights: &BTreeMap<String, f64>) -> String {
    let sizes: Vec<_> = layers.iter().map(|layer| (layer.size, layer.dropout)).collect();
    format!("{rate} {sizes:?} {label:?} {weights:?}")
}

/// Describes a network.
///
/// In one line.
#[pipeline]
fn named_network(
    rate: f64,
    layers: Vec<Layer>,
    label: Option<String>,
    weights: Option<BTreeMap<String, f64>>,
) -> Artifact<String> {
    describe(rate, layers, label, weights.unwrap_or_default())
}

/// Not of serde.
pub struct Opaque(u8);

#[step]
fn number(value: u8) -> u8 {
    value
}

#[pipeline]
fn named_opaque(value: Opaque) -> Artifact<u8> {
    number(value.0)
}

mod one {
    use super::*;

    #[pipeline]
    pub fn named_twice() -> Artifact<u8> {
        number(1)
    }
}

mod two {
    use super::*;

    #[pipeline]
    pub fn named_twice() -> Artifact<u8> {
        number(2)
    }
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn refused(name: &str, arguments: Value) -> String {
    build_pipeline(name, &map(arguments)).unwrap_err().to_string()
}

#[test]
fn a_pipeline_says_what_it_takes() {
    let info = registered_pipeline("named_network").unwrap();
    assert_eq!(info.path, "it::named::named_network");
    assert!(info.file.ends_with("named.rs") && info.line > 0, "{info:?}");
    assert_eq!(info.docs, "Describes a network.\n\nIn one line.");
    let parameters: Vec<_> = info
        .parameters
        .iter()
        .map(|parameter| {
            (
                parameter.name.as_str(),
                parameter.type_name.as_str(),
                parameter.optional,
            )
        })
        .collect();
    assert_eq!(
        parameters,
        [
            ("rate", "f64", false),
            ("layers", "Vec<Layer>", false),
            ("label", "Option<String>", true),
            ("weights", "Option<BTreeMap<String, f64>>", true),
        ]
    );
    assert_eq!(registered_pipeline(&info.path).unwrap(), info);
    let paths: Vec<_> = registered_pipeline_infos()
        .into_iter()
        .map(|info| info.path)
        .collect();
    assert_eq!(paths, registered_pipelines());
}

#[tokio::test]
async fn arguments_come_from_json() {
    let stack = memory();
    let arguments = map(json!({"rate": 1, "layers": [{"size": 3}, {"size": 4, "dropout": 0.5}]}));
    let pipeline = build_pipeline("named_network", &arguments).unwrap();
    let from_json = pipeline.on(&stack).quiet().run().await.unwrap();
    let described: String = from_json.step("describe").unwrap().load("output").await.unwrap();
    assert_eq!(described, "1 [(3, 0.0), (4, 0.5)] None {}");
    // The same as from code: the step is found in the cache.
    let layers = vec![
        Layer {
            size: 3,
            dropout: 0.0,
        },
        Layer {
            size: 4,
            dropout: 0.5,
        },
    ];
    let called = named_network(1.0, layers, None, None).on(&stack).quiet().run();
    let step = called.await.unwrap().step("describe").unwrap();
    assert_eq!(step.status(), Status::Cached);
}

#[test]
fn wrong_arguments_are_named() {
    assert_eq!(
        refused("named_network", json!({"rat": 1.0, "layers": []})),
        "pipeline `named_network` has no parameter `rat` (did you mean `rate`? there is: rate, layers, label, weights)"
    );
    assert_eq!(
        refused("named_network", json!({"rate": 1.0})),
        "pipeline `named_network` needs the parameter `layers`: give a `Vec<Layer>`"
    );
    assert_eq!(
        refused(
            "named_network",
            json!({"rate": 1.0, "layers": [{"size": 1}, {"size": "x"}]})
        ),
        "parameter `layers` of pipeline `named_network` has to be a `Vec<Layer>`: at `[1].size`: invalid type: string \"x\", expected u32"
    );
    let nan = refused("named_network", json!({"rate": null, "layers": []}));
    assert!(
        nan.contains("parameter `rate`") && nan.contains("invalid type: null"),
        "{nan}"
    );
    let opaque = refused("named_opaque", json!({"value": 1}));
    assert!(
        opaque.contains("Opaque") && opaque.contains("has no serde"),
        "{opaque}"
    );
}

#[test]
fn wrong_names_are_near_misses() {
    let error = registered_pipeline("named_netwrk").unwrap_err();
    let RegistryError::Unknown { near, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(near.as_deref(), Some("named_network"));
    assert!(
        error.to_string().contains("did you mean `named_network`?"),
        "{error}"
    );
    let error = registered_pipeline("named_twice").unwrap_err();
    assert!(matches!(error, RegistryError::Duplicate { .. }), "{error}");
    assert!(registered_pipeline("it::named::two::named_twice").is_ok());
}

#[step]
fn shaky(label: &str, factor: u32, gate: &str) -> Result<String> {
    match std::path::Path::new(gate).exists() {
        true => Ok(format!("{} {factor}", label.len())),
        false => Err("the gate is closed".into()),
    }
}

#[step(cache = false)]
fn prepare() -> u64 {
    7
}

#[pipeline]
fn named_shaky(label: String, gate: String) -> Artifact<String> {
    let prepared = prepare();
    shaky(label.as_str(), 1, gate.as_str()).after(&prepared)
}

#[tokio::test]
async fn a_run_is_continued_by_its_id_alone() {
    let stack = memory();
    let folder = tempfile::tempdir().unwrap();
    let gate = folder.path().join("gate").display().to_string();
    // Large enough that its arguments are an object.
    let label = "x".repeat(50_000);
    let mut config = RunConfig::default();
    config.parameters = map(json!({"label": label, "gate": gate}));
    config
        .steps
        .entry("shaky".into())
        .or_default()
        .parameters
        .insert("factor".into(), 5.into());
    let launch = config.launch("named_shaky").unwrap().on(&stack).quiet();
    let run = launch.run().await.unwrap_err().run().unwrap();
    std::fs::write(&gate, "").unwrap();

    let client = Client::of(stack.clone());
    let again = rebuild_run(&client, run).await.unwrap();
    let again = again.resume(run).on(&stack).quiet().run().await.unwrap();
    assert_eq!(again.record().resumed_from, Some(run));
    assert_eq!(again.step("prepare").unwrap().status(), Status::Cached);
    let shaky = again.step("shaky").unwrap();
    assert_eq!(shaky.load::<String>("output").await.unwrap(), "50000 5");
    assert_eq!(shaky.parameters()["factor"], 5);
}

#[tokio::test]
async fn a_run_that_nobody_can_build_again_says_so() {
    let stack = memory();
    let client = Client::of(stack.clone());
    let by_hand = zen_core::graph::Pipeline::build("by_hand", |graph| {
        let step = graph.add(number::definition()).json("value", 1.into()).finish();
        graph.typed::<u8>(step.output("output"))
    });
    let run = by_hand.on(&stack).quiet().run().await.unwrap().id();
    let error = rebuild_run(&client, run).await.unwrap_err().to_string();
    assert!(error.contains("`by_hand` is generic or made by hand"), "{error}");
    let run = named_opaque(Opaque(1))
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap()
        .id();
    let error = rebuild_run(&client, run).await.unwrap_err().to_string();
    assert!(error.contains("can't be built again"), "{error}");
    assert!(rebuild_run(&client, uuid::Uuid::nil()).await.is_err());
}
