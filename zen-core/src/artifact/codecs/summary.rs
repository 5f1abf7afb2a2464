//! One line about a value, of limited length.

use crate::secrets::{redact, redact_start};

/// Longest summary, in characters, with the ellipsis.
const LIMIT: usize = 80;

/// Four bytes for each character, and one more character to see that there is more.
pub(super) const BYTES_NEEDED: usize = 4 * (LIMIT + 1);

/// The text without secrets, as far as it fits. `more`: it is already known that it goes on.
pub(super) fn cut(text: &str, more: bool) -> String {
    let text = match more {
        true => redact_start(text),
        false => redact(text),
    };
    if !more && text.chars().nth(LIMIT).is_none() {
        return text.into_owned();
    }
    text.chars().take(LIMIT - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_characters() {
        assert_eq!(cut(&"ä".repeat(80), false), "ä".repeat(80));
        assert_eq!(cut(&"ä".repeat(81), false), format!("{}…", "ä".repeat(79)));
        assert_eq!(cut("ab", true), "ab…");
    }
}
