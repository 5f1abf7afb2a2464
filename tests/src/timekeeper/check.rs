//! What must be true of schedules after their last slot, whatever happened to their schedulers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use uuid::Uuid;
use zen_core::metadata::{SlotCause, SlotFilter, SlotRecord, SlotState};
use zen_core::prelude::*;
use zen_core::schedule::{Overlap, ScheduleView};

use super::journal::{self, Did};

/// What was found, to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// How many slots the time tables gave.
    pub slots: u64,
    /// How many of them ended in which state.
    pub states: BTreeMap<String, u64>,
    /// How often a slot's scheduler died.
    pub deaths: u64,
    /// How many runs there were.
    pub runs: u64,
    /// What is wrong.
    pub wrongs: Vec<String>,
}

/// Looks at an ended schedule, from its first slot to its last.
///
/// # Errors
/// When the store can't be read.
pub fn check(schedule: &ScheduleView, journal: &Path, found: &mut Found) -> Result<()> {
    let name = schedule.name();
    let mut records: Vec<SlotRecord> = schedule
        .slots(&SlotFilter::default())?
        .into_iter()
        .map(|slot| slot.record().clone())
        .filter(|slot| slot.cause == SlotCause::Due)
        .collect();
    records.sort_by_key(|slot| slot.due);
    every_slot_has_a_record(schedule, &records, found);
    for slot in &records {
        *found.states.entry(slot.state.to_string()).or_default() += slot.count;
        found.deaths += u64::from(slot.deaths);
        if !slot.state.is_settled() {
            found
                .wrongs
                .push(format!("{name}: the slot of {} is {}", slot.due, slot.state));
        }
    }
    every_run_is_a_slots(schedule, &records, journal, found)
}

/// Walks through the time table and the records side by side.
fn every_slot_has_a_record(schedule: &ScheduleView, records: &[SlotRecord], found: &mut Found) {
    let name = schedule.name();
    let before = schedule.record().created;
    let mut table = schedule.schedule().after(before);
    for slot in records {
        for n in 0..slot.count {
            let due = table.next();
            found.slots += 1;
            let first_and_last = (n == 0, n + 1 == slot.count);
            let fits = match (due, first_and_last) {
                (None, _) => false,
                (Some(due), (true, true)) => due == slot.due && due == slot.last,
                (Some(due), (true, false)) => due == slot.due,
                (Some(due), (false, true)) => due == slot.last,
                (Some(due), (false, false)) => slot.due < due && due < slot.last,
            };
            if !fits {
                let (from, to, count) = (slot.due, slot.last, slot.count);
                found.wrongs.push(format!(
                    "{name}: the time table says {due:?}, the record is of {count} from {from} to {to}"
                ));
                return;
            }
        }
    }
    if let Some(due) = table.next() {
        found.wrongs.push(format!(
            "{name}: the slot of {due} and those after it have no record"
        ));
    }
}

fn every_run_is_a_slots(
    schedule: &ScheduleView,
    records: &[SlotRecord],
    journal: &Path,
    found: &mut Found,
) -> Result<()> {
    let name = schedule.name();
    let mut runs: HashMap<Uuid, Vec<RunView>> = HashMap::new();
    let listed = schedule.runs(usize::MAX)?;
    found.runs += listed.len() as u64;
    for run in listed {
        match &run.record().slot {
            Some(slot) => runs.entry(slot.slot).or_default().push(run),
            None => found
                .wrongs
                .push(format!("{name}: run {} is for no slot", run.id())),
        }
    }
    let ended: HashSet<Uuid> = journal::read(journal)
        .into_iter()
        .filter(|line| line.did == Did::End)
        .map(|line| line.slot)
        .collect();
    let mut undisturbed = Vec::new();
    for slot in records {
        let of_it = runs.remove(&slot.id).unwrap_or_default();
        if slot.token == 1 {
            undisturbed.extend(
                of_it
                    .iter()
                    .filter(|run| run.status() == Status::Completed)
                    .cloned(),
            );
        }
        let completed: Vec<Uuid> = of_it
            .iter()
            .filter(|run| run.status() == Status::Completed)
            .map(RunView::id)
            .collect();
        let due = slot.due;
        let expected = usize::from(slot.state == SlotState::Completed);
        if completed.len() != expected {
            found.wrongs.push(format!(
                "{name}: the slot of {due} is {} and has {} completed runs: {of_it:?}",
                slot.state,
                completed.len()
            ));
        }
        if expected == 1 && slot.run != completed.first().copied() {
            found.wrongs.push(format!(
                "{name}: the slot of {due} names another run than the completed one"
            ));
        }
        if expected == 1 && !ended.contains(&slot.id) {
            found.wrongs.push(format!(
                "{name}: the slot of {due} is completed, and its step never ended"
            ));
        }
        if slot.deaths == 0 && of_it.len() > 1 && slot.token <= 1 {
            found.wrongs.push(format!(
                "{name}: the slot of {due} was fired {} times",
                of_it.len()
            ));
        }
        if of_it.is_empty() && slot.state == SlotState::Completed {
            found.wrongs.push(format!("{name}: the slot of {due} has no run"));
        }
        for run in of_it.iter().filter(|run| !run.status().is_final()) {
            found.wrongs.push(format!(
                "{name}: run {} of the slot of {due} is {}",
                run.id(),
                run.status()
            ));
        }
    }
    for slot in runs.keys() {
        found.wrongs.push(format!(
            "{name}: there are runs for slot {slot}, which is not recorded"
        ));
    }
    if schedule.schedule().overlap_policy() != Overlap::Allow {
        one_after_the_other(name, undisturbed, found);
    }
    Ok(())
}

/// Runs that were not interrupted don't overlap where they must not: each ended before the next one began.
fn one_after_the_other(name: &str, mut runs: Vec<RunView>, found: &mut Found) {
    runs.sort_by_key(|run| run.record().started);
    for pair in runs.windows(2) {
        if let [before, after] = pair
            && before
                .record()
                .ended
                .is_none_or(|ended| after.record().started < ended)
        {
            let (before, after) = (before.id(), after.id());
            found
                .wrongs
                .push(format!("{name}: run {after} began before run {before} was over"));
        }
    }
}
