//! The sign of life of a scheduler that holds slots.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::metadata::{Change, MetadataError, SchedulerRecord};
use crate::stack::Stack;

/// How often it is given.
const EVERY: Duration = Duration::from_millis(1500);

/// Records the scheduler, and gives a sign of life as long as it holds slots, from a thread of its own: what steps do to the runtime must not
/// make it look dead. Dropping it takes the scheduler off the record.
#[derive(Debug)]
pub(super) struct Beat {
    stack: Stack,
    record: Arc<Mutex<Option<SchedulerRecord>>>,
    held: Arc<Held>,
    /// Dropping it ends the thread.
    ending: Option<SyncSender<()>>,
}

/// What it holds.
#[derive(Debug, Default)]
struct Held {
    now: AtomicUsize,
    /// It held something since the last sign of life, however shortly: whoever saw that waits for the next sign.
    since: AtomicBool,
}

impl Held {
    /// Whether a sign of life is to be given now.
    fn is_due(&self) -> bool {
        self.since.swap(false, Ordering::Relaxed) || self.now.load(Ordering::Relaxed) > 0
    }
}

impl Beat {
    pub(super) fn start(stack: &Stack, record: SchedulerRecord) -> Result<Self, MetadataError> {
        stack
            .metadata()
            .apply(&[Change::Scheduler(Box::new(record.clone()))])?;
        let held = Arc::<Held>::default();
        let record = Arc::new(Mutex::new(Some(record)));
        let (ending, ended) = sync_channel::<()>(0);
        let beats = {
            let (stack, record, held) = (stack.clone(), Arc::clone(&record), Arc::clone(&held));
            move || {
                while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(EVERY) {
                    if !held.is_due() {
                        continue;
                    }
                    let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
                    let Some(record) = record.as_mut() else { return };
                    record.beat += 1;
                    // Given again soon. When it fails for long, somebody else takes over, and the fence keeps this one from doing harm.
                    let _ = stack
                        .metadata()
                        .apply(&[Change::Scheduler(Box::new(record.clone()))]);
                }
            }
        };
        // Without it another scheduler takes over in a while, although this one lives: no slot is lost or recorded twice.
        let _ = std::thread::Builder::new()
            .name("zen-scheduler".into())
            .spawn(beats);
        Ok(Self {
            stack: stack.clone(),
            record,
            held,
            ending: Some(ending),
        })
    }

    /// How many slots it holds from now on.
    pub(super) fn holds(&self, slots: usize) {
        self.held.now.store(slots, Ordering::Relaxed);
        if slots > 0 {
            self.held.since.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.ending = None;
        // Taken away, so that no beat comes after it.
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(record) = record {
            // The process's death says the same.
            let _ = self
                .stack
                .metadata()
                .apply(&[Change::SchedulerEnded { scheduler: record.id }]);
        }
    }
}
