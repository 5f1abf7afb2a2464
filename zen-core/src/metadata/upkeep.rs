//! What a metadata store does to stay small and sound: removing what nobody needs, and checking itself.
//!
//! # How a prune removes nothing that is needed
//!
//! Other processes start runs, adopt outputs and store objects all the time. A prune therefore goes in two phases.
//!
//! 1. **Condemn.** A [plan](Upkeep::plan_prune) is made of what the rules let go and nothing that stays refers to. What it
//!    names is [marked](Upkeep::condemn), and from then on *cannot be found*: no cache lookup gives a step of a condemned run, no
//!    version lookup a condemned artifact, and no run begins that continues a condemned run. The last transaction of the marking
//!    *seals* the prune: it writes down all runs that are under way, and all [holds](Upkeep::hold). These are its barrier.
//! 2. **Sweep.** Once every run and hold of the barrier has ended, at once when there is none, what was marked is looked at
//!    [again](Upkeep::sweep_condemned). Whoever had found something before it was marked was under way at the seal, and has ended:
//!    all that it refers to is recorded, and is spared. Whoever began later could not find what is marked. So nothing new
//!    can refer to what is still marked and unreferred to, and it is deleted, in short transactions each of which looks at
//!    the marks once more.
//!
//! Objects are named by their content, so that a run can need a condemned one without having found it: by making the same
//! bytes again. Their mark is lifted
//!
//! - by the transaction that records an artifact (or a service) with that digest, which is what saves the bytes that are kept in the
//!   metadata store: they are written by the same transaction;
//! - for the artifact store by [`keep_object`](Upkeep::keep_object), which everybody calls *before* putting an object there. Who
//!   called it before the mark was set is in the barrier; who calls it after lifts the mark. Only an object that is just being
//!   deleted has to be waited for: it was [claimed](Upkeep::claim_objects) in a transaction that found the mark still there, and is written
//!   again when it is gone. When the deleter has died, its claims are taken from it; deletion from a folder ends with the process that
//!   asked for it. (A cloud may still carry out a request whose sender has died.)
//!
//! Settled slots of schedules go with the rest, with the hooks that were called for them and not for a run (those go with the run). Nothing
//! refers to them, so that they hide from nobody; one whose mark is lifted by being written, or which has become the newest of its
//! schedule, stays.
//!
//! Every step is a transaction or can be done again, so that a prune that is killed anywhere is finished by the next one. Marks
//! that were never sealed are dropped.

use std::collections::HashSet;
use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::MetadataError;
use crate::artifact::Digest;

/// Which finished runs may go, and which settled slots of schedules: for those, each rule is about the slots of one schedule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PruneRules {
    /// Only runs of this pipeline, and slots of its schedules.
    pub pipeline: Option<String>,
    /// The newest so many runs of every pipeline stay, and the newest so many settled slots of every schedule. The newest one stays in any
    /// case.
    pub keep_last: Option<u32>,
    /// Runs that ended, and slots that were settled, at this time or later stay.
    pub before: Option<DateTime<Utc>>,
    /// Types whose values name objects by their digests: parts of type names. An artifact that stays and has such a type keeps what it
    /// names.
    pub naming_types: Vec<String>,
    /// Digests that are needed besides.
    pub named: HashSet<Digest>,
    /// The URL of the artifact store whose objects may go: those that were written to another one stay there. `None`: wherever they are.
    pub store: Option<String>,
}

/// An object of the artifact store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoredObject {
    /// Its name.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// An object that goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoingObject {
    /// Which one.
    pub object: StoredObject,
    /// It is kept in the metadata store.
    pub inline: bool,
}

/// Why something stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum KeepReason {
    /// The run is under way.
    UnderWay,
    /// It is the newest run of its pipeline, which `resume_last` would continue.
    Newest,
    /// The rules are for another pipeline.
    OtherPipeline,
    /// It is one of the newest runs that the rules keep.
    KeepLast,
    /// It ended too recently.
    Young,
    /// A run that stays continues it.
    Continued,
    /// A run that stays adopted outputs of its steps.
    Adopted,
    /// A service, or a version it can go back to, was deployed by the run or serves the artifact.
    Service,
    /// A schedule: the run belongs to a slot that isn't settled, or the artifact is its arguments.
    Schedule,
    /// A step of a run that stays made, adopted or read the artifact.
    InKeptRun,
    /// It is the newest version of its name.
    Latest,
    /// It has tags.
    Tagged,
    /// It was saved by hand, outside any run.
    Saved,
}

impl fmt::Display for KeepReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            KeepReason::UnderWay => "under way",
            KeepReason::Newest => "newest run of its pipeline",
            KeepReason::OtherPipeline => "of another pipeline",
            KeepReason::KeepLast => "among the last runs",
            KeepReason::Young => "too recent",
            KeepReason::Continued => "continued by a run that stays",
            KeepReason::Adopted => "a run that stays adopted its outputs",
            KeepReason::Service => "needed by a service",
            KeepReason::Schedule => "needed by a schedule",
            KeepReason::InKeptRun => "used by a run that stays",
            KeepReason::Latest => "newest version of its name",
            KeepReason::Tagged => "tagged",
            KeepReason::Saved => "saved by hand",
        })
    }
}

/// How much stays for one reason. What stays for several is counted for the first that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Why.
    pub reason: KeepReason,
    /// So many runs, or so many artifact versions: a reason is for one of the two, except [`KeepReason::Service`] and [`KeepReason::Schedule`].
    pub count: u64,
    /// Some of them: names of runs, or names and versions of artifacts.
    pub examples: Vec<String>,
}

/// What a prune would remove now, and what it leaves.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrunePlan {
    /// The runs that go.
    pub runs: Vec<Uuid>,
    /// How many steps they have.
    pub steps: u64,
    /// The artifact versions that go.
    pub artifacts: Vec<Uuid>,
    /// The objects that go.
    pub objects: Vec<GoingObject>,
    /// The settled slots of schedules that go.
    pub slots: Vec<Uuid>,
    /// The objects of artifact versions that go which are in another artifact store than [`PruneRules::store`]: they stay.
    pub elsewhere: u64,
    /// What stays, by reason.
    pub kept: Vec<Kept>,
    /// Artifacts that stay, have one of [`PruneRules::naming_types`], and are not kept in the metadata store: what their objects name has to be
    /// added to [`PruneRules::named`], and the plan to be made again.
    pub unread: Vec<Digest>,
}

/// A prune whose marks are set and not yet swept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingPrune {
    /// Its number.
    pub no: u64,
    /// The runs and holds that have to end before.
    pub waits_for: Vec<Uuid>,
}

/// What a sweep did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// The prunes that it was about: those that wait for nothing any more.
    pub prunes: Vec<u64>,
    /// Runs deleted.
    pub runs: u64,
    /// Their steps.
    pub steps: u64,
    /// Artifact versions deleted.
    pub artifacts: u64,
    /// Objects deleted from the metadata store.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Settled slots of schedules deleted.
    pub slots: u64,
    /// Runs, artifact versions, objects and slots that were marked and turned out to be needed.
    pub spared: u64,
}

/// What became of the wish to keep an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepObject {
    /// No prune that is under way deletes it.
    Kept,
    /// It is being deleted by this process, and can be written again when that is done.
    BeingDeleted(Uuid),
}

/// Somebody who stores objects outside any run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRecord {
    /// The hold.
    pub id: Uuid,
    /// The name of its process's liveness lock; none when it is this process, whose stack is in memory.
    pub process: Option<Uuid>,
    /// The machine's name.
    pub host: String,
}

/// Removing what nobody needs, and checking: part of every [`MetadataStore`](super::MetadataStore).
///
/// The module tells how the methods work together; [`Client::prune`](crate::client::Client::prune) is what programs call. Methods
/// block, may be called by several processes at once, and fail when the store can't be read or written.
pub trait Upkeep {
    /// What could be removed now under these rules: with what earlier prunes have sealed and not yet swept. `stored` are objects of the artifact
    /// store that shall go too when nothing refers to them. Changes nothing.
    fn plan_prune(&self, rules: &PruneRules, stored: &[StoredObject]) -> Result<PrunePlan, MetadataError>;

    /// Marks what a plan names and seals the prune. Drops marks that were never sealed.
    fn condemn(&self, plan: &PrunePlan) -> Result<PendingPrune, MetadataError>;

    /// The prunes that are sealed, oldest first.
    fn pending_prunes(&self) -> Result<Vec<PendingPrune>, MetadataError>;

    /// For all sealed prunes whose barrier has ended: spares what is referred to by now and removes the rest, but for the objects of the artifact
    /// store, whose marks stay. Blocks other writers for milliseconds at a time. `rules` gives [`PruneRules::naming_types`] and
    /// [`PruneRules::named`]; the rest of it doesn't matter any more.
    fn sweep_condemned(&self, rules: &PruneRules) -> Result<Swept, MetadataError>;

    /// Claims at most so many marked objects of the artifact store for deletion by a process, of these prunes, which were swept.
    fn claim_objects(
        &self,
        prunes: &[u64],
        deleter: Uuid,
        limit: u32,
    ) -> Result<Vec<StoredObject>, MetadataError>;

    /// These claimed objects are deleted: their marks are removed.
    fn objects_deleted(&self, deleter: Uuid, digests: &[Digest]) -> Result<(), MetadataError>;

    /// Gives claims back: these, or all of a process that is dead. The marks stay.
    fn unclaim_objects(&self, deleter: Uuid, digests: Option<&[Digest]>) -> Result<(), MetadataError>;

    /// Which processes have claims.
    fn deleters(&self) -> Result<Vec<Uuid>, MetadataError>;

    /// Ends the swept prunes of which no marked artifact or object is left, drops marks that were never sealed, and makes what was freed usable.
    fn finish_prunes(&self) -> Result<(), MetadataError>;

    /// Lifts the mark of an object. To be called before the object is put into the artifact store, by whoever is in a run that is recorded or
    /// has a [hold](Self::hold).
    fn keep_object(&self, digest: Digest) -> Result<KeepObject, MetadataError>;

    /// Announces that somebody outside any run is about to store objects and refer to them: prunes wait as for a run.
    fn hold(&self, hold: &HoldRecord) -> Result<(), MetadataError>;

    /// Ends a hold. No effect when there is none.
    fn release_hold(&self, hold: Uuid) -> Result<(), MetadataError>;

    /// All holds.
    fn holds(&self) -> Result<Vec<HoldRecord>, MetadataError>;

    /// Checks the store itself: what is wrong with it, in words. Empty when nothing is. May take long.
    fn check(&self) -> Result<Vec<String>, MetadataError>;
}

/// The digests that stand in a text or in encoded bytes: 64 hexadecimal digits, or the path of an object (`ab/cdef..`).
pub(crate) fn digests_in(bytes: &[u8]) -> HashSet<Digest> {
    const LENGTH: usize = 64;
    let hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let mut found = HashSet::new();
    let mut note = |digits: &[u8]| {
        if let Some(digest) = std::str::from_utf8(digits)
            .ok()
            .and_then(|text| text.parse().ok())
        {
            found.insert(digest);
        }
    };
    let mut start = 0;
    while start < bytes.len() {
        let length = bytes[start..].iter().take_while(|byte| hex(byte)).count();
        let digits = &bytes[start..start + length];
        // A neighbour in the encoding may look like one more digit.
        digits.windows(LENGTH).for_each(&mut note);
        if length >= LENGTH - 2
            && start >= 3
            && bytes[start - 1] == b'/'
            && bytes[start - 3..start - 1].iter().all(hex)
        {
            note(&[&bytes[start - 3..start - 1], &digits[..LENGTH - 2]].concat());
        }
        start += length + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_found_wherever_they_stand() {
        let digest = Digest::of(b"x");
        let text = digest.to_string();
        for around in [
            text.clone(),
            format!("inline:{text}\""),
            format!("@{text}7"),
            format!("file:///a/objects/{}/{}", &text[..2], &text[2..]),
        ] {
            assert!(digests_in(around.as_bytes()).contains(&digest), "{around}");
        }
        assert!(digests_in(&text.as_bytes()[1..]).is_empty());
    }
}
