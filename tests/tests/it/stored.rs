//! Artifacts saved and loaded by name, as inputs, and their lineage.

use zen_core::client::ClientError;
use zen_core::prelude::*;
use zen_core::testing::{assert_cached, assert_executed};

use crate::support::{files, memory};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Thresholds {
    low: f64,
    high: f64,
}

#[step]
fn width(thresholds: &Thresholds) -> f64 {
    thresholds.high - thresholds.low
}

#[step]
fn double(x: f64) -> f64 {
    2.0 * x
}

#[pipeline]
fn newest() -> Artifact<f64> {
    double(width(latest::<Thresholds>("thresholds")).published("width"))
}

#[pipeline]
fn first() -> Artifact<f64> {
    width(version::<Thresholds>("thresholds", 1))
}

#[tokio::test]
async fn saved_artifacts_are_inputs_with_lineage() {
    let stack = memory();
    let client = Client::of(stack.clone());
    let saved = client
        .save("thresholds", Thresholds { low: 1.0, high: 2.0 })
        .await
        .unwrap();
    let run = newest().on(&stack).quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), 2.0);
    assert_cached(
        &newest().on(&stack).quiet().run().await.unwrap(),
        &["width", "double"],
    );

    let second = client
        .save("thresholds", Thresholds { low: 1.0, high: 4.0 })
        .await
        .unwrap();
    assert_eq!((saved.version(), second.version()), (1, 2));
    let run = newest().on(&stack).quiet().run().await.unwrap();
    assert_executed(&run, &["width", "double"]);
    assert_eq!(*run.output().await.unwrap(), 6.0);
    // Version 1 has the key that the first run had.
    assert_cached(&first().on(&stack).quiet().run().await.unwrap(), &["width"]);

    let width = client.artifact("width", None).unwrap();
    assert_eq!(width.version(), 2);
    let names = |artifacts: Vec<ArtifactView>| artifacts.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        names(width.made_from().unwrap()),
        ["artifact `thresholds` version 2"]
    );
    assert_eq!(
        names(width.made_of_it().unwrap()),
        ["artifact `newest.double` version 2"]
    );
    assert_eq!(width.producer().unwrap().unwrap().name(), "width");
    assert_eq!(second.consumers().unwrap().len(), 1);
    assert!(saved.producer().unwrap().is_none());
    assert_eq!(names(run.artifacts().unwrap()).len(), 2);
}

#[tokio::test]
async fn what_is_not_there_is_said_with_what_is() {
    let stack = memory();
    let error = newest().on(&stack).quiet().run().await.unwrap_err().to_string();
    assert!(
        error.contains("stored.rs:") && error.contains("there is no artifact `thresholds`"),
        "{error}"
    );
    let client = Client::of(stack.clone());
    client.save("thresholds", 5u32).await.unwrap();
    let error = newest().on(&stack).quiet().run().await.unwrap_err().to_string();
    assert!(
        error.contains("is a `u32`, not a") && error.contains("Thresholds"),
        "{error}"
    );
    let error = client.artifact("threshold", None).unwrap_err().to_string();
    assert!(error.contains("there is: thresholds"), "{error}");
    let error = client.artifact("thresholds", Some(9)).unwrap_err().to_string();
    assert!(
        error.contains("version 9") && error.contains("versions 1 to 1"),
        "{error}"
    );
    assert!(matches!(
        client.save("", 1u8).await,
        Err(ClientError::BadName { .. })
    ));
    let error = client.last_run("newst").unwrap_err().to_string();
    assert!(
        error.contains("`newst` has no run") && error.contains("newest"),
        "{error}"
    );
}

mod program_a {
    use super::*;
    #[derive(Serialize)]
    pub struct Point {
        pub x: f64,
        pub y: f64,
    }
    impl<'de> Deserialize<'de> for Point {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> std::result::Result<Self, D::Error> {
            Err(serde::de::Error::custom("program A only writes"))
        }
    }
}

mod program_b {
    use super::*;
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub struct Point {
        pub y: f64,
        pub x: f64,
        #[serde(default)]
        pub z: f64,
    }
}

#[tokio::test]
async fn fields_reordered_between_two_programs_never_swap() {
    let (folder, stack) = files();
    Client::of(stack)
        .save("point", program_a::Point { x: 1.0, y: 2.0 })
        .await
        .unwrap();
    let stack = Stack::builder().home(folder.path().join(".zen")).build().unwrap();
    let point: program_b::Point = Client::of(stack)
        .artifact("point", None)
        .unwrap()
        .load()
        .await
        .unwrap();
    assert_eq!(
        point,
        program_b::Point {
            x: 1.0,
            y: 2.0,
            z: 0.0
        }
    );
}

#[tokio::test]
async fn wrong_types_newer_codecs_and_damage_are_clear_errors() {
    let (folder, stack) = files();
    let client = Client::of(stack.clone());
    let saved = client.save("number", 1.5f64).await.unwrap();
    let error = saved.load::<f32>().await.unwrap_err().to_string();
    assert!(
        error.contains("artifact `number` version 1 is a `f64`, not a `f32`"),
        "{error}"
    );
    assert!(saved.load_renamed::<String>().await.is_err());
    assert_eq!(saved.load::<f64>().await.unwrap(), 1.5);

    let mut newer = saved.record().clone();
    newer.id = uuid::Uuid::now_v7();
    newer.codec_version += 1;
    stack
        .metadata()
        .apply(&[zen_core::metadata::Change::Artifact(Box::new(newer))])
        .unwrap();
    let error = client
        .artifact("number", None)
        .unwrap()
        .load::<f64>()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("version 2 of the codec `serde-msgpack`") && error.contains("up to 1"),
        "{error}"
    );

    let large = client.save("large", vec![1u8; 50_000]).await.unwrap();
    let object = large.record().uri.strip_prefix("file://").unwrap().to_owned();
    assert!(object.starts_with(folder.path().canonicalize().unwrap().to_str().unwrap()));
    std::fs::write(&object, vec![2u8; 50_000]).unwrap();
    let error = large.load::<Vec<u8>>().await.unwrap_err().to_string();
    assert!(
        error.contains("`large` version 1 is damaged") && error.contains(&object),
        "{error}"
    );
    std::fs::remove_file(&object).unwrap();
    let error = large.load::<Vec<u8>>().await.unwrap_err().to_string();
    assert!(error.contains("`large` version 1 is missing"), "{error}");
}

#[step]
fn length(values: Vec<u64>) -> usize {
    values.len()
}

#[pipeline]
fn large_parameter(values: Vec<u64>) -> Artifact<usize> {
    length(values)
}

#[tokio::test]
async fn a_large_parameter_is_an_artifact_and_no_row() {
    let (_folder, stack) = files();
    let run = large_parameter((0..20_000).collect())
        .on(&stack)
        .quiet()
        .run()
        .await
        .unwrap();
    assert_eq!(*run.output().await.unwrap(), 20_000);
    let step = run.step("length").unwrap();
    assert_eq!(step.parameters()["values"], serde_json::Value::Null);
    let (name, artifact) = step.inputs().unwrap().remove(0);
    assert_eq!(
        (name.as_str(), artifact.name()),
        ("values", "large_parameter.length.values")
    );
    assert_eq!(artifact.load::<Vec<u64>>().await.unwrap().len(), 20_000);
}
