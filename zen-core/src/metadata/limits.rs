//! How much may enter a row. Values belong into the artifact store: a metadata store holds what people and programs look through.

use crate::secrets::redact_string;

/// The longest text: an error, a note, a line of a log.
const LONGEST_TEXT: usize = 16 * 1024;

/// The longest name or label.
pub(crate) const LONGEST_NAME: usize = 255;

/// The longest summary of a value; those of zen's own codecs are shorter.
const LONGEST_SUMMARY: usize = 1024;

/// The most axes of a shape.
const MOST_AXES: usize = 64;

/// Room for the mark, so that what was cut isn't cut again.
const MARK: usize = 48;

/// The text without secrets, or its beginning with a mark that says how long it was; at most [`LONGEST_TEXT`] bytes.
pub(crate) fn cut(text: String) -> String {
    cut_at(text, LONGEST_TEXT)
}

pub(crate) fn cut_summary(text: String) -> String {
    cut_at(text, LONGEST_SUMMARY)
}

/// A shape that is none of an array is left out.
pub(crate) fn cut_shape(shape: Vec<u64>) -> Option<Vec<u64>> {
    (shape.len() <= MOST_AXES).then_some(shape)
}

fn cut_at(mut text: String, longest: usize) -> String {
    // First: half a secret would not be found.
    redact_string(&mut text);
    if text.len() > longest {
        let all = text.len();
        text.truncate(text.floor_char_boundary(longest - MARK));
        text.push_str(&format!("… ({all} bytes in all)"));
        text.shrink_to_fit();
    }
    text
}

/// Whether something can be a label: a run's name, a tag.
pub(crate) fn check_label(label: &str) -> Result<(), String> {
    match label.len() <= LONGEST_NAME {
        true => Ok(()),
        false => Err(format!(
            "it has {} bytes, at most {LONGEST_NAME} are allowed",
            label.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters_and_say_so() {
        assert_eq!(cut("short".into()), "short");
        let exact = "x".repeat(LONGEST_TEXT);
        assert_eq!(cut(exact.clone()), exact);
        let long = cut("ä".repeat(LONGEST_TEXT) + "x");
        assert!(long.starts_with('ä') && long.ends_with("… (32769 bytes in all)"));
        assert!(long.len() <= LONGEST_TEXT);
        assert_eq!(cut(long.clone()), long);
    }
}
