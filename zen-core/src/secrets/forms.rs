//! The forms that a secret takes in texts.

use std::ops::Range;

use secrecy::SecretString;
use secrecy::zeroize::Zeroize;

use super::redact::SHORTEST;

/// Shorter lines of a secret of several may be anything, such as a bracket.
const SHORTEST_LINE: usize = 8;

/// How often a text may have been written into another one: an error's text into JSON, say, that is shown by `{:?}`.
const NESTED: usize = 2;

/// The value, its lines if it has several, and what becomes of each in JSON and in `{:?}`. Percent-encoding is found by [`occurrences`].
pub(super) fn of(value: &str) -> Vec<SecretString> {
    let mut forms = vec![value.to_owned()];
    add(&mut forms, value.trim().to_owned(), SHORTEST);
    if value.contains(['\n', '\r']) {
        for line in value.split(['\n', '\r']) {
            add(&mut forms, line.trim().to_owned(), SHORTEST_LINE);
        }
    }
    let mut begin = 0;
    for _ in 0..NESTED {
        let end = forms.len();
        for index in begin..end {
            let shown = inside(format!("{:?}", forms[index]));
            add(&mut forms, shown, SHORTEST);
            // A text can always be written as JSON.
            let json = serde_json::to_string(&forms[index]).map(inside);
            add(&mut forms, json.unwrap_or_default(), SHORTEST);
        }
        begin = end;
    }
    forms.into_iter().map(SecretString::from).collect()
}

fn add(forms: &mut Vec<String>, mut form: String, shortest: usize) {
    match form.len() < shortest || forms.contains(&form) {
        true => form.zeroize(),
        false => forms.push(form),
    }
}

/// What stands between the quotes.
fn inside(mut quoted: String) -> String {
    let inside = quoted[1..quoted.len() - 1].to_owned();
    quoted.zeroize();
    inside
}

/// Where the secret stands in the text, overlapping places too: as it is, or with any of its bytes percent-encoded. Which ones are, no two
/// encoders agree on.
pub(super) fn occurrences(text: &str, secret: &str, found: &mut Vec<Range<usize>>) {
    if text.contains(['%', '+']) {
        let (text, first) = (text.as_bytes(), secret.as_bytes().first().copied());
        let begins = |byte: u8| Some(byte) == first || byte == b'%' || byte == b'+';
        let starts = (0..text.len()).filter(|start| begins(text[*start]));
        found.extend(starts.filter_map(|start| Some(start..encoded_end(text, start, secret.as_bytes())?)));
        return;
    }
    let step = secret.chars().next().map_or(1, char::len_utf8);
    let mut from = 0;
    while let Some(at) = text[from..].find(secret) {
        let start = from + at;
        found.push(start..start + secret.len());
        from = start + step;
    }
}

/// Where the secret ends at the latest, if it begins here.
fn encoded_end(text: &[u8], mut at: usize, secret: &[u8]) -> Option<usize> {
    for (index, byte) in secret.iter().enumerate() {
        at = match (as_it_is(text, at, *byte), as_code(text, at, *byte)) {
            // Of a `%` in the secret it is seen only later whether the one in the text is it or the beginning of its code.
            (Some(one), Some(other)) => {
                let rest = &secret[index + 1..];
                return encoded_end(text, other, rest).or_else(|| encoded_end(text, one, rest));
            }
            (one, other) => one.or(other)?,
        };
    }
    Some(at)
}

fn as_it_is(text: &[u8], at: usize, byte: u8) -> Option<usize> {
    let found = *text.get(at)?;
    // A space is `+` in forms.
    (found == byte || (found == b'+' && byte == b' ')).then_some(at + 1)
}

fn as_code(text: &[u8], at: usize, byte: u8) -> Option<usize> {
    let (b'%', digits) = (text.get(at)?, text.get(at + 1..at + 3)?) else {
        return None;
    };
    (hexadecimal(digits) == Some(byte)).then_some(at + 3)
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn found(text: &str, secret: &str) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        occurrences(text, secret, &mut found);
        found.into_iter().map(|range| (range.start, range.end)).collect()
    }

    #[test]
    fn overlapping_places_are_all_found() {
        assert_eq!(found("xababab", "abab"), [(1, 5), (3, 7)]);
        assert_eq!(found("äöäöä", "äöä"), [(0, 6), (4, 10)]);
    }

    #[test]
    fn any_byte_may_be_percent_encoded() {
        assert_eq!(found("a=p%40ss/%C3%a9.", "p@ss/é"), [(2, 15)]);
        assert_eq!(found("p%40s%73%2fé", "p@ss/é"), [(0, 13)]);
        assert_eq!(found("100% of p@ss", "p@ss"), [(8, 12)]);
        assert_eq!(found("%25%%25a", "%%%a"), [(0, 8)]);
        assert_eq!(found("two+words", "two words"), [(0, 9)]);
        assert_eq!(found("%4", "abcd"), []);
        assert_eq!(found("%é0%+1%", "abcd"), []);
    }

    #[test]
    fn a_value_has_its_lines_and_what_is_written_of_it() {
        let forms = of("-----BEGIN\nline \"of\" key\n}\n");
        let forms: Vec<_> = forms.iter().map(|form| form.expose_secret()).collect();
        for form in [
            "-----BEGIN",
            "line \"of\" key",
            "line \\\"of\\\" key",
            "line \\\\\\\"of\\\\\\\" key",
            "-----BEGIN\\nline \\\"of\\\" key\\n}\\n",
        ] {
            assert!(forms.contains(&form), "{form} in {forms:?}");
        }
        assert!(!forms.contains(&"}"));
        assert_eq!(of("plain").len(), 1);
    }
}
