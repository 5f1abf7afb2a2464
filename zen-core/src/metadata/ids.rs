//! Ids that people abbreviate.

use uuid::Uuid;

/// What an id is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdKind {
    /// A run.
    Run,
    /// A step of a run.
    Step,
    /// A version of an artifact.
    Artifact,
    /// A service.
    Service,
    /// A schedule.
    Schedule,
    /// A slot of a schedule.
    Slot,
}

impl IdKind {
    /// All kinds.
    pub const ALL: [IdKind; 6] = [
        IdKind::Run,
        IdKind::Step,
        IdKind::Artifact,
        IdKind::Service,
        IdKind::Schedule,
        IdKind::Slot,
    ];
}

/// The ids beside one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Neighbours {
    /// The highest below it.
    pub before: Option<Uuid>,
    /// The lowest above it.
    pub after: Option<Uuid>,
}
