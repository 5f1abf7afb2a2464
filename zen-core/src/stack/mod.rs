//! Stacks: where runs are executed and what they leave behind is kept.
//!
//! A [`Stack`] is made of components, each an implementation ([`Flavor`]) of its [type](ComponentType) with a configuration. Which components there
//! are, and which stack is the active one, is said in [`settings`], never in code: [`Stack::active`] opens it.

mod builder;
mod check;
mod claims;
mod clock;
mod component_type;
mod error;
mod flavor;
mod flavors;
mod home;
mod keep;
mod leftovers;
mod liveness;
mod look;
mod open;
mod program;
pub(crate) mod registry;
pub mod settings;
#[allow(clippy::module_inception)]
mod stack;

pub use builder::StackBuilder;
pub use check::ComponentCheck;
pub(crate) use claims::Claims;
pub use clock::{Clock, ManualClock, SystemClock};
pub use component_type::{ComponentType, UnknownComponentType};
pub use error::{StackError, UnknownFlavor};
pub use flavor::{ComponentKind, ConfigKey, Flavor, FlavorEntry, Opened, Opening};
pub use flavors::{ArtifactStoreKind, MetadataStoreKind, SecretsStoreKind};
pub use home::{HOME_VARIABLE, find_home};
pub(crate) use keep::Hold;
pub use liveness::Liveness;
pub(crate) use open::{Told, told_components};
pub(crate) use program::{digest_of, git_commit, host, program, program_path, user};
pub use registry::{flavor, flavors};
pub use settings::{
    ComponentDefinition, ComponentPlan, ProgramCommand, Settings, SettingsError, Source, Sourced,
    StackChoice, StackDefinition, StackPlan,
};
pub use stack::{ARTIFACT_STORE_VARIABLE, Stack};
