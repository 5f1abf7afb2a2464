//! Runs that are stopped at an awkward moment.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use zen_core::prelude::*;
use zen_core::runner::{Observer, RunError, RunEvent};

use crate::support::{eventually, eventually_async};

/// 0: as always; 1: the next who encodes an element waits; 2: somebody waits; 3: no longer.
static GATE: AtomicU8 = AtomicU8::new(0);

/// An element that can be made to take long to encode, as it is when a fan-out opens.
#[derive(Debug, Clone, Deserialize)]
struct Slow(u8);

impl Serialize for Slow {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        if GATE
            .compare_exchange(1, 2, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
        {
            eventually("the run has been stopped", || GATE.load(Ordering::SeqCst) == 3);
        }
        serializer.serialize_newtype_struct("Slow", &self.0)
    }
}

#[step(cache = false)]
fn slow() -> Vec<Slow> {
    vec![Slow(1), Slow(2)]
}

#[step(cache = false)]
fn take(slow: &Slow) -> u8 {
    slow.0
}

#[pipeline]
fn opening() -> Artifact<Vec<u8>> {
    slow().each(|slow| take(slow))
}

/// Closes the gate when the vector has been stored: what encodes its elements next is the fan-out.
#[derive(Debug, Default)]
struct Closes(Mutex<Vec<String>>);

impl Observer for Closes {
    fn event(&self, event: &RunEvent) {
        if let RunEvent::StepEnded { step, .. } = event {
            if step == "slow" {
                GATE.store(1, Ordering::SeqCst);
            }
            self.0.lock().unwrap().push(step.clone());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_while_a_fan_out_opens_ends() {
    let stack = crate::support::memory();
    let launch = opening()
        .on(&stack)
        .parallel(1)
        .observer(Arc::new(Closes::default()));
    let handle = launch.start().await.unwrap();
    eventually_async("the fan-out opens", || GATE.load(Ordering::SeqCst) == 2).await;
    handle.cancel();
    GATE.store(3, Ordering::SeqCst);
    let ended = tokio::time::timeout(std::time::Duration::from_secs(60), handle.wait()).await;
    let error = ended.expect("the run ends").unwrap_err();
    let RunError::Cancelled { run, .. } = error else {
        panic!("{error}");
    };
    let steps = Client::of(stack).run(run).unwrap().steps().unwrap();
    let steps: Vec<_> = steps.iter().map(|step| (step.name(), step.status())).collect();
    assert_eq!(
        steps,
        [("slow", Status::Completed), ("take.each", Status::Cancelled)]
    );
}
