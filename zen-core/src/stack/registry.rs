//! The flavours of this program, found by type and name.

use super::{ComponentType, FlavorEntry, UnknownFlavor};
use crate::near::nearest;

/// Flavours of cloud stores that a build without the cargo feature of the same name doesn't have.
const FEATURES: [&str; 3] = ["s3", "gs", "az"];

/// The flavours this program has, of this type or of all, by type and name.
pub fn flavors(kind: Option<ComponentType>) -> Vec<&'static FlavorEntry> {
    let mut found: Vec<_> = inventory::iter::<FlavorEntry>
        .into_iter()
        .filter(|entry| kind.is_none_or(|kind| entry.kind() == kind))
        .collect();
    // The order in which crates are linked must not decide.
    found.sort_unstable_by_key(|entry| (entry.kind(), entry.name()));
    found
}

/// The flavour of this type and name.
///
/// # Errors
/// When this program has none; when two crates have one of this name.
pub fn flavor(kind: ComponentType, name: &str) -> Result<&'static FlavorEntry, UnknownFlavor> {
    let known = flavors(Some(kind));
    let mut found = known.iter().filter(|entry| entry.name() == name);
    match (found.next(), found.next()) {
        (Some(entry), None) => Ok(entry),
        (Some(_), Some(_)) => Err(UnknownFlavor::Twice {
            kind,
            flavor: name.to_owned(),
        }),
        (None, _) if kind == ComponentType::ArtifactStore && FEATURES.contains(&name) => {
            Err(UnknownFlavor::Feature {
                flavor: name.to_owned(),
            })
        }
        (None, _) => {
            let names: Vec<_> = known.iter().map(|entry| entry.name()).collect();
            Err(UnknownFlavor::Unknown {
                kind,
                flavor: name.chars().take(100).collect(),
                near: nearest(name, names.iter().copied()).map(str::to_owned),
                known: match names.is_empty() {
                    true => "none".to_owned(),
                    false => names.join(", "),
                },
            })
        }
    }
}

/// The flavour of stacks that name no component of this type.
pub(crate) fn default_flavor(kind: ComponentType) -> Option<&'static FlavorEntry> {
    flavors(Some(kind)).into_iter().find(|entry| entry.is_default())
}
