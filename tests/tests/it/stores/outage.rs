//! A store that dies while a run needs it, and comes back.

use std::sync::{Arc, Mutex, OnceLock};

use zen_core::artifact::ArtifactStore;
use zen_core::graph::Component;
use zen_core::prelude::*;
use zen_core::testing::{assert_cached, assert_executed};

use crate::support::{Calls, eventually};
use zen_tests::stores::Weed;

/// What the step in the middle kills, when it is there; and where it sees that the step before is recorded.
struct Doomed {
    weed: Mutex<Option<Weed>>,
    stack: OnceLock<Stack>,
}

#[step(cache = false)]
fn before(ctx: &StepContext) -> Vec<u64> {
    crate::support::count(ctx);
    (0..30_000).collect()
}

/// Ends the server. What it returns has to be stored, and can't.
#[step]
fn during(ctx: &StepContext, numbers: &[u64]) -> Result<Vec<u64>> {
    let doomed = ctx.component::<Doomed>().ok_or("nothing to end")?;
    if let Some(weed) = &mut *doomed.weed.lock().unwrap() {
        // Its input is in memory, and may still be on its way to the store.
        let client = Client::of(doomed.stack.get().ok_or("no stack")?.clone());
        eventually("the step before is recorded", || {
            let run = client.last_run("through_an_outage").unwrap();
            run.step("before").is_ok_and(|step| step.status().is_success())
        });
        weed.crash();
    }
    Ok(numbers.iter().map(|x| x + 1).collect())
}

#[step]
fn after(numbers: &[u64]) -> u64 {
    numbers.iter().sum()
}

#[pipeline]
fn through_an_outage() -> Artifact<u64> {
    after(during(before()))
}

#[test]
fn a_server_that_is_killed_fails_the_step_by_name_and_a_resumed_run_completes() {
    let Some(weed) = Weed::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let url = weed.url("outage");
    let mut options = weed.options();
    options.push(("zen_retry_seconds".into(), "1".into()));
    let (calls, doomed) = (
        Arc::new(Calls::default()),
        Arc::new(Doomed {
            weed: Mutex::new(Some(weed)),
            stack: OnceLock::new(),
        }),
    );
    let stack = Stack::builder()
        .home(folder.path().join(".zen"))
        .artifacts(ArtifactStore::open_with(&url, options).unwrap())
        .component(Component::new("test", "calls", "counter", Arc::clone(&calls)))
        .component(Component::new("test", "doomed", "server", Arc::clone(&doomed)))
        .build()
        .unwrap();
    doomed.stack.set(stack.clone()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let error = through_an_outage().on(&stack).quiet().run().await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("step `during` failed") && text.contains("s3://outage"),
            "{text}"
        );
        assert!(text.contains("can't be reached"), "{text}");
        let client = Client::of(stack.clone());
        let run = client.run(error.run().unwrap()).unwrap();
        assert_eq!(run.status(), Status::Failed);
        assert_eq!(run.step("before").unwrap().status(), Status::Completed);
        assert_eq!(run.step("during").unwrap().status(), Status::Failed);

        // Still gone: nothing is done for the waste-paper basket.
        let away = through_an_outage().on(&stack).quiet().resume_last().run().await;
        let text = away.unwrap_err().to_string();
        assert!(
            text.contains("step `before` failed") && text.contains("can't be reached"),
            "{text}"
        );
        assert_eq!(calls.get(), 1, "what had finished was done again");

        doomed.weed.lock().unwrap().as_mut().unwrap().start_again();
        // Now it lives.
        let server = doomed.weed.lock().unwrap().take();
        let resumed = through_an_outage()
            .on(&stack)
            .quiet()
            .resume_last()
            .run()
            .await
            .unwrap();
        assert_eq!(*resumed.output().await.unwrap(), (1..=30_000).sum::<u64>());
        assert_executed(&resumed, &["during", "after"]);
        assert_cached(&resumed, &["before"]);
        assert_eq!(calls.get(), 1, "what had finished was not done again");
        drop(server);
    });
}
