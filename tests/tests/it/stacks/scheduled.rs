//! Schedules run on the stack they were made on, whichever stack the scheduler uses.

use std::time::Duration;

use zen_core::prelude::*;
use zen_core::schedule::{Schedule, Scheduler};

use super::Project;

#[step(cache = false)]
fn stack_name(ctx: &StepContext) -> String {
    ctx.stack().to_owned()
}

#[pipeline]
fn naming() -> Artifact<String> {
    stack_name()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_runs_on_its_own_stack() {
    let project = Project::new(
        "[components.artifact_store.shelf]\nflavor = \"local\"\npath = \"shelf\"\n[stacks.shelved]\nartifact_store = \"shelf\"\n",
    );
    let shelved = project.choose().stack("shelved").open().unwrap();
    let often = Schedule::every(Duration::from_millis(100))
        .unwrap()
        .max_runs(1)
        .unwrap();
    let made = naming().schedule("often", often).on(&shelved).await.unwrap();

    let own = project.choose().open().unwrap();
    let client = Client::of(own.clone());
    let stop = async {
        loop {
            let runs = made.runs(10).unwrap();
            if runs.iter().any(|run| run.status().is_final()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let end = tokio::time::timeout(Duration::from_secs(60), stop);
    let scheduler = Scheduler::new().on(&own).quiet();
    scheduler
        .run_until(async {
            end.await.expect("the slot is fired");
        })
        .await
        .unwrap();
    let run = client.last_run("naming").unwrap();
    assert_eq!(run.status(), Status::Completed, "{:?}", run.error());
    let said: String = run.step("stack_name").unwrap().load("output").await.unwrap();
    assert_eq!(said, "shelved");
}
