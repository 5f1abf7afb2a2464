//! References to secrets in the values of configurations: `{{name.key}}`.

use std::fmt;
use std::str::FromStr;

/// Which value of which secret: `name.key`, written `{{name.key}}` in configurations.
///
/// Names and keys have letters, digits, `-` and `_`, begin with a letter, and have neither two `_` in a row nor one at the end.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// The secret.
    pub name: String,
    /// The key in the secret.
    pub key: String,
}

/// A text refers to a secret in a way that can't be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{{{{{reference}}}}}` is no reference to a secret: {reason}; write `{{{{name.key}}}}`")]
pub struct ReferenceError {
    /// What stands between the braces.
    pub reference: String,
    /// What is wrong.
    pub reason: &'static str,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.name, self.key)
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let refuse = |reason| ReferenceError {
            reference: text.chars().take(100).collect(),
            reason,
        };
        let (name, key) = text
            .trim()
            .split_once('.')
            .ok_or_else(|| refuse("it has no `.` between the secret's name and the key"))?;
        match (is_name(name), is_name(key)) {
            (true, true) => Ok(Self {
                name: name.to_owned(),
                key: key.to_owned(),
            }),
            (false, _) => Err(refuse("the secret's name has characters that names don't have")),
            (_, false) => Err(refuse("the key has characters that keys don't have")),
        }
    }
}

/// Whether something can be the name of a secret, or a key.
pub(crate) fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    // Two underscores part the name from the key in the environment's variables.
    let is_plain = !text.contains("__") && !text.ends_with('_');
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && is_plain
        && text.len() <= 100
        && text.chars().all(allowed)
}

/// A piece of a text: as it stands, or a reference.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    Reference(Reference),
}

/// Takes a text apart.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, ReferenceError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        if start > 0 {
            pieces.push(Piece::Text(&rest[..start]));
        }
        let inner = &rest[start + 2..];
        let end = inner.find("}}").ok_or_else(|| ReferenceError {
            reference: inner.chars().take(100).collect(),
            reason: "its `}}` is missing",
        })?;
        pieces.push(Piece::Reference(inner[..end].parse()?));
        rest = &inner[end + 2..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

/// The references in a text, in order.
///
/// ```
/// use zen_core::secrets::references;
///
/// let found = references("https://{{tracker.user}}:{{tracker.password}}@host").unwrap();
/// assert_eq!(found[1].to_string(), "tracker.password");
/// assert!(references("{{tracker}}").is_err());
/// ```
///
/// # Errors
/// When braces hold something else than `name.key`.
pub fn references(text: &str) -> Result<Vec<Reference>, ReferenceError> {
    let found = pieces(text)?.into_iter().filter_map(|piece| match piece {
        Piece::Reference(reference) => Some(reference),
        Piece::Text(_) => None,
    });
    Ok(found.collect())
}
