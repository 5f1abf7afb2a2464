//! Bodies that are almost good.

use proptest::collection::vec;
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// Pieces that break things when they get into a body.
const PIECES: [&[u8]; 24] = [
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b":",
    b"\"",
    b"\\",
    b"null",
    b"-1",
    b"1e400",
    b"9223372036854775807",
    b"18446744073709551616",
    b"[[[[",
    b"\"x\"",
    b"\"a\":1,",
    b"\xff",
    b"\x00",
    b"NaN",
    b"\"\\ud800\"",
    b"true",
    b".",
    b"\n",
    b"\"data\":[1],",
];

#[derive(Debug, Clone)]
enum Edit {
    Insert(usize, usize),
    Replace(usize, u8),
    Remove(usize, usize),
    Repeat(usize, usize),
    Cut(usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<usize>();
    prop_oneof![
        4 => (at, 0..PIECES.len()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        2 => (at, any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        2 => (at, 1usize..12).prop_map(|(at, length)| Edit::Remove(at, length)),
        1 => (at, 1usize..30).prop_map(|(at, length)| Edit::Repeat(at, length)),
        1 => at.prop_map(Edit::Cut),
    ]
}

fn edited(mut body: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for edit in edits {
        let place = |at: &usize| at % (body.len() + 1);
        match edit {
            Edit::Insert(at, piece) => {
                let at = place(at);
                body.splice(at..at, PIECES[*piece].iter().copied());
            }
            Edit::Replace(at, byte) => {
                let at = place(at);
                if let Some(old) = body.get_mut(at) {
                    *old = *byte;
                }
            }
            Edit::Remove(at, length) => {
                let at = place(at);
                let end = (at + length).min(body.len());
                body.drain(at..end);
            }
            Edit::Repeat(at, length) => {
                let at = place(at);
                let end = (at + length).min(body.len());
                let part = body[at..end].to_vec();
                body.splice(at..at, part);
            }
            Edit::Cut(at) => {
                let at = place(at);
                body.truncate(at);
            }
        }
    }
    body
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "[a-z]{0,4}".prop_map(Into::into),
    ];
    let names = "inputs|outputs|instances|dataframe_split|dataframe_records|columns|data|name|shape|datatype|parameters|a|b|x";
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Into::into),
            vec((names, inner), 0..5)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Where the JSON ends that a body begins with; its whole length when it begins with none.
pub fn json_end(body: &[u8]) -> usize {
    let mut values = serde_json::Deserializer::from_slice(body).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => values.byte_offset(),
        _ => body.len(),
    }
}

/// Values that get into the place of others.
fn odd() -> impl Strategy<Value = Value> {
    let odd = json!([
        null, true, 0, 1, 2, 3, -1, 1.5, 1e39, i64::MAX, u64::MAX, "", "x", "a", "FP16", "BYTES", "UINT8", "INT64", "BOOL", [], {},
        [1], [[1]], [[1, 2], [3, 4]], [[1], [2, 3]], ["x"], [[]], {"a": 1}, {"a": [1], "b": [2]}, {"binary_data_size": 4},
        {"binary_data_size": 9, "classification": 1}, {"binary_data": true}, [2, 2], [0], [4], [65536, 65536, 65536, 65536]
    ]);
    let odd: Vec<Value> = odd.as_array().cloned().unwrap_or_default();
    prop::sample::select(odd)
}

/// What happens to one value in a tree.
#[derive(Debug, Clone)]
enum Change {
    Replace(Value),
    Wrap,
    Remove,
    Repeat,
}

fn change() -> impl Strategy<Value = (usize, Change)> {
    let change = prop_oneof![
        5 => odd().prop_map(Change::Replace),
        1 => Just(Change::Wrap),
        2 => Just(Change::Remove),
        2 => Just(Change::Repeat),
    ];
    (0usize..60, change)
}

/// Changes the value that is reached after `left` others; answers whether it was reached.
fn changed(value: &mut Value, left: &mut usize, change: &Change) -> bool {
    match (*left, change) {
        (0, Change::Wrap) => *value = json!([value.take()]),
        (0, Change::Replace(other)) => *value = other.clone(),
        (0, Change::Remove) => match value {
            Value::Array(values) => drop(values.pop()),
            Value::Object(fields) => fields.retain(|name, _| name.len() % 2 == 0),
            other => *other = Value::Null,
        },
        (0, Change::Repeat) => match value {
            Value::Array(values) => values.extend(values.first().cloned()),
            Value::String(text) => *text = text.repeat(2),
            other => *other = json!([other.clone(), other.clone()]),
        },
        _ => {
            *left -= 1;
            return match value {
                Value::Array(values) => values.iter_mut().any(|value| changed(value, left, change)),
                Value::Object(fields) => fields.values_mut().any(|value| changed(value, left, change)),
                _ => false,
            };
        }
    }
    true
}

/// The body with another tree in place of its JSON.
fn replanted(body: &[u8], changes: &[(usize, Change)]) -> Vec<u8> {
    let (json, rest) = body.split_at(json_end(body));
    let Ok(mut tree) = serde_json::from_slice(json) else {
        return body.to_vec();
    };
    for (place, change) in changes {
        changed(&mut tree, &mut { *place }, change);
    }
    [tree.to_string().as_bytes(), rest].concat()
}

/// Bodies of which most are malformed: good ones with changes of their trees or of their bytes, random JSON and random bytes.
pub fn bodies(good: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => (0..good.len(), vec(change(), 1..4)).prop_map(|(body, changes)| replanted(good[body], &changes)),
        4 => (0..good.len(), vec(edit(), 1..3)).prop_map(|(body, edits)| edited(good[body].to_vec(), &edits)),
        1 => any_json().prop_map(|json| json.to_string().into_bytes()),
        1 => vec(any::<u8>(), 0..100),
    ]
}
