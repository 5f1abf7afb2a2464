//! Reading everything again.

use std::sync::{Arc, Mutex};

use object_store::memory::InMemory;
use zen_core::artifact::ArtifactStore;
use zen_core::prelude::*;
use zen_core::testing::{Fault, FaultyStore, Harm, Operation};
use zen_core::upkeep::{Found, PrunePolicy, VerifyOptions};

use crate::support::files;

fn object(stack: &Stack, artifact: &ArtifactView) -> std::path::PathBuf {
    let digest = artifact.digest().to_string();
    let home = stack.home().unwrap();
    home.join("artifacts/objects")
        .join(&digest[..2])
        .join(&digest[2..])
}

#[step]
fn large(seed: u8) -> Vec<u8> {
    vec![seed; 100_000]
}

#[pipeline]
fn storing(seed: u8) -> Artifact<Vec<u8>> {
    large(seed)
}

#[tokio::test]
async fn damaged_missing_and_unreferenced_objects_are_told_apart() {
    let (_folder, stack) = files();
    let client = Client::of(stack.clone());
    let saved = client.save("small", 7_u64).await.unwrap();
    let run = storing(1).on(&stack).quiet().run().await.unwrap();
    let [damaged, missing] = ["damaged", "missing"];
    let damaged = client.save(damaged, vec![2_u8; 50_000]).await.unwrap();
    let missing = client.save(missing, vec![3_u8; 50_000]).await.unwrap();
    let orphan = zen_core::artifact::Digest::of(b"orphan");
    stack.artifacts().put(orphan, b"orphan".to_vec().into()).unwrap();

    let sound = client
        .verify(VerifyOptions::of_run(run.id()), |_| ())
        .await
        .unwrap();
    assert!(
        sound.is_sound() && sound.checked == 1 && sound.bytes > 99_999,
        "{sound}"
    );
    std::fs::write(object(&stack, &damaged), vec![2_u8; 49_999]).unwrap();
    std::fs::remove_file(object(&stack, &missing)).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let progress = Arc::clone(&seen);
    let report = client
        .verify(VerifyOptions::all(), move |progress_now| {
            progress.lock().unwrap().push(progress_now)
        })
        .await
        .unwrap();
    let told: Vec<_> = report
        .findings
        .iter()
        .map(|found| (found.artifact.as_str(), found.version))
        .collect();
    assert_eq!(told, [("damaged", 1), ("missing", 1)]);
    assert!(matches!(report.findings[0].found, Found::Damaged(content) if content.size == 49_999));
    assert_eq!(report.findings[1].found, Found::Missing);
    assert_eq!(report.findings[0].uri, damaged.record().uri);
    assert!(report.metadata.is_empty());
    let unreferenced: Vec<_> = report.unreferenced.iter().map(|object| object.digest).collect();
    assert_eq!(unreferenced, [orphan]);
    let text = report.to_string();
    assert!(
        text.contains("damaged: artifact `damaged` version 1")
            && text.contains("missing: artifact `missing`"),
        "{text}"
    );
    assert!(!report.is_sound());
    {
        let seen = seen.lock().unwrap();
        assert_eq!((seen.len(), seen[3].checked, seen[3].total), (4, 4, 4));
    }

    let one = client.verify(VerifyOptions::of_artifact("small", Some(saved.version())), |_| ());
    let one = one.await.unwrap();
    assert!(one.is_sound() && one.checked == 1);
    let none = client
        .verify(VerifyOptions::all().sample(0.0), |_| ())
        .await
        .unwrap();
    assert_eq!(none.checked, 0);
    assert!(
        client
            .verify(VerifyOptions::of_artifact("nothing", None), |_| ())
            .await
            .is_err()
    );

    // Only when it is asked for: the objects may be another project's.
    let policy = PrunePolicy::keep_last(1);
    assert_eq!(client.prune(&policy, false).await.unwrap().removed.objects, 0);
    let report = client
        .prune(&policy.with_unreferenced_objects(), false)
        .await
        .unwrap();
    assert_eq!((report.removed.objects, report.removed.bytes), (1, 6));
    assert_eq!(stack.artifacts().size(orphan).unwrap(), None);
}

#[tokio::test]
async fn a_damaged_database_is_told() {
    let (folder, stack) = files();
    let client = Client::of(stack.clone());
    let saved = client.save("small", 7_u64).await.unwrap();
    let database = folder.path().join(".zen/metadata.db");
    let conn = rusqlite::Connection::open(database).unwrap();
    conn.pragma_update(None, "foreign_keys", false).unwrap();
    conn.execute(
        "INSERT INTO edge (step, output, position, name, artifact) VALUES (77, 1, 0, 'x', x'00')",
        [],
    )
    .unwrap();
    conn.execute("UPDATE object SET bytes = x'00'", []).unwrap();
    let report = client.verify(VerifyOptions::all(), |_| ()).await.unwrap();
    assert!(report.metadata[0].contains("`edge`"), "{report}");
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].digest, saved.digest());
}

#[tokio::test]
async fn an_object_that_cannot_be_read_is_one_finding() {
    let faulty = FaultyStore::new(Arc::new(InMemory::new()));
    let store = ArtifactStore::over("faulty://", Arc::new(faulty.clone()));
    let stack = Stack::builder().artifacts(store).build().unwrap();
    let client = Client::of(stack);
    for seed in [1_u8, 2, 3] {
        client.save("large", vec![seed; 50_000]).await.unwrap();
    }
    faulty.set(Fault::Nth(Operation::Get, 2, Harm::Error));
    let report = client.verify(VerifyOptions::all(), |_| ()).await.unwrap();
    assert_eq!((report.checked, report.findings.len()), (3, 1), "{report}");
    assert!(
        matches!(report.findings[0].found, Found::Unreadable(_)),
        "{report}"
    );
}
