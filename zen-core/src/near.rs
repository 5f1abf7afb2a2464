//! Near misses: which known word a wrong one was probably meant to be.

/// The known word nearest to `word`, if any is near enough to be meant.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let slips = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= slips || same_beginning(word, candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether two words begin with the same three letters or more, and that is most of the shorter one.
fn same_beginning(one: &str, two: &str) -> bool {
    let shared = one.chars().zip(two.chars()).take_while(|(a, b)| a == b).count();
    shared >= 3 && 3 * shared >= 2 * one.chars().count().min(two.chars().count())
}

/// What stands behind "there is no such": the word that was meant, and those there are.
pub fn choices(word: &str, known: &[&str]) -> String {
    let all = match known {
        [] => "there are none".to_owned(),
        known => format!("there is: {}", known.join(", ")),
    };
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => all,
    }
}

/// For the middle of a message: `` (did you mean `x`?)``, or nothing.
pub(crate) fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!(" (did you mean `{near}`?)"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_near() {
        let known = ["monday", "sunday", "march", "retry", "timeout"];
        assert_eq!(nearest("mnday", known), Some("monday"));
        assert_eq!(nearest("suday", known), Some("sunday"));
        assert_eq!(nearest("marhc", known), Some("march"));
        assert_eq!(nearest("retries", known), Some("retry"));
        assert_eq!(nearest("time_out", known), Some("timeout"));
        assert_eq!(nearest("april", known), None);
    }

    #[test]
    fn what_there_is_is_listed() {
        assert_eq!(
            choices("marhc", &["march"]),
            "did you mean `march`? there is: march"
        );
        assert_eq!(choices("x", &["one", "two"]), "there is: one, two");
        assert_eq!(choices("x", &[]), "there are none");
    }
}
