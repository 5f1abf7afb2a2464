//! Code identity: a digest of a function and of everything it names in its own source file.
//!
//! A step's result may be reused only while its code stays the same, and code is more than one function: a constant or
//! a helper beside it counts as much. What is said here about "the same": formatting, comments, documentation and
//! lints' attributes do not count; every other token does. What lies in other files is added by `depends(..)`.

mod file;
mod index;
mod reach;
mod scan;
#[cfg(test)]
mod tests;

use quote::ToTokens;
use syn::{Item, ItemFn};

pub(crate) use file::current as current_file;
pub(crate) use index::Index;

use scan::Scan;

/// The identity of a function, 64 hexadecimal digits.
pub(crate) fn of_fn(function: &ItemFn) -> String {
    let (scan, name) = (scan::function(function), function.sig.ident.to_string());
    reach::identity(&scan, Some(&name), current_file().as_deref())
}

/// The identity of another item.
pub(crate) fn of_item(item: &Item) -> String {
    match item {
        Item::Fn(function) => of_fn(function),
        other => reach::identity(&scan::item(other), None, current_file().as_deref()),
    }
}

/// The digest of these tokens alone.
fn scan_tokens(tokens: impl ToTokens) -> Scan {
    Scan::of(tokens.into_token_stream())
}
