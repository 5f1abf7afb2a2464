//! Each transaction and each read of the metadata store fails once, or from then on.

use std::sync::Arc;

use object_store::memory::InMemory;
use zen_core::metadata::{MetadataStore, SqliteMetadata};
use zen_core::prelude::*;
use zen_core::testing::{FaultyMetadata, FaultyStore, MetadataFault};

use super::small::{Outcome, expected, readable, run, run_well, stack};

#[tokio::test]
async fn whichever_transaction_or_read_fails_values_are_right_or_there_is_an_error() {
    let kinds: [fn(u64) -> MetadataFault; 5] = [
        MetadataFault::FailApply,
        MetadataFault::AmbiguousApply,
        MetadataFault::FailAppliesFrom,
        MetadataFault::FailRead,
        MetadataFault::FailReadsFrom,
    ];
    let (mut faults, mut failures) = (0, 0);
    for kind in kinds {
        for warm in [false, true] {
            for n in 1.. {
                faults += 1;
                if !spoiled(kind(n), warm, &mut failures).await {
                    break;
                }
                assert!(n < 500, "the calls never end");
            }
        }
    }
    assert!(
        faults > 40 && failures > 20,
        "{faults} faults, {failures} failures"
    );
}

async fn spoiled(fault: MetadataFault, warm: bool, failures: &mut u32) -> bool {
    let objects = FaultyStore::new(Arc::new(InMemory::new()));
    let faulty = Arc::new(FaultyMetadata::new(Arc::new(
        SqliteMetadata::in_memory().unwrap(),
    )));
    let metadata: Arc<dyn MetadataStore> = Arc::clone(&faulty) as Arc<dyn MetadataStore>;
    let stack = stack(&objects, &metadata);
    if warm {
        run_well(&stack, false, "before").await;
    }
    faulty.set(fault);
    let after = format!("{fault:?}, warm: {warm}");
    let outcome = run(&stack, false).await;
    let reached = match fault {
        MetadataFault::FailRead(n) | MetadataFault::FailReadsFrom(n) => faulty.reads() >= n,
        MetadataFault::FailApply(n)
        | MetadataFault::AmbiguousApply(n)
        | MetadataFault::FailAppliesFrom(n) => faulty.applies() >= n,
        _ => false,
    };
    faulty.set(MetadataFault::None);
    let client = Client::of(stack.clone());
    match outcome {
        Outcome::Completed(run, values) => {
            match values {
                Ok(values) => assert_eq!(values, expected(), "{after}"),
                Err(error) => assert!(error.contains("told to fail"), "{after}: {error}"),
            }
            readable(&run, &after).await;
        }
        Outcome::Failed(error) => {
            *failures += 1;
            let text = zen_tests::chain(&error);
            assert!(
                text.contains(":memory:") && text.contains("told to fail"),
                "{after}: {text}"
            );
            let last = client.last_run("small").ok();
            let id = last.as_ref().map(|run| run.id());
            if let Some(run) = last {
                readable(&run, &after).await;
                // A failure that is over leaves no run that seems to go on for ever.
                if !matches!(fault, MetadataFault::FailAppliesFrom(_)) {
                    assert!(run.status().is_final(), "{after}: the run is {}", run.status());
                }
            }
            match run(&stack, true).await {
                Outcome::Completed(run, values) => {
                    assert_eq!(values, Ok(expected()), "{after}, resumed");
                    readable(&run, &after).await;
                }
                // This process can't know that its own run was given up: it is settled when the process has ended.
                Outcome::Failed(RunError::Resume { run, .. }) => {
                    assert!(matches!(fault, MetadataFault::FailAppliesFrom(_)), "{after}");
                    assert_eq!(Some(run), id);
                }
                Outcome::Failed(error) => panic!("{after}, resumed: {}", zen_tests::chain(&error)),
            }
        }
    }
    run_well(&stack, false, &after).await;
    reached
}
