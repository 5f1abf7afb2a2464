//! Which paths name a step.

use syn::ext::IdentExt as _;
use syn::{Ident, Path, PathArguments};

const PRIMITIVES: &[&str] = &[
    "bool", "char", "str", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32",
    "u64", "u128", "usize",
];

/// Functions that work on handles and are called as they are.
const GRAPH_FUNCTIONS: &[&str] = &["when", "gather"];

/// Whether a path, written where a value is expected, looks like a step: lower-case, and nothing of the standard
/// library, of a type, or that works on handles. Variables look like steps too.
pub(super) fn looks_like_a_step(path: &Path) -> bool {
    let Some(last) = path.segments.last() else {
        return false;
    };
    if !is_lower(&last.ident)
        || last.ident == "self"
        || matches!(last.arguments, PathArguments::Parenthesized(_))
    {
        return false;
    }
    if GRAPH_FUNCTIONS.iter().any(|name| last.ident == name) {
        return false;
    }
    let qualifiers = path.segments.len() - 1;
    if qualifiers == 0 {
        return true;
    }
    let qualifier = &path.segments[qualifiers - 1].ident;
    let primitive = qualifiers == 1 && PRIMITIVES.iter().any(|name| qualifier == name);
    !is_standard(&path.segments[0].ident) && is_lower(qualifier) && !primitive
}

/// Whether a path that begins like this is of the standard library.
pub(super) fn is_standard(first: &Ident) -> bool {
    first == "std" || first == "core" || first == "alloc"
}

/// The name of a path of one segment.
pub(super) fn single(path: &Path) -> Option<String> {
    match path.segments.len() {
        1 if path.leading_colon.is_none() => Some(path.segments[0].ident.to_string()),
        _ => None,
    }
}

fn is_lower(ident: &Ident) -> bool {
    let text = ident.unraw().to_string();
    text.chars().next().is_some_and(|first| !first.is_uppercase()) && text.chars().any(char::is_alphabetic)
}
