//! Near misses: which known word a wrong one was probably meant to be.

/// The known word nearest to `word`, if any is near enough to be meant.
pub(super) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let slips = (word.chars().count() / 3).max(1);
    known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= slips || same_beginning(word, candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether two words begin with the same three letters or more, and that is most of the shorter one.
fn same_beginning(one: &str, two: &str) -> bool {
    let shared = one.chars().zip(two.chars()).take_while(|(a, b)| a == b).count();
    shared >= 3 && 3 * shared >= 2 * one.chars().count().min(two.chars().count())
}

/// How many letters have to be added, removed, replaced or swapped with their neighbour.
fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=two.len()).collect();
    let mut previous = None;
    for (i, a) in one.chars().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in two.iter().enumerate() {
            let mut best = (last[j] + usize::from(a != *b))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if j > 0 && previous == Some(*b) && two[j - 1] == a {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
        previous = Some(a);
    }
    last[two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_near() {
        let known = ["monday", "sunday", "march"];
        assert_eq!(nearest("mnday", &known), Some("monday"));
        assert_eq!(nearest("suday", &known), Some("sunday"));
        assert_eq!(nearest("marhc", &known), Some("march"));
        assert_eq!(nearest("april", &known), None);
    }
}
