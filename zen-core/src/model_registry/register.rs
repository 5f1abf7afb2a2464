//! Registering a model, and promoting it when it is the best.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{DIGEST_TAG, ModelRegistry, ModelVersion, NewVersion, RegistryConfig, RegistryError};
use crate::artifact::Materialize;
use crate::deploy::store_model;
use crate::metric::Metric;
use crate::service::Lease;
use crate::serving::ModelRef;
use crate::stack::Stack;

/// How long one registration waits for another of the same name.
const PATIENCE: Duration = Duration::from_secs(600);

/// What came of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RegistrationOutcome {
    /// It is a new version.
    Registered,
    /// A version had the very same model, and is it.
    Unchanged,
    /// The stack has no model registry.
    NoRegistry,
}

/// Whether the alias of the best version moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Promotion {
    /// The alias.
    pub alias: String,
    /// Whether it points at this version since now.
    pub promoted: bool,
    /// The version that it points at; none when there is still none.
    pub version: Option<String>,
    /// Why, for people.
    pub reason: String,
}

/// A model in a registry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Registration {
    /// What came of it.
    pub outcome: RegistrationOutcome,
    /// The version; none when there is no registry.
    pub version: Option<ModelVersion>,
    /// What became of the alias, if [one was named](RegistryConfig::promote).
    pub promotion: Option<Promotion>,
}

/// Registers a model by hand, by the same rules as the step [`model_registrar`](super::model_registrar()). Blocks.
///
/// ```no_run
/// use zen_core::model_registry::{RegistryConfig, register};
/// use zen_core::prelude::*;
/// # #[derive(Serialize, Deserialize)]
/// # struct Line(f64);
///
/// # fn main() -> Result<()> {
/// let config = RegistryConfig::named("line").promote("champion");
/// let registration = register(&Stack::active()?, &Line(1.0), &R2(0.93), config)?;
/// if let Some(promotion) = registration.promotion {
///     println!("{}: {}", promotion.alias, promotion.reason);
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the registry can't be reached or refuses, or the model can't be written in its format.
pub fn register<M: Materialize, S: Metric>(
    stack: &Stack,
    model: &M,
    score: &S,
    config: RegistryConfig,
) -> Result<Registration, RegistryError> {
    let stored = |name: &str| store_model(stack, name, model).map_err(RegistryError::from);
    registered(stack, stored, score, config, None, || None)
}

impl Stack {
    /// The stack's model registry, if it has one.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn model_registry(&self) -> Result<Option<Arc<dyn ModelRegistry>>, RegistryError> {
        let registry = self.component::<Arc<dyn ModelRegistry>>()?;
        Ok(registry.map(|registry| Arc::clone(&*registry)))
    }
}

/// The model is stored, and the tracked run asked for, only when it is needed.
pub(super) fn registered<S: Metric>(
    stack: &Stack,
    stored: impl FnOnce(&str) -> Result<ModelRef, RegistryError>,
    score: &S,
    config: RegistryConfig,
    run: Option<Uuid>,
    tracked_run: impl FnOnce() -> Option<String>,
) -> Result<Registration, RegistryError> {
    let Some(registry) = stack.model_registry()? else {
        return Ok(Registration {
            outcome: RegistrationOutcome::NoRegistry,
            version: None,
            promotion: None,
        });
    };
    let name = config.name.clone();
    let model = stored(&name)?;
    // Two that register at once would both find that they are better than the champion.
    let lease = Lease::acquire(stack, &format!("registry/{name}"), &name, PATIENCE);
    let _lease = lease.map_err(|source| RegistryError::Busy {
        name: name.clone(),
        source: Box::new(source),
    })?;
    let digest = model.digest.to_string();
    let known = registry.versions(&name)?;
    let same = known
        .into_iter()
        .find(|version| version.tags.get(DIGEST_TAG) == Some(&digest));
    let scored = score.value().to_string();
    let (outcome, version) = match same {
        Some(mut version) => {
            if version.tags.get(S::NAME) != Some(&scored) {
                registry.set_tag(&name, &version.version, S::NAME, &scored)?;
                version.tags.insert(S::NAME.to_owned(), scored);
            }
            (RegistrationOutcome::Unchanged, version)
        }
        None => {
            let mut new = NewVersion::of(&name, model);
            new.tags.extend(config.tags);
            // Last: what is compared is what was measured.
            new.tags.insert(S::NAME.to_owned(), scored);
            new.description = config.description;
            new.run = run;
            new.tracked_run = tracked_run();
            (RegistrationOutcome::Registered, registry.register(stack, &new)?)
        }
    };
    let promotion = match config.promote {
        Some(alias) => Some(promote(&*registry, alias, &version, score)?),
        None => None,
    };
    // As the registry has it now, with its aliases.
    let version = registry.version(&name, &version.version)?.unwrap_or(version);
    Ok(Registration {
        outcome,
        version: Some(version),
        promotion,
    })
}

fn promote<S: Metric>(
    registry: &dyn ModelRegistry,
    alias: String,
    version: &ModelVersion,
    score: &S,
) -> Result<Promotion, RegistryError> {
    let (metric, mine) = (S::NAME, score.value());
    let champion = registry.by_alias(&version.name, &alias)?;
    let kept = |champion: Option<&ModelVersion>, reason: String| Promotion {
        alias: alias.clone(),
        promoted: false,
        version: champion.map(|champion| champion.version.clone()),
        reason,
    };
    if mine.is_nan() {
        return Ok(kept(
            champion.as_ref(),
            format!("its {metric} is NaN, which is never good"),
        ));
    }
    let reason = match &champion {
        None => format!("the first version with {metric} {mine}"),
        Some(champion) if champion.version == version.version => {
            return Ok(kept(Some(champion), "it is this version already".into()));
        }
        Some(champion) => {
            let tag = champion.tags.get(metric);
            let Some(theirs) = tag.and_then(|tag| tag.parse().ok()) else {
                let reason = format!(
                    "version {} has no tag `{metric}` to compare with: set it, or remove the alias",
                    champion.version
                );
                return Ok(kept(Some(champion), reason));
            };
            let compared = format!(
                "than the {metric} {theirs} of version {}: {mine}",
                champion.version
            );
            if !score.is_better_than(&S::new(theirs)) {
                return Ok(kept(Some(champion), format!("not better {compared}")));
            }
            format!("better {compared}")
        }
    };
    registry.set_alias(&version.name, &alias, &version.version)?;
    Ok(Promotion {
        alias,
        promoted: true,
        version: Some(version.version.clone()),
        reason,
    })
}
