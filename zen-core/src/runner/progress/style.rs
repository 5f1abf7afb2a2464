//! The marks before a line, as far as the terminal can show them.

use crate::metadata::Status;

/// How lines look here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// The locale has no other characters.
    pub(super) ascii: bool,
    colours: bool,
}

impl Style {
    /// What the environment asks for: `NO_COLOR`, and the locale's character set.
    pub(super) fn of_environment() -> Self {
        Self {
            ascii: !is_utf8(|name| std::env::var(name).ok()),
            colours: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }

    #[cfg(test)]
    pub(super) fn plain(ascii: bool) -> Self {
        Self {
            ascii,
            colours: false,
        }
    }

    /// Before a step that has ended; how many columns it takes with the space behind it is [`margin`](Self::margin).
    pub(super) fn mark(&self, status: Status) -> String {
        let (sign, ascii, colour) = match status {
            Status::Completed => ('✓', '+', 32),
            Status::Cached => ('✓', '=', 2),
            Status::Failed => ('✗', 'x', 31),
            Status::Cancelled => ('✗', 'x', 33),
            _ => ('-', '-', 2),
        };
        self.coloured(if self.ascii { ascii } else { sign }, colour)
    }

    /// Before a warning.
    pub(super) fn warning(&self) -> String {
        self.coloured('!', 33)
    }

    /// Before what goes on.
    pub(super) fn spinner(&self, tick: usize) -> String {
        let states: &[char] = match self.ascii {
            true => &['|', '/', '-', '\\'],
            false => &['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
        };
        let state = states.get(tick % states.len()).copied().unwrap_or('*');
        self.coloured(state, 36)
    }

    /// What is less important.
    pub(super) fn faint(&self, text: &str) -> String {
        match self.colours && !text.is_empty() {
            true => format!("\u{1b}[2m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }

    /// Shows that text was cut.
    pub(super) fn ellipsis(&self) -> char {
        if self.ascii { '~' } else { '…' }
    }

    fn coloured(&self, sign: char, colour: u8) -> String {
        match self.colours {
            true => format!("\u{1b}[{colour}m{sign}\u{1b}[0m"),
            false => sign.to_string(),
        }
    }
}

/// Whether the locale's character set is UTF-8: the first of these variables that is set decides, as for the C library.
fn is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(variable)
        .find(|value| !value.is_empty())
        .unwrap_or_default()
        .to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_decides() {
        let of = |set: &[(&str, &str)]| {
            is_utf8(|name| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(of(&[("LANG", "de_AT.UTF-8")]));
        assert!(of(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8"), ("LANG", "C")]));
        assert!(!of(&[("LC_ALL", "C"), ("LANG", "de_AT.UTF-8")]));
        assert!(!of(&[]));
    }
}
