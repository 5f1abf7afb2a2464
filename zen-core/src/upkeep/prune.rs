//! Removing old runs, and what only they needed. How it is made safe: [`crate::metadata::upkeep`].

use uuid::Uuid;

use super::report::{PruneCounts, PruneReport};
use super::{PrunePolicy, files};
use crate::artifact::ArtifactError;
use crate::client::{Client, ClientError, blocking};
use crate::metadata::upkeep::digests_in;
use crate::metadata::{PrunePlan, PruneRules, StoredObject};
use crate::stack::{Claims, Stack};

/// How many objects are deleted between two transactions. Whoever makes one of them again meanwhile waits for the others too.
const OBJECTS: u32 = 32;

/// In the names of the types whose values name models by their digests, and so need them: stored services.
const NAMING: &str = "zen_core::service::handle::Service<";

impl Client {
    /// Removes old runs: their steps, logs and metrics, the artifact versions that nobody needs any more, and the objects that nobody
    /// refers to; then leftovers of programs that were killed, and copies of programs that no service and no schedule needs. Also the slots
    /// of schedules that are settled, but for the newest one of each. What hooks left goes with their run or slot. With `dry_run`
    /// nothing is removed, and the report says what would be.
    ///
    /// What stays, whatever the policy: runs under way and all that they use; the newest run of every pipeline; runs that a run that
    /// stays continues, or adopted outputs from; every artifact that a step of a run that stays made, adopted or read, the newest version
    /// of every artifact, those with tags and those saved by hand; whatever a service or one of its recorded versions needs,
    /// the arguments of every schedule and the runs of its slots that aren't settled,
    /// and the models that a stored [`Service`](crate::service::Service) that stays names. An artifact that stays although its run goes
    /// says in its metadata, as `pruned_producer`, where it came from.
    ///
    /// **One artifact store, one project.** Contents are shared by their digests, and only what this project's metadata store refers to is known
    /// here: where several projects (several `.zen` folders, as of a laptop and of CI) use one store under one prefix, a prune of one of them
    /// deletes objects that the others need. Give each project a prefix of its own. What was written to another store than the one this stack
    /// uses is not deleted there ([`PruneReport::elsewhere`]).
    ///
    /// Safe at any time, also while runs start and models are deployed, in other processes too, and when it is killed. What runs that are under
    /// way may have found is removed by the next prune after their end ([`PruneReport::waiting_for`]). Who reads by hand meanwhile finds a thing
    /// or is told that it is missing. The database file doesn't shrink: its free pages are used again.
    ///
    /// ```
    /// # use zen_core::prelude::*;
    /// # use zen_core::upkeep::PrunePolicy;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let client = Client::of(Stack::in_memory()?);
    /// let would = client.prune(&PrunePolicy::keep_last(20), true).await?;
    /// let did = client.prune(&PrunePolicy::keep_last(20), false).await?;
    /// assert_eq!(did.removed, would.planned);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When a store can't be read or written. What is not removed then is removed by the next prune.
    pub async fn prune(&self, policy: &PrunePolicy, dry_run: bool) -> Result<PruneReport, ClientError> {
        let (stack, policy) = (self.stack().clone(), policy.clone());
        blocking(move || prune(&stack, &policy, dry_run)).await
    }
}

fn prune(stack: &Stack, policy: &PrunePolicy, dry_run: bool) -> Result<PruneReport, ClientError> {
    stack.settle_dead_runs()?;
    let metadata = stack.metadata();
    let (plan, rules) = plan(stack, policy)?;
    let mut report = PruneReport {
        dry_run,
        planned: counts(&plan),
        removed: PruneCounts::default(),
        kept: plan.kept.clone(),
        elsewhere: plan.elsewhere,
        waiting_for: Vec::new(),
    };
    if !dry_run {
        stack.settle_dead_holds()?;
        for deleter in metadata.deleters()? {
            match stack.is_alive(deleter) {
                true => stack.settle_stray_claims(deleter).map(drop)?,
                false => metadata.unclaim_objects(deleter, None)?,
            }
        }
        if report.planned != PruneCounts::default() {
            metadata.condemn(&plan)?;
        }
        let swept = metadata.sweep_condemned(&rules)?;
        let objects = delete_objects(stack, &swept.prunes)?;
        report.removed = PruneCounts {
            runs: swept.runs,
            steps: swept.steps,
            artifacts: swept.artifacts,
            objects: swept.objects + objects.objects,
            bytes: swept.bytes + objects.bytes,
            slots: swept.slots,
        };
        metadata.finish_prunes()?;
        files::tidy(stack)?;
    }
    for pending in metadata.pending_prunes()? {
        report.waiting_for.extend(pending.waits_for);
    }
    report.waiting_for.sort();
    report.waiting_for.dedup();
    Ok(report)
}

fn plan(stack: &Stack, policy: &PrunePolicy) -> Result<(PrunePlan, PruneRules), ClientError> {
    let mut rules = policy.rules(stack.clock().now());
    rules.naming_types.push(NAMING.to_owned());
    rules.store = Some(stack.artifacts().url().to_owned());
    // Listed before it is asked what is referred to: what is stored later is not in the list.
    let stored: Vec<StoredObject> = match policy.lists_objects() {
        true => stack
            .artifacts()
            .objects()?
            .into_iter()
            .map(|(digest, size)| StoredObject { digest, size })
            .collect(),
        false => Vec::new(),
    };
    let plan = stack.metadata().plan_prune(&rules, &stored)?;
    if plan.unread.is_empty() {
        return Ok((plan, rules));
    }
    for digest in &plan.unread {
        match stack.artifacts().get(*digest, &"a stored service") {
            Ok(bytes) => rules.named.extend(digests_in(&bytes)),
            // It can't be started any more whatever stays.
            Err(ArtifactError::Missing { .. } | ArtifactError::Damaged { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok((stack.metadata().plan_prune(&rules, &stored)?, rules))
}

fn counts(plan: &PrunePlan) -> PruneCounts {
    PruneCounts {
        runs: plan.runs.len() as u64,
        steps: plan.steps,
        artifacts: plan.artifacts.len() as u64,
        objects: plan.objects.len() as u64,
        bytes: plan.objects.iter().map(|going| going.object.size).sum(),
        slots: plan.slots.len() as u64,
    }
}

/// Deletes the marked objects of the artifact store, some at a time.
fn delete_objects(stack: &Stack, prunes: &[u64]) -> Result<PruneCounts, ClientError> {
    let metadata = stack.metadata();
    let deleter = stack.process()?.unwrap_or(Uuid::nil());
    let mut deleted = PruneCounts::default();
    loop {
        let objects = metadata.claim_objects(prunes, deleter, OBJECTS)?;
        if objects.is_empty() {
            return Ok(deleted);
        }
        let digests = objects.iter().map(|object| object.digest).collect();
        let claims = Claims::new(stack, deleter, digests);
        for object in &objects {
            stack.artifacts().delete(object.digest)?;
            deleted.objects += 1;
            deleted.bytes += object.size;
        }
        claims.deleted()?;
    }
}
