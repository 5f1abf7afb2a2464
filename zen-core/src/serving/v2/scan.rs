//! Walks over the elements of `data` without making a tree of it.

use super::error::shortened;

/// Hands each element's JSON text to `element`, in order, and compares the nesting with the shape.
///
/// `text` is one well-formed JSON value. It may be flat, or nested as the shape says. No recursion: the shape bounds the depth.
pub(super) fn walk(
    text: &str,
    shape: &[usize],
    mut element: impl FnMut(&str) -> Result<(), String>,
) -> Result<(), String> {
    let bytes = text.as_bytes();
    let mut open: Vec<usize> = Vec::with_capacity(shape.len().max(1)); // the lists that are open, with their lengths so far
    let depth = match is_nested(bytes) {
        true => shape.len(),
        false => 1,
    };
    let misnested = || {
        format!("the nesting of `data` is not that of the shape {shape:?}; nest it so, or send a flat list")
    };
    let mut found = 0usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => at += 1,
            b'[' => {
                if open.len() >= depth {
                    return Err(misnested());
                }
                if let Some(length) = open.last_mut() {
                    *length += 1;
                }
                open.push(0);
                at += 1;
            }
            b']' => {
                let length = open.pop().unwrap_or_default();
                let level = open.len();
                if depth > 1 && shape.get(level) != Some(&length) {
                    let nth = level + 1;
                    return Err(format!(
                        "a list at depth {nth} of `data` has {length} elements, unlike the shape {shape:?}"
                    ));
                }
                at += 1;
            }
            _ => {
                let end = token_end(bytes, at);
                let token = text.get(at..end).unwrap_or_default();
                let level = open.len();
                match open.last_mut() {
                    None => return Err(format!("`data` is {}, not a list", shortened(token, 40))),
                    Some(_) if level < depth => return Err(misnested()),
                    Some(length) => *length += 1,
                }
                element(token).map_err(|reason| {
                    format!("element {found} of `data` is {}, {reason}", shortened(token, 40))
                })?;
                found += 1;
                at = end;
            }
        }
    }
    match shape.iter().try_fold(1usize, |all, size| all.checked_mul(*size)) {
        Some(elements) if elements == found => Ok(()),
        Some(elements) => Err(format!(
            "the shape {shape:?} has {elements} elements, and `data` has {found}"
        )),
        None => Err(format!(
            "the shape {shape:?} has more elements than can be counted"
        )),
    }
}

/// Whether the first thing in the list is a list.
fn is_nested(bytes: &[u8]) -> bool {
    let mut tokens = bytes.iter().filter(|byte| !byte.is_ascii_whitespace());
    tokens.next() == Some(&b'[') && tokens.next() == Some(&b'[')
}

/// Where the text, number or word that begins here ends.
fn token_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    if bytes.get(start) == Some(&b'"') {
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' => return at + 1,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        return bytes.len();
    }
    while bytes
        .get(at)
        .is_some_and(|byte| !matches!(byte, b',' | b']' | b' ' | b'\t' | b'\n' | b'\r'))
    {
        at += 1;
    }
    at
}
