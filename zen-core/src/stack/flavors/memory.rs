//! Stores in the memory of the process, which leave nothing behind.

use super::{ArtifactStoreKind, Nothing};
use crate::artifact::ArtifactStore;
use crate::stack::{Flavor, Opened, Opening};

struct Memory;

impl Flavor for Memory {
    type Kind = ArtifactStoreKind;
    type Config = Nothing;
    const NAME: &'static str = "memory";
    const DOC: &'static str = "The memory of the process: gone when it ends, and unknown to other processes such as prediction servers.";

    fn open(_: Nothing, _: &Opening<'_>) -> Opened<ArtifactStore> {
        Ok(ArtifactStore::in_memory())
    }

    fn location(_: &Nothing, _: &Opening<'_>) -> String {
        "memory://".to_owned()
    }
}

crate::register_flavor!(Memory);
