//! The words of an expression, with where they stand.

use std::ops::Range;

use super::fault::shown;

/// A piece of an expression.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    /// Where it begins, in bytes.
    pub(super) start: usize,
}

impl<'a> Word<'a> {
    pub(super) fn span(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The word as it may be printed.
    pub(super) fn shown(&self) -> String {
        shown(self.text)
    }

    /// The pieces between separators.
    pub(super) fn split(self, separator: char) -> impl Iterator<Item = Word<'a>> {
        let mut start = self.start;
        self.text.split(separator).map(move |text| {
            let word = Word { text, start };
            start += text.len() + separator.len_utf8();
            word
        })
    }

    /// What is before and after the first separator.
    pub(super) fn split_once(self, separator: char) -> Option<(Word<'a>, Word<'a>)> {
        let (before, after) = self.text.split_once(separator)?;
        let end = self.start + self.text.len();
        Some((
            Word { text: before, ..self },
            Word {
                text: after,
                start: end - after.len(),
            },
        ))
    }
}

/// What is between white space. Only the white space of ASCII separates; any other is a character like any other.
pub(super) fn words(expression: &str) -> Vec<Word<'_>> {
    let whole = Word {
        text: expression,
        start: 0,
    };
    let mut words = Vec::new();
    let mut begin = None;
    for (place, character) in whole.text.char_indices() {
        match (matches!(character, ' ' | '\t' | '\r' | '\n'), begin) {
            (false, None) => begin = Some(place),
            (true, Some(start)) => {
                words.push(Word {
                    text: &expression[start..place],
                    start,
                });
                begin = None;
            }
            _ => {}
        }
    }
    if let Some(start) = begin {
        words.push(Word {
            text: &expression[start..],
            start,
        });
    }
    words
}
