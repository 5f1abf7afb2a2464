//! Objects that a prune of this process is deleting, and those it could not give back.

use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::Stack;
use crate::artifact::Digest;
use crate::metadata::MetadataError;

/// Claims that could not be given back when their deletion failed: by then nobody was deleting, but this process lives, and others would wait
/// for it without end. Whoever meets one of them in this process gives it back.
static STRAY: Mutex<Vec<(Uuid, Digest)>> = Mutex::new(Vec::new());

fn stray() -> MutexGuard<'static, Vec<(Uuid, Digest)>> {
    STRAY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Objects that this process is deleting: given back when that fails, so that nobody waits for it.
pub(crate) struct Claims<'a> {
    stack: &'a Stack,
    deleter: Uuid,
    digests: Vec<Digest>,
}

impl<'a> Claims<'a> {
    /// What was just claimed.
    pub(crate) fn new(stack: &'a Stack, deleter: Uuid, digests: Vec<Digest>) -> Self {
        // Who could claim them again has no older claim on them.
        stray().retain(|(by, digest)| *by != deleter || !digests.contains(digest));
        Self {
            stack,
            deleter,
            digests,
        }
    }

    /// They are deleted.
    pub(crate) fn deleted(mut self) -> Result<(), MetadataError> {
        self.stack
            .metadata()
            .objects_deleted(self.deleter, &self.digests)?;
        self.digests.clear();
        Ok(())
    }
}

impl Drop for Claims<'_> {
    fn drop(&mut self) {
        if self.digests.is_empty() {
            return;
        }
        let given_back = self
            .stack
            .metadata()
            .unclaim_objects(self.deleter, Some(&self.digests));
        if given_back.is_err() {
            stray().extend(self.digests.iter().map(|digest| (self.deleter, *digest)));
        }
    }
}

impl Stack {
    /// Gives back what this process claimed under this name and is not deleting any more. Says whether there was anything.
    pub(crate) fn settle_stray_claims(&self, deleter: Uuid) -> Result<bool, MetadataError> {
        let mut stray = stray();
        let digests: Vec<Digest> = stray
            .iter()
            .filter(|(by, _)| *by == deleter)
            .map(|(_, digest)| *digest)
            .collect();
        if digests.is_empty() {
            return Ok(false);
        }
        self.metadata().unclaim_objects(deleter, Some(&digests))?;
        stray.retain(|(by, _)| *by != deleter);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Digest;
    use crate::metadata::{PruneRules, StoredObject};

    /// A stack in memory of which an object is claimed by a process that lives: this one.
    fn claimed(digest: Digest, deleter: Uuid) -> Stack {
        let stack = Stack::in_memory().unwrap();
        let metadata = stack.metadata();
        let rules = PruneRules::default();
        let plan = metadata
            .plan_prune(&rules, &[StoredObject { digest, size: 1 }])
            .unwrap();
        metadata.condemn(&plan).unwrap();
        let swept = metadata.sweep_condemned(&rules).unwrap();
        assert_eq!(
            metadata.claim_objects(&swept.prunes, deleter, 1).unwrap().len(),
            1
        );
        stack
    }

    #[test]
    fn a_claim_that_could_not_be_given_back_is_given_back_by_who_meets_it() {
        let (digest, deleter) = (Digest::of(b"stray"), Uuid::now_v7());
        let stack = claimed(digest, deleter);
        assert!(!stack.settle_stray_claims(deleter).unwrap());
        stray().push((deleter, digest));
        stack.keep_object(digest).unwrap();
        assert!(!stack.settle_stray_claims(deleter).unwrap());
        assert!(stack.metadata().deleters().unwrap().is_empty());
    }

    #[test]
    fn claims_are_given_back_unless_their_objects_are_deleted() {
        let (digest, deleter) = (Digest::of(b"failed"), Uuid::now_v7());
        let stack = claimed(digest, deleter);
        drop(Claims::new(&stack, deleter, vec![digest]));
        assert!(stack.metadata().deleters().unwrap().is_empty());
        assert_eq!(stack.metadata().pending_prunes().unwrap().len(), 1);

        let stack = claimed(digest, deleter);
        Claims::new(&stack, deleter, vec![digest]).deleted().unwrap();
        stack.metadata().finish_prunes().unwrap();
        assert_eq!(stack.metadata().pending_prunes().unwrap(), []);
    }
}
