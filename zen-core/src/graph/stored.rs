//! Artifacts of earlier runs as inputs.

use super::node::{NodeKind, NodeOutput};
use super::{Artifact, NodeHandle, Place, ambient};
use crate::artifact::{Materialize, codec_of};

/// The newest version of a stored artifact: `latest::<Digits>("digits")`.
///
/// The version is chosen when the run starts, and recorded as the input of the steps that read it. A run fails when there is no
/// such artifact or it has another type.
///
/// ```
/// use zen_core::prelude::*;
///
/// #[step]
/// fn length(text: &str) -> usize { text.len() }
///
/// #[pipeline]
/// fn measure() -> Artifact<usize> {
///     length(latest::<String>("notes"))
/// }
/// # let _ = measure().graph().unwrap();
/// ```
#[allow(non_camel_case_types)]
#[derive(Debug)]
pub struct latest {}

/// See the struct of this name.
#[track_caller]
pub fn latest<T: Materialize>(name: impl Into<String>) -> Artifact<T> {
    stored(name.into(), None)
}

impl latest {
    #[doc(hidden)]
    #[track_caller]
    pub fn node<T: Materialize>(name: impl Into<String>) -> Artifact<T> {
        stored(name.into(), None)
    }
}

/// One version of a stored artifact: `version::<Digits>("digits", 3)`. See [`latest`](struct@latest).
#[allow(non_camel_case_types)]
#[derive(Debug)]
pub struct version {}

/// See the struct of this name.
#[track_caller]
pub fn version<T: Materialize>(name: impl Into<String>, number: u32) -> Artifact<T> {
    stored(name.into(), Some(number))
}

impl version {
    #[doc(hidden)]
    #[track_caller]
    pub fn node<T: Materialize>(name: impl Into<String>, number: u32) -> Artifact<T> {
        stored(name.into(), Some(number))
    }
}

#[track_caller]
fn stored<T: Materialize>(name: String, number: Option<u32>) -> Artifact<T> {
    let place = Place::caller();
    let node = ambient::with(|building| {
        let codec = codec_of::<T>();
        let kind = NodeKind::Stored {
            name: name.clone(),
            number,
            codec: codec.clone(),
        };
        let label = match number {
            Some(number) => format!("{name}:{number}"),
            None => name,
        };
        let id = building.add_node(label, kind, place);
        building.node_mut(id).outputs = vec![NodeOutput {
            name: "output".into(),
            codec,
            artifact: None,
            logged: false,
        }];
        NodeHandle {
            graph: building.graph,
            node: id,
        }
    });
    node.unwrap_or(ambient::ORPHAN).output(0)
}
