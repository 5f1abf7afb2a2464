//! Bytes that nobody encoded.

use std::collections::{BTreeMap, HashMap};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use zen_core::artifact::{CodecError, decode_value, encode_value};

use super::refused;
use super::rich::{Rich, rich};

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Unit,
    Number(f64),
    List(Vec<Untagged>),
    Fields { next: Option<Box<Untagged>> },
    Rich(Box<Rich>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "t")]
enum Tagged {
    Leaf,
    Node { next: Box<Tagged> },
}

#[derive(Debug, Serialize, Deserialize)]
struct Flat {
    a: Option<u8>,
    #[serde(flatten)]
    rest: HashMap<String, serde_json::Value>,
}

/// A list without any bytes of its own.
#[derive(Debug, Serialize, Deserialize)]
struct Chain(Option<Box<Chain>>);

fn try_all(bytes: &[u8]) {
    fn attempt<T: DeserializeOwned>(bytes: &[u8]) {
        match decode_value::<T>(bytes) {
            Ok(_) | Err(CodecError::Malformed(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    attempt::<Rich>(bytes);
    attempt::<Untagged>(bytes);
    attempt::<Tagged>(bytes);
    attempt::<Flat>(bytes);
    attempt::<Chain>(bytes);
    attempt::<serde_json::Value>(bytes);
    attempt::<IgnoredAny>(bytes);
    attempt::<Vec<f64>>(bytes);
    attempt::<Vec<Option<Option<u128>>>>(bytes);
    attempt::<BTreeMap<(u8, char), String>>(bytes);
    attempt::<(i8, (), serde_bytes::ByteBuf)>(bytes);
    attempt::<Result<std::net::IpAddr, uuid::Uuid>>(bytes);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        try_all(&bytes);
    }

    /// Random bytes are mostly wrong at once; these get further.
    #[test]
    fn plausible_bytes_never_panic(bytes in vec(proptest::sample::select(&[
        0x00u8, 0x01, 0x03, 0x7f, 0x80, 0x81, 0x82, 0x90, 0x91, 0x92, 0xa0, 0xa1, b't', b'a', 0xc0, 0xc1, 0xc3, 0xc4,
        0xc7, 0xc9, 0xca, 0xcb, 0xcf, 0xd3, 0xd4, 0xd8, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xff,
    ][..]), 0..60)) {
        try_all(&bytes);
    }

    #[test]
    fn changed_bytes_never_panic(value in rich(), changes in vec((any::<Index>(), any::<u8>()), 1..4), cut: Index) {
        let mut bytes = encode_value(&value).unwrap();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        try_all(&bytes);
        try_all(&bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn truncated_and_lengthened_bytes_are_refused(value in rich(), cut: Index, more: u8) {
        let mut bytes = encode_value(&value).unwrap();
        refused::<Rich>(&bytes[..cut.index(bytes.len())]);
        bytes.push(more);
        prop_assert!(refused::<Rich>(&bytes).contains("follow the end"));
    }
}

#[test]
fn announced_lengths_are_not_believed() {
    for header in [[0xdd; 5], [0xdf; 5], [0xdb; 5], [0xc6; 5], [0xc9; 5]] {
        let mut bytes = header;
        bytes[1..].fill(0xff);
        for after in 0..3 {
            let bytes = [&bytes[..], &[1; 3][..after]].concat();
            try_all(&bytes);
            let error = refused::<serde_json::Value>(&bytes);
            assert!(error.contains("left") || error.contains("extension"), "{error}");
        }
    }
    let error = refused::<Vec<()>>(&[0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0]);
    assert_eq!(
        error,
        "an array of 4294967295 elements, but only 1 bytes are left (MessagePack, at byte 0)"
    );
}

#[test]
fn refusals_say_what_and_where() {
    let cases: [(&[u8], &str); 6] = [
        (
            &[],
            "the bytes are truncated: a number needs 1 bytes and only 0 are left (MessagePack, at byte 0)",
        ),
        (
            &[0x92, 1, 0xc1],
            "the byte c1, which MessagePack does not use (MessagePack, at byte 2)",
        ),
        (
            &[0x91, 0xa2, b'a', 0xff],
            "a string is not UTF-8: invalid utf-8 sequence of 1 bytes from index 1 (MessagePack, at byte 1)",
        ),
        (
            &[0xd5, 9, 0, 0],
            "extension type 9 of 2 bytes is not one that zen writes (MessagePack, at byte 0)",
        ),
        (
            &[0xd4, 1, 5],
            "an optional nil that holds something else (MessagePack, at byte 0)",
        ),
        (
            &[1, 2],
            "1 bytes follow the end of the value (MessagePack, at byte 1)",
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(refused::<serde_json::Value>(bytes), expected);
        assert_eq!(refused::<IgnoredAny>(bytes), expected);
    }
    let error = refused::<Vec<Option<bool>>>(&[0x92, 0xc3, 5]);
    assert_eq!(
        error,
        "invalid type: integer `5`, expected a boolean (MessagePack, at byte 2)"
    );
}

#[test]
fn deep_nesting_is_refused() {
    try_all(&vec![0x81; 1_000_000]);
    let bytes = vec![0x91; 1_000_000];
    try_all(&bytes);
    assert!(refused::<serde_json::Value>(&bytes).contains("256 levels"));
    let lists = [vec![0x91; 1000], vec![0xc0]].concat();
    assert!(refused::<Untagged>(&lists).contains("256 levels"));
    // What is not kept may be nested as it likes.
    decode_value::<IgnoredAny>(&lists).unwrap();

    let chain = (0..1000).fold(Chain(None), |inner, _| Chain(Some(Box::new(inner))));
    assert!(
        matches!(encode_value(&chain), Err(CodecError::Unsupported(text)) if text.contains("256 levels"))
    );
    let tagged = (0..1000).fold(Tagged::Leaf, |next, _| Tagged::Node { next: Box::new(next) });
    assert!(matches!(encode_value(&tagged), Err(CodecError::Unsupported(_))));
}

/// In a build without optimisation, on the stack that a thread has by default.
#[test]
fn the_deepest_allowed_values_fit_the_stack() {
    fn deepest<T: Serialize + DeserializeOwned>(leaf: T, wrap: impl Fn(T) -> T) -> usize {
        let mut value = leaf;
        for levels in 0.. {
            match encode_value(&value) {
                Ok(bytes) => value = wrap(decode_value(&bytes).unwrap()),
                Err(_) => return levels,
            }
        }
        0
    }
    let all = std::thread::Builder::new().stack_size(2 << 20).spawn(|| {
        [
            deepest(Chain(None), |inner| Chain(Some(Box::new(inner)))),
            deepest(Tagged::Leaf, |next| Tagged::Node { next: Box::new(next) }),
            deepest(Untagged::Unit, |inner| Untagged::List(vec![inner])),
            deepest(Rich::Nothing, |inner| Rich::Nested(Some(Some(Box::new(inner))))),
            deepest(serde_json::Value::Null, |inner| serde_json::json!([inner])),
        ]
    });
    assert_eq!(all.unwrap().join().unwrap(), [257, 256, 257, 86, 257]);
}
