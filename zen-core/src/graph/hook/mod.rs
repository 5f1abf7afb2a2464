//! Hooks: functions that are called after a step or a run, and how another process finds them by name.

mod event;
mod function;
mod list;
mod registry;

pub use event::{HookEvent, Outcome};
pub(crate) use event::{HookFacts, HookedStep};
pub use function::{ByFunction, ByValue, Hook, IntoHook};
pub use list::Hooks;
pub use registry::{HookEntry, HookRegistryError, find_hook, registered_hooks};
