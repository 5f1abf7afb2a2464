//! Lists of values.

/// Values as runs: `(first, last)` of what follows each other without a hole. Two values in a row are two runs.
pub(super) fn runs(values: &[u32]) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *value => *last = *value,
            _ => runs.push((*value, *value)),
        }
    }
    runs.into_iter()
        .flat_map(|(first, last)| match last - first {
            1 => vec![(first, first), (last, last)],
            _ => vec![(first, last)],
        })
        .collect()
}

/// `1, 5 and 10 to 20`.
pub(super) fn list(values: &[u32], word: impl Fn(u32) -> String) -> String {
    let items: Vec<String> = runs(values)
        .into_iter()
        .map(|(first, last)| match first == last {
            true => word(first),
            false => format!("{} to {}", word(first), word(last)),
        })
        .collect();
    joined(&items)
}

/// `a, b and c`.
pub(super) fn joined(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The distance between values that are all equally far from the next, when there are two or more.
pub(super) fn distance(values: &[u32]) -> Option<u32> {
    let step = values.get(1)?.checked_sub(*values.first()?)?;
    values
        .windows(2)
        .all(|pair| pair[1] - pair[0] == step)
        .then_some(step)
}

/// `n` when the values are every n-th of `0..size`, from 0 on, and go round: `n` divides `size`.
pub(super) fn cycle(values: &[u32], size: u32) -> Option<u32> {
    let step = distance(values)?;
    (values[0] == 0 && size.is_multiple_of(step) && values.len() as u32 == size / step).then_some(step)
}
