//! Artifacts.

use std::fs;

use zen_core::artifact::FolderArtifact;
use zen_core::client::Client;

use super::project::{Project, assert_shown};

#[tokio::test]
async fn programs_read_artifacts() {
    let project = Project::new().await;
    assert_shown!("artifact_list", project.shown(&["artifact", "list"]));
    let described = project.shown(&["artifact", "describe", "summary.mean@1"]);
    assert_shown!("artifact_describe", described);
    let versions = project.shown(&["artifact", "versions", "summary.rows"]);
    assert_shown!("artifact_versions", versions);
    let lineage = project.shown(&["artifact", "lineage", "summary.mean@2"]);
    assert_shown!("artifact_lineage", lineage);
    assert_shown!("artifact_verify", project.shown(&["artifact", "verify"]));
    for verb in [
        "list",
        "describe summary.rows",
        "versions summary.rows",
        "lineage summary.report",
    ] {
        let mut arguments = vec!["artifact"];
        arguments.extend(verb.split(' '));
        let said = project.zen(&arguments);
        assert!(
            said.code == 0 && said.out.contains("summary.rows"),
            "{verb}: {said:?}"
        );
    }
}

#[tokio::test]
async fn lineage_is_followed_as_far_as_it_was_asked() {
    let project = Project::new().await;
    let one = project.json(&["artifact", "lineage", "summary.report", "--up", "--depth", "1"]);
    assert_eq!(one["made_of_it"], serde_json::Value::Null);
    let made_from = one["made_from"].as_array().unwrap();
    assert!(!made_from.is_empty());
    assert!(
        made_from
            .iter()
            .all(|made| made["next"].as_array().unwrap().is_empty())
    );
    assert!(made_from.iter().any(|made| made["more"] == true), "{one}");
    let down = project.json(&["artifact", "lineage", "summary.rows", "--down"]);
    assert_eq!(down["made_from"], serde_json::Value::Null);
    assert!(
        down["made_of_it"].to_string().contains("summary.report"),
        "{down}"
    );
}

#[tokio::test]
async fn stored_bytes_are_downloaded_and_overwrite_nothing() {
    let project = Project::new().await;
    let stack = project.stack();
    let source = project.folder().join("source");
    fs::create_dir_all(source.join("inner")).unwrap();
    fs::write(source.join("inner/notes.txt"), "some notes").unwrap();
    let client = Client::of(stack);
    client
        .save("folder", FolderArtifact::from_path(&source).unwrap())
        .await
        .unwrap();
    let large = vec![7_u64; 50_000];
    let saved = client.save("large", large).await.unwrap();

    let said = project.json(&["artifact", "download", "large"]);
    let path = project.folder().join(said["path"].as_str().unwrap());
    assert_eq!(path, project.folder().join("large-1.msgpack"));
    assert_eq!(fs::read(&path).unwrap(), &saved.bytes().await.unwrap()[..]);
    // Small ones are kept in the metadata.
    assert_eq!(
        project
            .zen(&["artifact", "download", "summary.mean@1", "--to", "mean"])
            .code,
        0
    );
    assert!(project.folder().join("mean").is_file());
    assert_eq!(
        project
            .zen(&["artifact", "download", "folder", "--to", "copy"])
            .code,
        0
    );
    assert_eq!(
        fs::read_to_string(project.folder().join("copy/inner/notes.txt")).unwrap(),
        "some notes"
    );

    fs::write(&path, "mine").unwrap();
    let refused = project.zen(&["artifact", "download", "large"]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(refused.err.contains("--yes"), "{}", refused.err);
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(project.zen(&["artifact", "download", "large", "--yes"]).code, 0);
    assert_ne!(fs::read(&path).unwrap(), b"mine");
    assert_eq!(
        project
            .zen(&["artifact", "download", "folder", "--to", "copy"])
            .code,
        0,
        "into it"
    );
    assert!(project.folder().join("copy/folder-1/inner/notes.txt").is_file());
    // Nothing is left beside what was written.
    let hidden = fs::read_dir(project.folder()).unwrap().flatten();
    let hidden: Vec<_> = hidden
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.') && name != ".zen")
        .collect();
    assert_eq!(hidden, Vec::<String>::new());
}

#[tokio::test]
async fn damage_is_found_and_said() {
    let project = Project::new().await;
    let saved = Client::of(project.stack())
        .save("large", vec![7_u64; 50_000])
        .await
        .unwrap();
    assert_eq!(project.zen(&["artifact", "verify"]).code, 0);
    let path = saved.record().uri.strip_prefix("file://").unwrap().to_owned();
    let mut bytes = fs::read(&path).unwrap();
    bytes[1000] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    for arguments in [
        &["artifact", "verify"][..],
        &["artifact", "verify", "large"],
        &["artifact", "verify", "large@1"],
    ] {
        let said = project.zen(arguments);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(
            said.out.contains("damaged: artifact `large` version 1"),
            "{}",
            said.out
        );
    }
    assert_eq!(project.zen(&["artifact", "verify", "summary.rows"]).code, 0);
    assert_eq!(project.zen(&["artifact", "verify", "--run", "summary"]).code, 0);
    let download = project.zen(&["artifact", "download", "large"]);
    assert_eq!(download.code, 5, "{}", download.err);
    assert!(!project.folder().join("large-1.msgpack").exists());
}

#[tokio::test]
async fn pruning_shows_what_goes_and_asks() {
    let project = Project::with_more().await;
    let keep = ["artifact", "prune", "--keep-last", "1"];
    let refused = project.zen(&keep);
    assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{}", refused.err);
    assert!(
        refused.err.contains("1 runs") && refused.err.contains("--yes"),
        "{}",
        refused.err
    );
    assert_eq!(project.runs("lonely").len(), 2);
    let dry = project.json(&[&keep[..], &["--dry-run"]].concat());
    assert_eq!(
        (&dry["dry_run"], &dry["planned"]["runs"]),
        (&true.into(), &1.into())
    );
    let done = project.shown(&[&keep[..], &["--yes"]].concat());
    assert_shown!("artifact_prune", done);
    assert_eq!(project.runs("lonely").len(), 1);
    assert_eq!(project.zen(&["artifact", "prune"]).code, 2, "a policy is wanted");
    assert_eq!(
        project.zen(&["artifact", "prune", "--older-than", "soon"]).code,
        2
    );
}
