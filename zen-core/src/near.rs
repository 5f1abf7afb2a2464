//! Near misses: which known word a wrong one was probably meant to be.

use strsim::osa_distance;

/// The known word nearest to `word`, if any is near enough to be meant.
#[doc(hidden)]
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let slips = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (osa_distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= slips || same_beginning(word, candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether two words begin with the same three letters or more, and that is most of the shorter one.
fn same_beginning(one: &str, two: &str) -> bool {
    let shared = one.chars().zip(two.chars()).take_while(|(a, b)| a == b).count();
    shared >= 3 && 3 * shared >= 2 * one.chars().count().min(two.chars().count())
}

/// For the middle of a message: `` (did you mean `x`?)``, or nothing.
#[doc(hidden)]
pub fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!(" (did you mean `{near}`?)"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_near() {
        let known = ["retry", "timeout", "cache"];
        assert_eq!(nearest("retyr", known), Some("retry"));
        assert_eq!(nearest("retries", known), Some("retry"));
        assert_eq!(nearest("time_out", known), Some("timeout"));
        assert_eq!(nearest("caching", known), Some("cache"));
        assert_eq!(nearest("owner", known), None);
    }
}
