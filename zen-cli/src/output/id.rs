//! Ids: as short as they are unique.

use uuid::Uuid;
use zen_core::metadata::{IdKind, MetadataError, MetadataStore};

/// No id is shown shorter.
const SHORTEST: usize = 8;

/// The first characters of an id that no other of its kind has, at least eight.
pub(crate) fn short(store: &dyn MetadataStore, kind: IdKind, id: Uuid) -> Result<String, MetadataError> {
    let beside = store.id_neighbours(kind, id)?;
    let text = id.to_string();
    let common = [beside.before, beside.after]
        .into_iter()
        .flatten()
        .map(|other| {
            let other = other.to_string();
            text.bytes()
                .zip(other.bytes())
                .take_while(|(a, b)| a == b)
                .count()
        })
        .max()
        .unwrap_or(0);
    let mut end = (common + 1).max(SHORTEST);
    // Not a hyphen at the end.
    if text.as_bytes().get(end - 1) == Some(&b'-') {
        end += 1;
    }
    Ok(text[..end.min(text.len())].to_owned())
}

/// The lowest and the highest id that begin so; none when no id does.
pub(crate) fn range(prefix: &str) -> Option<(Uuid, Uuid)> {
    let digits: String = prefix.chars().filter(|c| *c != '-').collect();
    if !(4..=32).contains(&digits.len()) || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    let low = Uuid::parse_str(&format!("{digits:0<32}")).ok()?;
    let high = Uuid::parse_str(&format!("{digits:f<32}")).ok()?;
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_range() {
        let (low, high) = range("019AA5c3-1b").unwrap();
        assert_eq!(low.to_string(), "019aa5c3-1b00-0000-0000-000000000000");
        assert_eq!(high.to_string(), "019aa5c3-1bff-ffff-ffff-ffffffffffff");
        for none in ["", "abc", "training", "019aa5c31b2f7c118000000000000001f"] {
            assert_eq!(range(none), None, "{none}");
        }
    }
}
