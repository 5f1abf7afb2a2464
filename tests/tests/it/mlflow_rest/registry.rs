//! Models in the registry.

use std::path::Path;

use serde_json::json;
use zen_core::model_registry::{DIGEST_TAG, NewVersion, RegistryError};
use zen_core::serving::ModelRef;

use super::{OnnxLine, Stage, datum, info, run_of, unique};

fn everything(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn versions_aliases_tags_and_files() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let registry = stage.registry();
    assert_eq!(registry.location(), server.uri());
    let name = unique("it's a model (ü)");
    assert_eq!(registry.versions(&name).unwrap(), []);
    assert_eq!(registry.version(&name, "1").unwrap(), None);
    assert_eq!(registry.by_alias(&name, "champion").unwrap(), None);
    registry.remove_alias(&name, "champion").unwrap();

    let line = OnnxLine::new(2.0);
    let artifact = stage.saved("line", line.clone());
    let writer = stage.tracker().begin(&run_of(&unique("registering"))).unwrap();
    let mut new = NewVersion::of(&name, ModelRef::from(&artifact))
        .description("the first")
        .tag("team", "otters");
    new.run = Some(uuid::Uuid::now_v7());
    new.tracked_run = Some(writer.id().to_owned());
    let first = registry.register(&stage.stack, &new).unwrap();
    assert_eq!(
        (first.name.as_str(), first.version.as_str()),
        (name.as_str(), "1")
    );
    assert_eq!(first.description.as_deref(), Some("the first"));
    assert_eq!(first.tags["team"], "otters");
    assert_eq!(first.tags[DIGEST_TAG], artifact.digest().to_string());
    assert_eq!(first.tracked_run.as_deref(), Some(writer.id()));
    assert_eq!(first.uri, format!("models:/{name}/1"));
    assert!(first.source.starts_with("mlflow-artifacts:/"), "{}", first.source);
    // The tracked run goes on.
    assert_eq!(info(server, writer.id())["status"], "RUNNING");

    // Without a tracked run, one is made.
    let other = stage.saved("line", OnnxLine::new(3.0));
    let mut new = NewVersion::of(&name, ModelRef::from(&other));
    let run = uuid::Uuid::now_v7();
    new.run = Some(run);
    let second = registry.register(&stage.stack, &new).unwrap();
    assert_eq!(second.version, "2");
    let made = second.tracked_run.clone().unwrap();
    assert_ne!(made, writer.id());
    assert_eq!(info(server, &made)["status"], "FINISHED");
    assert_eq!(datum(server, &made, "tags", "zen.registered_by"), run.to_string());

    registry.set_alias(&name, "champion", "1").unwrap();
    registry.set_alias(&name, "also", "1").unwrap();
    assert_eq!(
        registry.by_alias(&name, "champion").unwrap().unwrap().version,
        "1"
    );
    registry.set_alias(&name, "champion", "2").unwrap();
    let versions = registry.versions(&name).unwrap();
    assert_eq!(
        versions
            .iter()
            .map(|version| version.version.as_str())
            .collect::<Vec<_>>(),
        ["2", "1"]
    );
    assert_eq!(versions[0].aliases, ["champion"]);
    assert_eq!(versions[1].aliases, ["also"]);
    assert_eq!(Some(&versions[1]), registry.version(&name, "1").unwrap().as_ref());
    registry.remove_alias(&name, "champion").unwrap();
    registry.remove_alias(&name, "champion").unwrap();
    assert_eq!(registry.by_alias(&name, "champion").unwrap(), None);

    registry.set_tag(&name, "1", "stage", "tried").unwrap();
    registry.set_tag(&name, "1", "stage", "proven").unwrap();
    assert_eq!(
        registry.version(&name, "1").unwrap().unwrap().tags["stage"],
        "proven"
    );
    registry.remove_tag(&name, "1", "stage").unwrap();
    registry.remove_tag(&name, "1", "stage").unwrap();
    assert!(
        !registry
            .version(&name, "1")
            .unwrap()
            .unwrap()
            .tags
            .contains_key("stage")
    );

    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("new/model");
    let found = registry.download(&name, "1", &into).unwrap();
    assert_eq!(std::fs::read(found.join("model.onnx")).unwrap(), line.file);
    assert!(found.join("MLmodel").is_file() && found.starts_with(&into));
    assert_eq!(
        everything(&folder.path().join("new")),
        ["model"],
        "nothing is left beside"
    );
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    registry.download(&name, "2", &empty).unwrap();
    // Full by now.
    let error = registry.download(&name, "1", &empty).unwrap_err();
    assert!(
        matches!(&error, RegistryError::File { path, .. } if *path == empty),
        "{error:?}"
    );
}

#[test]
fn what_is_not_there() {
    let Some((_, stage)) = Stage::shared() else { return };
    let registry = stage.registry();
    let name = unique("some");
    let artifact = stage.saved("line", OnnxLine::new(1.0));
    registry
        .register(&stage.stack, &NewVersion::of(&name, ModelRef::from(&artifact)))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("a/b");
    let nowhere = unique("none");
    for (name, version) in [
        (&name, "9"),
        (&name, "one"),
        (&name, "-1"),
        (&name, ""),
        (&nowhere, "1"),
    ] {
        let missing = [
            registry.set_alias(name, "a", version).unwrap_err(),
            registry.set_tag(name, version, "k", "v").unwrap_err(),
            registry.remove_tag(name, version, "k").unwrap_err(),
            registry.download(name, version, &into).unwrap_err(),
        ];
        for error in missing {
            assert!(
                matches!(&error, RegistryError::NoVersion { .. }),
                "{name} {version}: {error:?}"
            );
        }
        assert_eq!(registry.version(name, version).unwrap(), None);
    }
    assert_eq!(everything(folder.path()), [""; 0], "nothing is left");
    for alias in ["latest", "v1", "no spaces?/", ""] {
        let error = registry.set_alias(&name, alias, "1").unwrap_err();
        assert!(
            matches!(&error, RegistryError::Refused { .. }),
            "{alias}: {error:?}"
        );
        if alias == "latest" || alias == "v1" {
            assert!(error.to_string().contains("reserved"), "{error}");
        }
    }
    for name in ["", "a/b", "a:b"] {
        let error = registry
            .register(&stage.stack, &NewVersion::of(name, ModelRef::from(&artifact)))
            .unwrap_err();
        assert!(
            matches!(&error, RegistryError::Refused { .. }),
            "{name}: {error:?}"
        );
    }
    let plain = stage.saved("plain", 1.5_f64);
    let error = registry
        .register(&stage.stack, &NewVersion::of(&name, ModelRef::from(&plain)))
        .unwrap_err();
    assert!(matches!(&error, RegistryError::Model { .. }), "{error:?}");
    assert!(
        zen_tests::chain(&error).contains("register_onnx!"),
        "{}",
        zen_tests::chain(&error)
    );
    assert_eq!(registry.versions(&name).unwrap().len(), 1);
}

#[test]
fn two_registrations_at_once_are_two_versions() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let name = unique("both");
    let artifact = stage.saved("line", OnnxLine::new(1.0));
    let new = NewVersion::of(&name, ModelRef::from(&artifact));
    let registry = stage.registry();
    let versions: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| registry.register(&stage.stack, &new).unwrap().version))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut sorted = versions.clone();
    sorted.sort();
    assert_eq!(sorted, ["1", "2"], "{versions:?}");
    assert_eq!(
        server.get(&format!("registered-models/get?name={name}"))["registered_model"]["name"],
        json!(name)
    );
}

/// What others have registered may have its files anywhere, and may lack some.
#[test]
fn versions_that_others_made() {
    let Some((server, stage)) = Stage::shared() else {
        return;
    };
    let name = unique("others");
    server.post("registered-models/create", &json!({ "name": name }));
    let make = |source: &str, run: Option<&str>| {
        let made = server.post(
            "model-versions/create",
            &json!({ "name": name, "source": source, "run_id": run }),
        );
        made["model_version"]["version"].as_str().unwrap().to_owned()
    };
    let registry = stage.registry();
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("m");
    let refused = |version: &str| {
        let error = registry.download(&name, version, &into).unwrap_err();
        assert_eq!(everything(folder.path()), [""; 0], "nothing is left");
        error.to_string()
    };
    let in_a_bucket = make("s3://bucket/model", None);
    let error = refused(&in_a_bucket);
    assert!(
        error.contains("s3://bucket/model") && error.contains("--serve-artifacts"),
        "{error}"
    );

    let writer = stage.tracker().begin(&run_of(&unique("others"))).unwrap();
    let uri = info(server, writer.id())["artifact_uri"]
        .as_str()
        .unwrap()
        .to_owned();
    let without_files = make(&format!("{uri}/nothing"), Some(writer.id()));
    let error = refused(&without_files);
    assert!(error.contains("MLmodel"), "{error}");

    let artifact = stage.saved("line", OnnxLine::new(1.0));
    let mut writer = writer;
    writer
        .log_artifact(&zen_core::tracking::TrackedArtifact::new(
            "trainer", "model", &artifact,
        ))
        .unwrap();
    let by_run = make(&format!("runs:/{}/model", writer.id()), Some(writer.id()));
    registry.download(&name, &by_run, &into).unwrap();
    assert!(into.join("model.onnx").is_file());
}
