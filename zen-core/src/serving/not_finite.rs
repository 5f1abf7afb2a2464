//! The numbers that JSON hasn't, and which Python writes all the same.

use std::borrow::Cow;

/// Words that Python's JSON has for numbers that are not finite; `-Infinity` comes before `Infinity`, which is its end.
const WORDS: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];

/// Puts something else in place of `NaN`, `Infinity` and `-Infinity`, which are no JSON, wherever they stand outside of texts.
///
/// ```
/// use zen_core::serving::replace_not_finite;
///
/// let json = replace_not_finite(br#"{"NaN": [1.0, NaN]}"#, |_| "null".into());
/// assert_eq!(&*json, br#"{"NaN": [1.0, null]}"#);
/// ```
pub fn replace_not_finite(json: &[u8], with: impl Fn(&str) -> String) -> Cow<'_, [u8]> {
    let mut out: Option<Vec<u8>> = None;
    let (mut place, mut copied, mut in_text) = (0, 0, false);
    while let Some(byte) = json.get(place) {
        match (in_text, byte) {
            (true, b'\\') => place += 1,
            (_, b'"') => in_text = !in_text,
            (false, b'-' | b'I' | b'N') => {
                let word = WORDS.iter().find(|word| json[place..].starts_with(word));
                if let Some(word) = word {
                    let out = out.get_or_insert_default();
                    out.extend_from_slice(&json[copied..place]);
                    out.extend_from_slice(with(&String::from_utf8_lossy(word)).as_bytes());
                    place += word.len();
                    copied = place;
                    continue;
                }
            }
            _ => {}
        }
        place += 1;
    }
    match out {
        None => Cow::Borrowed(json),
        Some(mut out) => {
            out.extend_from_slice(&json[copied..]);
            Cow::Owned(out)
        }
    }
}
