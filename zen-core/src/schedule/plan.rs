//! What is to become of the slots that have come due: a function of what is recorded and of the time, and of nothing else.

use chrono::{DateTime, TimeDelta, Utc};

use super::{CatchUp, Overlap, Schedule};
use crate::metadata::{ScheduleState, SlotCause, SlotRecord, SlotState};

/// How many slots may wait for their turn.
pub(crate) const LONGEST_QUEUE: usize = 1000;

/// How many slots are looked at at once; the rest follows at once too, but others have their turn in between.
const AT_ONCE: usize = 10_000;

/// How many slots that aren't fired get a record each. Of more than these, one record stands for many.
const SEPARATE: usize = 100;

/// What is known when a schedule is planned.
#[derive(Debug)]
pub(crate) struct Situation<'a> {
    pub(crate) schedule: &'a Schedule,
    /// Up to here everything is decided.
    pub(crate) cursor: DateTime<Utc>,
    /// How many slots were fired so far.
    pub(crate) fired: u64,
    /// The slots that aren't settled.
    pub(crate) open: &'a [SlotRecord],
    /// The slots after the cursor that are recorded nevertheless, because the clock was set back.
    pub(crate) taken: &'a [SlotRecord],
    pub(crate) now: DateTime<Utc>,
}

/// Slots in a row that share a fate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decided {
    pub(crate) due: DateTime<Utc>,
    pub(crate) last: DateTime<Utc>,
    pub(crate) count: u64,
    pub(crate) fate: Fate,
}

/// What becomes of a slot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fate {
    /// It is to be fired as soon as a scheduler can.
    Fire { late: bool },
    /// Not fired, because of the overlap policy.
    Skip(String),
    /// Not fired in time.
    Miss(String),
}

/// What is to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    pub(crate) slots: Vec<Decided>,
    /// Up to here everything is decided now.
    pub(crate) cursor: DateTime<Utc>,
    /// No slot comes after these, for this reason.
    pub(crate) ended: Option<String>,
    /// There are more that are due: plan again.
    pub(crate) more: bool,
}

impl Situation<'_> {
    /// Decides on the slots that are due.
    pub(crate) fn plan(&self) -> Plan {
        let mut plan = Plan {
            slots: Vec::new(),
            cursor: self.cursor,
            ended: None,
            more: false,
        };
        let mut fired = self.fired;
        let limit = self.schedule.run_limit().unwrap_or(u64::MAX);
        let mut slots = self.schedule.after(self.cursor);
        let mut next = slots.next();
        let mut looked_at = 0;
        while let Some(due) = next.filter(|due| *due <= self.now) {
            if fired >= limit || looked_at == AT_ONCE {
                break;
            }
            looked_at += 1;
            next = slots.next();
            if !self.is_taken(due) {
                let newest = next.is_none_or(|next| next > self.now);
                let Some(fate) = self.fate(due, newest, &plan) else {
                    break;
                };
                fired += u64::from(matches!(fate, Fate::Fire { .. }));
                plan.slots.push(Decided {
                    due,
                    last: due,
                    count: 1,
                    fate,
                });
            }
            plan.cursor = due;
        }
        plan.more = looked_at == AT_ONCE;
        if fired >= limit {
            plan.ended = Some(match limit {
                1 => "it has had its one run".to_owned(),
                limit => format!("it has had its {limit} runs"),
            });
        } else if self.schedule.next_after(plan.cursor).is_none() {
            plan.ended = Some("no slot comes any more".to_owned());
        }
        plan.slots = together(plan.slots);
        plan
    }

    fn is_taken(&self, due: DateTime<Utc>) -> bool {
        self.taken.iter().any(|slot| slot.due <= due && due <= slot.last)
    }

    /// None: nothing is decided yet, because too many wait.
    fn fate(&self, due: DateTime<Utc>, newest: bool, plan: &Plan) -> Option<Fate> {
        let behind = self.now - due;
        let grace = TimeDelta::from_std(self.schedule.grace_period()).unwrap_or(TimeDelta::MAX);
        let late = !newest || behind > grace;
        let catch_up = self.schedule.catch_up_policy();
        match catch_up {
            CatchUp::None if late => {
                return Some(Fate::Miss(
                    "it was not fired in time: no scheduler was at work, or the clock went forward"
                        .to_owned(),
                ));
            }
            CatchUp::Latest if !newest => {
                return Some(Fate::Miss(
                    "it was not fired before the next one was due: a later one makes up for it".to_owned(),
                ));
            }
            _ => {}
        }
        let planned = plan.slots.iter().filter_map(|slot| match slot.fate {
            Fate::Fire { late } => Some(late),
            _ => None,
        });
        let open = self.open.iter().map(|slot| slot.late).chain(planned);
        let waiting = open.clone().count();
        let full = waiting >= LONGEST_QUEUE;
        let all = catch_up == CatchUp::All;
        let fire = Some(Fate::Fire { late });
        if full && all {
            return None;
        }
        match self.schedule.overlap_policy() {
            _ if waiting == 0 => fire,
            // Nothing is to be lost, and it came due while others were being made up for.
            Overlap::Skip if all && (late || open.clone().any(|late| late)) => {
                Some(Fate::Fire { late: true })
            }
            Overlap::Skip => Some(Fate::Skip(self.in_the_way())),
            _ if full => Some(Fate::Skip(format!(
                "{waiting} slots were waiting for their turn already"
            ))),
            Overlap::Queue | Overlap::Allow => fire,
        }
    }

    fn in_the_way(&self) -> String {
        let claimed = self.open.iter().find(|slot| slot.state == SlotState::Claimed);
        match claimed.and_then(|slot| slot.run) {
            Some(run) => format!("run {run} was still going on"),
            None => "the run before it was still to come or going on".to_owned(),
        }
    }
}

/// Slots that aren't fired share records where there are very many of them.
fn together(slots: Vec<Decided>) -> Vec<Decided> {
    let unfired = slots
        .iter()
        .filter(|slot| !matches!(slot.fate, Fate::Fire { .. }));
    if unfired.count() <= SEPARATE {
        return slots;
    }
    let mut merged: Vec<Decided> = Vec::new();
    for slot in slots {
        match merged.last_mut() {
            Some(before) if before.fate == slot.fate && !matches!(slot.fate, Fate::Fire { .. }) => {
                before.last = slot.last;
                before.count += slot.count;
            }
            _ => merged.push(slot),
        }
    }
    merged
}

/// Which of the open slots may be claimed now, in the order in which they are to be fired. Of a paused schedule, only those that somebody has asked
/// for: one whose run was interrupted waits for the end of the pause.
pub(crate) fn claimable(overlap: Overlap, state: ScheduleState, open: &[SlotRecord]) -> Vec<&SlotRecord> {
    let paused = state == ScheduleState::Paused;
    let mut waiting: Vec<_> = open
        .iter()
        .filter(|slot| slot.state == SlotState::Queued && (!paused || slot.cause == SlotCause::Trigger))
        .collect();
    waiting.sort_by_key(|slot| (slot.due, slot.id));
    if overlap != Overlap::Allow {
        let busy = open.iter().any(|slot| slot.state == SlotState::Claimed);
        waiting.truncate(usize::from(!busy));
    }
    waiting
}
