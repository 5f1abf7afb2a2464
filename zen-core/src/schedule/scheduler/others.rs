//! Which of the other schedulers are dead.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::metadata::{MetadataError, SchedulerRecord};
use crate::stack::{Liveness, Stack, host};

/// How long a scheduler of another machine may be silent while it holds slots. It is heard of four times as often.
const TERM: Duration = Duration::from_secs(6);

/// The same for one whose process is known to be alive: it may be stopped, or starved.
const TERM_ALIVE: Duration = Duration::from_secs(30);

/// What was heard of the other schedulers. Silence is counted by the monotonic clock of this process, so that nobody's wall clock matters.
#[derive(Debug, Default)]
pub(super) struct Others {
    heard: HashMap<Uuid, (u64, Instant)>,
}

impl Others {
    /// Those of `holders` that are dead, or as good as dead.
    pub(super) fn dead(
        &mut self,
        stack: &Stack,
        holders: &HashSet<Uuid>,
    ) -> Result<HashSet<Uuid>, MetadataError> {
        let recorded: HashMap<Uuid, SchedulerRecord> = stack
            .metadata()
            .schedulers()?
            .into_iter()
            .map(|scheduler| (scheduler.id, scheduler))
            .collect();
        self.heard.retain(|id, _| holders.contains(id));
        let dead = holders.iter().filter(|id| match recorded.get(id) {
            // It ended without giving back what it had.
            None => true,
            Some(scheduler) => self.is_dead(stack, scheduler),
        });
        Ok(dead.copied().collect())
    }

    fn is_dead(&mut self, stack: &Stack, scheduler: &SchedulerRecord) -> bool {
        let alive = is_alive(stack, scheduler);
        if alive == Some(false) {
            return true;
        }
        let now = Instant::now();
        let (beat, since) = self.heard.entry(scheduler.id).or_insert((scheduler.beat, now));
        if *beat != scheduler.beat {
            (*beat, *since) = (scheduler.beat, now);
        }
        let silent = now.duration_since(*since);
        silent > if alive == Some(true) { TERM_ALIVE } else { TERM }
    }
}

/// Whether the scheduler's process is alive, as far as that can be seen from here.
pub(super) fn is_alive(stack: &Stack, scheduler: &SchedulerRecord) -> Option<bool> {
    if scheduler.host != host() {
        return None;
    }
    match (stack.live(), scheduler.process) {
        (Some(folder), Some(process)) => Liveness::is_alive(&folder, process).ok(),
        _ => (scheduler.pid == std::process::id()).then_some(true),
    }
}
