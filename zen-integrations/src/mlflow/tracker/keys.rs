//! Names of parameters, metrics and tags, as MLflow takes them.

use std::collections::HashMap;

use zen_core::artifact::Digest;

/// The most characters of a key, and of a run's name.
pub(super) const MOST_CHARACTERS: usize = 250;

/// How many characters of a name's digest tell it from another one.
const DIGEST: usize = 8;

/// Letters beyond ASCII that MLflow takes. It takes what Python's `\w` matches; these are the long stretches of it, of the scripts that are written most.
const LETTERS: &[(char, char)] = &[
    ('\u{c0}', '\u{d6}'),
    ('\u{d8}', '\u{f6}'),
    ('\u{f8}', '\u{2c1}'),
    ('\u{391}', '\u{3a1}'),
    ('\u{3a3}', '\u{3f5}'),
    ('\u{3f7}', '\u{481}'),
    ('\u{48a}', '\u{52f}'),
    ('\u{531}', '\u{556}'),
    ('\u{561}', '\u{586}'),
    ('\u{5d0}', '\u{5ea}'),
    ('\u{620}', '\u{64a}'),
    ('\u{671}', '\u{6d3}'),
    ('\u{904}', '\u{939}'),
    ('\u{e01}', '\u{e30}'),
    ('\u{10a0}', '\u{10c5}'),
    ('\u{10d0}', '\u{10fa}'),
    ('\u{1e00}', '\u{1f15}'),
    ('\u{3041}', '\u{3096}'),
    ('\u{30a1}', '\u{30fa}'),
    ('\u{3400}', '\u{4dbf}'),
    ('\u{4e00}', '\u{9ffc}'),
    ('\u{ac00}', '\u{d7a3}'),
];

/// Which name has which key in a run: names that would fall together are kept apart.
#[derive(Debug, Default)]
pub(super) struct Keys {
    names: HashMap<String, String>,
}

impl Keys {
    /// The key of a name; the same for as long as this lives.
    pub(super) fn of(&mut self, name: &str) -> String {
        let key = key(name);
        match self.names.get(&key) {
            Some(owner) if owner == name => key,
            Some(_) => with_digest(&key, name),
            None => {
                self.names.insert(key.clone(), name.to_owned());
                key
            }
        }
    }

    /// Whether the key belongs to this owner: the first that claims it has it.
    pub(super) fn claim(&mut self, key: &str, owner: &str) -> bool {
        self.names
            .entry(key.to_owned())
            .or_insert_with(|| owner.to_owned())
            == owner
    }
}

/// The name with `_` in place of what MLflow doesn't take, without the parts that no path has, and not too long.
pub(super) fn key(name: &str) -> String {
    let taken = |char: char| match char.is_ascii() {
        true => char.is_ascii_alphanumeric() || "_.- :/".contains(char),
        false => LETTERS
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&char)),
    };
    let replaced: String = name
        .chars()
        .map(|char| if taken(char) { char } else { '_' })
        .collect();
    // MLflow may keep what is behind a key in a file of that path.
    let parts = replaced.split('/').filter(|part| !matches!(*part, "" | "."));
    let parts: Vec<_> = parts.map(|part| if part == ".." { "_" } else { part }).collect();
    let mut key = parts.join("/");
    if key.starts_with("..") {
        key.replace_range(..1, "_");
    }
    if key.is_empty() {
        key.push('_');
    }
    match key.char_indices().nth(MOST_CHARACTERS) {
        None => key,
        Some(_) => with_digest(&key, name),
    }
}

/// The beginning of the key, and the beginning of the name's digest.
fn with_digest(key: &str, name: &str) -> String {
    let start: String = key.chars().take(MOST_CHARACTERS - DIGEST - 1).collect();
    let digest = Digest::of(name.as_bytes()).to_string();
    let hex = digest.rsplit(':').next().unwrap_or_default();
    let start = start.trim_end_matches('/');
    format!("{start}-{}", hex.chars().take(DIGEST).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_mlflow_takes() {
        for (name, expected) in [
            ("loss", "loss"),
            ("val/loss: top-5 v1.2_a", "val/loss: top-5 v1.2_a"),
            ("loss (train)", "loss _train_"),
            ("/a//b/./c/", "a/b/c"),
            ("a/../b", "a/_/b"),
            ("..a", "_.a"),
            ("", "_"),
            (".", "_"),
            ("genauigkeit_größe", "genauigkeit_größe"),
            ("损失", "损失"),
            ("🙂", "_"),
        ] {
            assert_eq!(key(name), expected, "{name}");
        }
        assert_eq!(key(&"x".repeat(250)), "x".repeat(250));
        let long = key(&"ü".repeat(251));
        assert_eq!(long.chars().count(), 250);
        assert_ne!(long, key(&"ü".repeat(252)));
    }

    #[test]
    fn names_are_kept_apart() {
        let mut keys = Keys::default();
        assert_eq!(keys.of("a+b"), "a_b");
        let other = keys.of("a*b");
        assert_ne!(other, "a_b");
        assert_eq!(keys.of("a*b"), other);
        assert_eq!(keys.of("a+b"), "a_b");
        assert_ne!(keys.of("a_b"), "a_b");
    }
}
