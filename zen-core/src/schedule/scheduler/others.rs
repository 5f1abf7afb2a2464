//! Which of the other schedulers are dead.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::metadata::{MetadataError, SchedulerRecord};
use crate::stack::{Liveness, Stack, host};

/// How long a scheduler may be silent while it holds slots. It is heard of every 1.5 s.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// One of another machine.
    pub(super) elsewhere: Duration,
    /// One whose process is known to be alive: it may be stopped, or starved.
    pub(super) alive: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            elsewhere: Duration::from_secs(6),
            alive: Duration::from_secs(30),
        }
    }
}

/// What was heard of the other schedulers. Silence is counted by the monotonic clock of this process, so that nobody's wall clock matters.
#[derive(Debug)]
pub(super) struct Others {
    terms: Terms,
    /// Their last sign of life, and for how long there has been none since.
    heard: HashMap<Uuid, (u64, Duration)>,
    looked: Option<Instant>,
}

/// No more than this passes between two looks of a scheduler that was at work. What passes beyond was a time in which it was stopped itself,
/// perhaps together with those it listens to.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

impl Others {
    pub(super) fn new(terms: Terms) -> Self {
        Self {
            terms,
            heard: HashMap::new(),
            looked: None,
        }
    }

    /// How long a slot that one scheduler can't run is left to others.
    pub(super) fn patience(&self) -> Duration {
        self.terms.elsewhere * 10
    }

    /// None of them holds a slot: who holds none may be silent, and that doesn't count later.
    pub(super) fn forget(&mut self) {
        self.heard.clear();
        self.looked = None;
    }

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
        let now = Instant::now();
        let passed = self
            .looked
            .replace(now)
            .map_or(Duration::ZERO, |looked| now - looked);
        let passed = passed.min(BETWEEN_LOOKS);
        let dead = holders.iter().filter(|id| match recorded.get(id) {
            // It ended without giving back what it had.
            None => true,
            Some(scheduler) => self.is_dead(stack, scheduler, passed),
        });
        Ok(dead.copied().collect())
    }

    fn is_dead(&mut self, stack: &Stack, scheduler: &SchedulerRecord, passed: Duration) -> bool {
        let alive = is_alive(stack, scheduler);
        if alive == Some(false) {
            return true;
        }
        let heard = self.heard.entry(scheduler.id);
        let (beat, silent) = heard
            .and_modify(|(_, silent)| *silent += passed)
            .or_insert((scheduler.beat, Duration::ZERO));
        if *beat != scheduler.beat {
            (*beat, *silent) = (scheduler.beat, Duration::ZERO);
        }
        *silent
            > match alive {
                Some(true) => self.terms.alive,
                _ => self.terms.elsewhere,
            }
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
