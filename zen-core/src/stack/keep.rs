//! Storing objects while others prune; [`crate::metadata::upkeep`] tells why it is done in this order.

use std::time::{Duration, Instant};

use bytes::Bytes;
use uuid::Uuid;

use super::{Liveness, Stack, StackError, host};
use crate::artifact::{ArtifactError, Body, Digest};
use crate::metadata::{HoldRecord, KeepObject, MetadataError};

/// When it is looked first whether an object has been deleted, and how long the pauses grow. Another process does it: there is nothing else to
/// wait for.
const LOOK: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(100)];

/// How long it is waited for an object that is being deleted. Deleting takes some requests to the store.
const PATIENCE: Duration = Duration::from_secs(60);

impl Stack {
    /// Puts an object into the artifact store, so that no prune takes it away before something refers to it. To be called in a run that is
    /// recorded, or under a [hold](Self::hold).
    pub(crate) fn put_object(
        &self,
        digest: Digest,
        bytes: Bytes,
        replace: bool,
    ) -> Result<(), ArtifactError> {
        let size = bytes.len() as u64;
        self.publish_object(digest, size, &Body::Bytes(bytes), replace)
    }

    /// As [`put_object`](Self::put_object), for what may be in a file.
    pub(crate) fn publish_object(
        &self,
        digest: Digest,
        size: u64,
        body: &Body,
        replace: bool,
    ) -> Result<(), ArtifactError> {
        self.keep_object(digest)?;
        self.artifacts().publish(digest, size, body, replace)
    }

    /// Makes sure that no prune deletes an object from now on. Waits when one is just doing so, a minute at most.
    pub(crate) fn keep_object(&self, digest: Digest) -> Result<(), ArtifactError> {
        let failed = |error: MetadataError| ArtifactError::Store {
            url: self.artifacts().url().to_owned(),
            doing: format!("keeping object {digest}"),
            source: error.into(),
        };
        let (begun, mut pause) = (Instant::now(), LOOK[0]);
        loop {
            let deleter = match self.metadata().keep_object(digest).map_err(failed)? {
                KeepObject::Kept => return Ok(()),
                KeepObject::BeingDeleted(deleter) => deleter,
            };
            if !self.is_alive(deleter) {
                self.metadata().unclaim_objects(deleter, None).map_err(failed)?;
            } else if !self.settle_stray_claims(deleter).map_err(failed)? {
                if begun.elapsed() > PATIENCE {
                    return Err(self.not_deleted(digest, deleter));
                }
                std::thread::sleep(pause);
                pause = (pause * 2).min(LOOK[1]);
            }
        }
    }

    fn not_deleted(&self, digest: Digest, deleter: Uuid) -> ArtifactError {
        let patience = PATIENCE.as_secs();
        ArtifactError::Store {
            url: self.artifacts().url().to_owned(),
            doing: format!("keeping object {digest}"),
            source: format!(
                "a prune by the process with the liveness lock {deleter} claimed it to delete it and has not done so for {patience} s: \
                 wait for that prune or end its process, and run again"
            )
            .into(),
        }
    }

    /// Whether the process that claimed this name is alive. In memory there is no other than this one.
    pub(crate) fn is_alive(&self, process: Uuid) -> bool {
        self.live()
            .is_none_or(|folder| Liveness::is_alive(&folder, process).unwrap_or(true))
    }

    /// Makes prunes wait for what is stored outside any run, as long as the value lives.
    pub(crate) fn hold(&self) -> Result<Hold, StackError> {
        let id = Uuid::now_v7();
        self.metadata().hold(&HoldRecord {
            id,
            process: self.process()?,
            host: host(),
        })?;
        Ok(Hold {
            stack: self.clone(),
            id,
        })
    }

    /// Ends the holds of processes of this machine that are dead.
    pub(crate) fn settle_dead_holds(&self) -> Result<(), MetadataError> {
        for hold in self.metadata().holds()? {
            let dead = hold.process.is_some_and(|process| !self.is_alive(process));
            if dead && hold.host == host() {
                self.metadata().release_hold(hold.id)?;
            }
        }
        Ok(())
    }
}

/// See [`Stack::hold`].
#[derive(Debug)]
pub(crate) struct Hold {
    stack: Stack,
    id: Uuid,
}

impl Drop for Hold {
    fn drop(&mut self) {
        // When this fails, prunes wait until the process has ended.
        let _ = self.stack.metadata().release_hold(self.id);
    }
}
