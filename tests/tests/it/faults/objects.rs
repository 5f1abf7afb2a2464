//! Each call of an object store fails once, or from then on, in each way.

use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use zen_core::metadata::{MetadataStore, SqliteMetadata};
use zen_core::prelude::*;
use zen_core::testing::{Fault, FaultyStore, Harm, Operation};

use super::small::{Outcome, expected, readable, run, run_well, stack};

const HARMS: [(Operation, Harm); 9] = [
    (Operation::Any, Harm::Error),
    (Operation::Put, Harm::Error),
    (Operation::Put, Harm::Ambiguous),
    (Operation::Put, Harm::ShortWrite),
    (Operation::Get, Harm::Error),
    (Operation::Get, Harm::Truncate),
    (Operation::Get, Harm::WrongBytes),
    (Operation::Head, Harm::WrongSize),
    (Operation::Any, Harm::Slow(Duration::from_millis(2))),
];

/// The store's calls in a run that has nothing to take from the cache, and in one that has everything.
#[tokio::test]
async fn whichever_call_fails_values_are_right_or_there_is_an_error() {
    let (mut faults, mut failures) = (0, 0);
    for (operation, harm) in HARMS {
        for warm in [false, true] {
            for n in 1.. {
                let nth = Fault::Nth(operation, n, harm);
                let from = Fault::From(operation, n, harm);
                let more = spoiled(nth, harm, warm, &mut failures).await;
                spoiled(from, harm, warm, &mut failures).await;
                faults += 2;
                if !more {
                    break;
                }
                assert!(n < 200, "{nth:?}: the calls never end");
            }
        }
    }
    assert!(
        faults > 100 && failures > 20,
        "{faults} faults, {failures} failures"
    );
}

/// Whether there were as many calls as the fault is late.
async fn spoiled(fault: Fault, harm: Harm, warm: bool, failures: &mut u32) -> bool {
    let objects = FaultyStore::new(Arc::new(InMemory::new()));
    let metadata: Arc<dyn MetadataStore> = Arc::new(SqliteMetadata::in_memory().unwrap());
    let stack = stack(&objects, &metadata);
    if warm {
        run_well(&stack, false, "before").await;
    }
    objects.set(fault);
    let after = format!("{fault:?}, warm: {warm}");
    let outcome = run(&stack, false).await;
    let n = match fault {
        Fault::Nth(_, n, _) | Fault::From(_, n, _) => n,
        _ => 0,
    };
    let reached = objects.calls_of_kind() >= n;
    objects.set(Fault::None);
    match outcome {
        Outcome::Completed(run, values) => {
            match values {
                Ok(values) => assert_eq!(values, expected(), "{after}"),
                // Read while the store failed, or written by one that lied.
                Err(error) => assert!(error.contains("output `"), "{after}: {error}"),
            }
            // A store that says it has written what it has not is found out when it is read.
            if harm != Harm::ShortWrite {
                readable(&run, &after).await;
            }
        }
        Outcome::Failed(error) => {
            *failures += 1;
            let text = zen_tests::chain(&error);
            assert!(text.contains("step `"), "{after}: which step? {text}");
            assert!(text.contains("faulty://bucket"), "{after}: which object? {text}");
            let run = Client::of(stack.clone()).run(error.run().unwrap()).unwrap();
            assert_eq!(run.status(), Status::Failed, "{after}");
            if harm != Harm::ShortWrite {
                readable(&run, &after).await;
            }
            run_well(&stack, true, &format!("{after}, resumed")).await;
        }
    }
    run_well(&stack, false, &after).await;
    reached
}
