//! `artifact`.

mod describe;
mod download;
mod lineage;
mod list;
mod prune;
mod verify;
mod versions;

use crate::commands::{commands, noun};

noun! {
    /// What steps have made
    Artifact of ArtifactCommand
}

commands! {
    /// The verbs.
    ArtifactCommand {
        List(list::List),
        Describe(describe::Describe),
        Versions(versions::Versions),
        Download(download::Download),
        Lineage(lineage::Lineage),
        Prune(prune::Prune),
        Verify(verify::Verify),
    }
}
