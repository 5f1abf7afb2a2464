//! Whole pipelines whose artifacts are kept behind a network.

use std::collections::HashSet;
use std::process::{Command, Stdio};

use zen_core::artifact::{ArtifactError, ArtifactStore};
use zen_core::client::ClientError;
use zen_core::prelude::*;
use zen_core::testing::{assert_cached, assert_executed};

use zen_tests::stores::{Azurite, Options, Weed};

#[step]
fn shards(count: u64) -> Vec<Vec<u64>> {
    (0..count)
        .map(|i| (0..10_000).map(|x| x * (i + 1)).collect())
        .collect()
}

#[step]
fn doubled(shard: &[u64]) -> Vec<u64> {
    shard.iter().map(|x| x * 2).collect()
}

/// Larger than what goes in one piece.
#[step]
fn joined(shards: &[Vec<u64>]) -> Vec<u8> {
    let all: Vec<u8> = shards.iter().flatten().flat_map(|x| x.to_le_bytes()).collect();
    all.iter().copied().cycle().take(20_000_000).collect()
}

#[step]
async fn total(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte)).sum()
}

#[pipeline]
fn far(count: u64) -> Artifact<u64> {
    total(joined(shards(count).each(|shard| doubled(shard))))
}

fn a_pipeline_over(url: &str, options: &Options) {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let store = ArtifactStore::open_with(url, options.clone()).unwrap();
        let home = folder.path().join(".zen");
        Stack::builder().home(home).artifacts(store).build().unwrap()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let first = far(4).on(&open()).quiet().run().await.unwrap();
        let steps = ["shards", "doubled[0]", "doubled[3]", "joined", "total"];
        assert_executed(&first, &steps);
        let sum = *first.output().await.unwrap();
        // The second has handles of its own, as another program has.
        let second = far(4).on(&open()).quiet().run().await.unwrap();
        assert_cached(&second, &steps);
        assert_eq!(*second.output().await.unwrap(), sum);

        let stack = open();
        let client = Client::of(stack.clone());
        let joined = client
            .last_run("far")
            .unwrap()
            .step("joined")
            .unwrap()
            .output("output")
            .unwrap();
        assert!(
            joined.record().uri.starts_with(&format!("{url}/objects/")),
            "{}",
            joined.record().uri
        );
        assert_eq!(joined.bytes().await.unwrap().len() as u64, joined.record().size);

        // One that was truncated is no hit, and is made again.
        stack
            .artifacts()
            .replace(joined.digest(), vec![0; 100].into())
            .unwrap();
        let third = far(4).on(&stack).quiet().run().await.unwrap();
        assert_executed(&third, &["joined"]);
        assert_eq!(*third.output().await.unwrap(), sum);
        assert_eq!(joined.bytes().await.unwrap().len() as u64, joined.record().size);
    });
}

#[test]
fn on_s3() {
    let Some(weed) = Weed::shared() else { return };
    a_pipeline_over(&format!("{}/team/models", weed.url("pipelines")), &weed.options());
}

#[test]
fn on_azure() {
    let Some(azurite) = Azurite::shared() else { return };
    a_pipeline_over(
        &format!("{}/team/models", azurite.url("pipelines")),
        &azurite.options(),
    );
}

/// Each has metadata of its own, so that each makes everything and writes it to the same places.
#[test]
fn programs_that_write_the_same_objects_at_once_all_succeed() {
    let Some(weed) = Weed::shared() else { return };
    let url = weed.url("together");
    let folder = tempfile::tempdir().unwrap();
    let children: Vec<_> = (0..4)
        .map(|i| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_keeper"));
            command
                .arg("run")
                .env("ZEN_HOME", folder.path().join(format!("home{i}")))
                .env("ZEN_ARTIFACT_STORE", &url)
                .envs(weed.options())
                .stdout(Stdio::piped())
                .stderr(Stdio::null());
            command.spawn().unwrap()
        })
        .collect();
    let said = children.into_iter().map(|child| {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    });
    let said: HashSet<String> = said.collect();
    assert_eq!(said.len(), 1, "{said:?}");
}

#[tokio::test]
async fn a_stack_over_another_store_says_where_an_artifact_is() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join(".zen");
    let stack = |store: &str| {
        let at = folder.path().join(store).display().to_string();
        Stack::builder().home(&home).artifacts_url(&at).build().unwrap()
    };
    let client = Client::of(stack("one"));
    let saved = client.save("large", vec![1_u64; 50_000]).await.unwrap();
    let other = Client::of(stack("other"));
    let found = other.artifact("large", None).unwrap();
    let error = found.load::<Vec<u64>>().await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Artifact(ArtifactError::Elsewhere { uri, .. }) if *uri == saved.record().uri),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(
        text.contains("/one/objects/") && text.contains("/other") && text.contains("ZEN_ARTIFACT_STORE"),
        "{text}"
    );
    // A copy is as good: objects are known by their content.
    let copy = stack("other");
    let bytes = saved.bytes().await.unwrap();
    copy.artifacts().put(saved.digest(), bytes).unwrap();
    assert_eq!(found.load::<Vec<u64>>().await.unwrap().len(), 50_000);
}
