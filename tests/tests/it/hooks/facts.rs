//! What a hook is told, and what it finds.

use std::sync::{Arc, Mutex};

use zen_core::graph::{Component, Outcome};
use zen_core::metadata::RunSlot;
use zen_core::prelude::*;

#[derive(Debug, Default)]
struct Kept(Mutex<Vec<HookEvent>>);

async fn keep(event: HookEvent) -> Result<()> {
    if let (Some(step), Some(stack)) = (event.step_id(), event.component::<Stack>()) {
        // Its output is there already: nobody has to guess how long to wait for it.
        let run = Client::of((*stack).clone()).run(event.run_id().ok_or("no run")?)?;
        let found = run.step(event.step().ok_or("no name")?)?;
        assert_eq!((found.id(), found.status()), (step, Status::Completed));
        assert_eq!(found.load::<Vec<u64>>("output").await?.len(), 50_000);
    }
    event
        .component::<Kept>()
        .ok_or("no keeper")?
        .0
        .lock()
        .unwrap()
        .push(event);
    Ok(())
}

/// Large enough to be an object of the store, which is written beside the steps' way.
#[step(on_success = keep)]
fn large() -> Vec<u64> {
    (0..50_000).collect()
}

#[pipeline(on_success = keep)]
fn facts() -> Artifact<Vec<u64>> {
    large().named("grown")
}

#[tokio::test]
async fn an_event_tells_what_has_ended_and_finds_it_recorded() {
    let kept = Arc::new(Kept::default());
    let stack = Stack::builder()
        .component(Component::new("test", "kept", "kept", Arc::clone(&kept)))
        .build()
        .unwrap();
    let run = facts().on(&stack).named("friday").quiet().run().await.unwrap();
    assert!(
        run.hooks().unwrap().iter().all(|hook| hook.error.is_none()),
        "{:?}",
        run.hooks()
    );
    let events = kept.0.lock().unwrap().clone();
    let [step, whole] = &events[..] else {
        panic!("{events:?}");
    };
    for event in [step, whole] {
        assert_eq!((event.pipeline(), event.run_name()), ("facts", Some("friday")));
        assert_eq!((event.run_id(), event.stack()), (Some(run.id()), stack.name()));
        assert_eq!((event.outcome(), event.error()), (&Outcome::Success, None));
        assert!(event.slot().is_none() && event.took().is_some());
    }
    assert_eq!((step.step(), step.attempt()), (Some("grown"), Some(1)));
    assert_eq!(step.step_id(), Some(run.step("grown").unwrap().id()));
    assert_eq!(
        (whole.step(), whole.step_id(), whole.attempt()),
        (None, None, None)
    );
    assert!(whole.took() >= step.took());
    assert_eq!(step.to_string(), "step `grown` completed");
    assert_eq!(whole.to_string(), "pipeline `facts` completed");
    let records = run.hooks().unwrap();
    assert_eq!(records[0].hook, "it::hooks::facts::keep");
    assert_eq!((records[0].step, records[1].step), (step.step_id(), None));
    assert!(records.iter().all(|hook| hook.slot.is_none()));
    assert!(records[1].started >= run.ended().unwrap());
}

#[tokio::test]
async fn a_unit_test_makes_events() {
    let failure = HookEvent::for_test(Outcome::Failure("no data".into()));
    assert_eq!(failure.to_string(), "pipeline `test` failed: no data");
    let slot = RunSlot {
        schedule: uuid::Uuid::now_v7(),
        name: "nightly".into(),
        slot: uuid::Uuid::now_v7(),
        due: chrono::Utc::now(),
    };
    let kept = Arc::new(Kept::default());
    let event = failure
        .with_step("trainer", 3)
        .with_slot(slot.clone())
        .with_component(Component::new("test", "kept", "kept", Arc::clone(&kept)));
    assert_eq!((event.step(), event.attempt()), (Some("trainer"), Some(3)));
    assert_eq!((event.slot(), event.components().len()), (Some(&slot), 1));
    keep(event).await.unwrap();
    assert_eq!(
        kept.0.lock().unwrap()[0].to_string(),
        "step `trainer` failed: no data"
    );
}
