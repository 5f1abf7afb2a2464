//! Hooks by name: how another process of the same program finds them.

use std::fmt;

use super::Hook;

/// A registered hook; `#[hook]` submits one.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct HookEntry {
    /// The function's name.
    pub name: &'static str,
    /// `crate::module::function`.
    pub path: &'static str,
    /// Where it stands.
    pub file: &'static str,
    /// Where it stands.
    pub line: u32,
    /// The function as a value.
    pub hook: fn() -> Hook,
}

impl fmt::Debug for HookEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.path, self.file, self.line)
    }
}

inventory::collect!(HookEntry);

/// Why a hook could not be found by name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HookRegistryError {
    /// No hook has this path or name.
    #[error(
        "this program has no hook `{name}` (it has: {known}); mark the function with `#[zen_core::hook]`. One of another crate is found only \
         when the program refers to that crate, as with `use that_crate as _;`"
    )]
    Unknown {
        /// The path or name.
        name: String,
        /// The paths of those there are.
        known: String,
    },
    /// Two hooks share it.
    #[error("two hooks are called `{name}`: {first} and {second}; give one of them another name")]
    Duplicate {
        /// The path or name.
        name: String,
        /// The first place.
        first: String,
        /// The second place.
        second: String,
    },
}

/// The paths of all hooks this program can find by name, sorted.
pub fn registered_hooks() -> Vec<&'static str> {
    let mut paths: Vec<_> = inventory::iter::<HookEntry>
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    paths.sort_unstable();
    paths
}

/// The function marked [`#[zen_core::hook]`](macro@crate::hook) with this path (`crate::module::function`, the module being the one in whose file
/// or block it stands) or, when it is unique, this name.
///
/// # Errors
/// When there is no such hook, or there are two.
///
/// ```
/// use zen_core::graph::{Hook, find_hook};
/// use zen_core::prelude::*;
///
/// #[zen_core::hook]
/// async fn page(event: HookEvent) -> Result<()> {
///     println!("{event}");
///     Ok(())
/// }
///
/// # fn main() -> Result<()> {
/// let hook = find_hook("page")?;
/// assert_eq!(Hook::new(page).registered_name(), Some(hook.name()));
/// # Ok(())
/// # }
/// ```
pub fn find_hook(name: &str) -> Result<Hook, HookRegistryError> {
    let mut found = inventory::iter::<HookEntry>
        .into_iter()
        .filter(|entry| entry.path == name || entry.name == name);
    let Some(entry) = found.next() else {
        let known = registered_hooks();
        return Err(HookRegistryError::Unknown {
            name: name.to_owned(),
            known: match known.is_empty() {
                true => "none".to_owned(),
                false => known.join(", "),
            },
        });
    };
    if let Some(second) = found.next() {
        return Err(HookRegistryError::Duplicate {
            name: name.to_owned(),
            first: format!("{entry:?}"),
            second: format!("{second:?}"),
        });
    }
    Ok((entry.hook)().renamed(entry.path))
}

/// The name under which a function is registered.
pub(super) fn name_of(hook: &Hook) -> Option<&'static str> {
    let mut entries = inventory::iter::<HookEntry>.into_iter();
    entries
        .find(|entry| (entry.hook)().is(hook))
        .map(|entry| entry.path)
}
