//! Several processes that claim slots of the same schedules in one file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::Path;

use chrono::TimeDelta;
use uuid::Uuid;
use zen_core::metadata::{
    Change, MetadataError, MetadataStore, ScheduleFilter, ScheduleRecord, SlotFilter, SlotRecord, SlotState,
};

use super::processes::child_command;
use super::samples::{now, schedule, slot};
use super::{database, open};

const PROCESSES: usize = 6;
const SCHEDULES: usize = 3;
/// Of each schedule.
const SLOTS: usize = 40;

/// What a scheduler does, without the runs: keeps all schedules in memory, learns what has changed, claims the first slot that is
/// queued, settles it under its fence, and makes the next one due.
pub(super) fn claim_as_child(path: &Path) {
    println!("ready");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let store = open(path);
    let me = Uuid::now_v7();
    let mut seen = 0;
    let mut known: BTreeMap<Uuid, (ScheduleRecord, Vec<SlotRecord>)> = BTreeMap::new();
    loop {
        if store.schedule_revision().unwrap() != seen {
            let changes = store.schedule_changes(seen).unwrap();
            assert!(changes.revision > seen, "the revision fell");
            seen = changes.revision;
            for schedule in changes.changed {
                known.insert(schedule.id, (schedule, Vec::new()));
            }
            for slot in changes.open {
                known.get_mut(&slot.schedule).unwrap().1.push(slot);
            }
        }
        let queued = known.values().find_map(|(schedule, open)| {
            let slot = open.iter().find(|slot| slot.state == SlotState::Queued)?;
            Some((schedule.clone(), slot.clone()))
        });
        let Some((mut schedule, mut slot)) = queued else {
            let all_fired = known.values().all(|(schedule, open)| {
                schedule.fired == SLOTS as u64 && open.iter().all(|slot| slot.holder != Some(me))
            });
            if known.len() == SCHEDULES && all_fired {
                return;
            }
            std::thread::yield_now();
            continue;
        };
        schedule.fired += 1;
        slot.state = SlotState::Claimed;
        slot.token += 1;
        slot.holder = Some(me);
        let mut changes = vec![Change::Slot(Box::new(slot.clone()))];
        if schedule.fired < SLOTS as u64 {
            let due = slot.due + TimeDelta::seconds(1);
            changes.push(Change::Slot(Box::new(super::samples::slot(schedule.id, due))));
        }
        changes.push(Change::Schedule(Box::new(schedule)));
        match store.apply(&changes) {
            Ok(()) => println!("claimed {}", slot.id),
            Err(MetadataError::Stale { .. }) => continue,
            Err(error) => panic!("{error:?}"),
        }
        let fence = |token: u64| Change::SlotFenced { slot: slot.id, token };
        let settled = SlotRecord {
            state: SlotState::Completed,
            ended: Some(now()),
            ..slot.clone()
        };
        let settle = Change::Slot(Box::new(settled));
        let outcomes = store.apply_each(&[
            vec![fence(slot.token - 1), settle.clone()],
            vec![fence(slot.token), settle],
        ]);
        assert!(
            matches!(
                outcomes.as_slice(),
                [Err(MetadataError::SlotTaken { .. }), Ok(())]
            ),
            "{outcomes:?}"
        );
    }
}

#[test]
fn of_processes_that_race_each_slot_is_claimed_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    let store = open(&path);
    for n in 0..SCHEDULES {
        let schedule = schedule(&n.to_string());
        let first = slot(schedule.id, now());
        store
            .apply(&[
                Change::Schedule(Box::new(schedule)),
                Change::Slot(Box::new(first)),
            ])
            .unwrap();
    }
    let mut children: Vec<_> = (0..PROCESSES)
        .map(|_| child_command("claim slots", &path).spawn().unwrap())
        .collect();
    let mut outputs: Vec<_> = children
        .iter_mut()
        .map(|child| {
            BufReader::new(child.stdout.take().unwrap())
                .lines()
                .map(Result::unwrap)
        })
        .collect();
    for lines in &mut outputs {
        assert!(
            lines.any(|line| line.ends_with("ready")),
            "a process ended before it was ready"
        );
    }
    children.iter_mut().for_each(|child| drop(child.stdin.take()));
    let mut claims: HashMap<Uuid, usize> = HashMap::new();
    for lines in outputs {
        for line in lines {
            if let Some(id) = line.strip_prefix("claimed ") {
                *claims.entry(id.parse().unwrap()).or_default() += 1;
            }
        }
    }
    for child in &mut children {
        assert!(child.wait().unwrap().success(), "a process failed");
    }
    let slots = store.slots(&SlotFilter::default()).unwrap();
    assert_eq!(slots.len(), SCHEDULES * SLOTS);
    for slot in &slots {
        assert_eq!((slot.state, slot.token), (SlotState::Completed, 1));
        assert_eq!(
            claims.get(&slot.id),
            Some(&1),
            "a slot was claimed twice, or never"
        );
    }
    let times: HashSet<_> = slots.iter().map(|slot| (slot.schedule, slot.due)).collect();
    assert_eq!(times.len(), slots.len());
    for schedule in store.schedules(&ScheduleFilter::default()).unwrap() {
        assert_eq!(schedule.fired, SLOTS as u64);
    }
    // Each schedule was made with its first slot; each slot is claimed with its schedule and settled alone.
    let expected = SCHEDULES * (2 + (SLOTS - 1) * 3 + 2 + SLOTS);
    assert_eq!(store.schedule_revision().unwrap(), expected as u64);
}
