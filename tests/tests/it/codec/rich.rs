//! A type that uses all of serde's data model, and random values of it.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Rich {
    Nothing,
    Unit(()),
    UnitStruct(Marker),
    Bool(bool),
    Small(i8, u8, i16, u16),
    Large {
        signed: i64,
        unsigned: u64,
        wide: i128,
        widest: u128,
    },
    Single(f32),
    Double(f64),
    Wrapped(Meters),
    Char(char),
    Text(String),
    Bytes(serde_bytes::ByteBuf),
    UnitOption(Option<()>),
    Options(Option<Option<Option<u8>>>),
    Nested(Option<Option<Box<Rich>>>),
    Sequence(Vec<Rich>),
    Doubles(Vec<Vec<f64>>),
    Pair(Box<(Rich, Rich)>),
    Tuples(BTreeMap<(i8, String), Rich>),
    OptionKeys(BTreeMap<Option<Option<bool>>, Meters>),
    Record(Record),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Marker;

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Meters(f32);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    id: u32,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    note: Option<String>,
    result: Result<i32, String>,
    array: [i16; 3],
    rest: Option<Box<Rich>>,
}

/// Every bit pattern, so NaNs, infinities and negative zeros too.
fn double() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        Just(f64::NAN),
        Just(-0.0),
        Just(f64::INFINITY),
        any::<f64>()
    ]
}

fn single() -> impl Strategy<Value = f32> {
    prop_oneof![
        any::<u32>().prop_map(f32::from_bits),
        Just(f32::NAN),
        Just(-0.0),
        any::<f32>()
    ]
}

/// The limits of every integer type are as likely as everything else together.
fn wide() -> impl Strategy<Value = i128> {
    let limits: Vec<i128> = [7, 8, 15, 16, 31, 32, 63, 64, 126]
        .into_iter()
        .flat_map(|bits| [-1, 0, 1].map(|by| (1i128 << bits) + by))
        .flat_map(|limit| [limit, -limit])
        .chain([0, i128::MIN, i128::MAX])
        .collect();
    prop_oneof![proptest::sample::select(limits), any::<i128>()]
}

fn leaf() -> impl Strategy<Value = Rich> {
    prop_oneof![
        Just(Rich::Nothing),
        Just(Rich::Unit(())),
        Just(Rich::UnitStruct(Marker)),
        any::<bool>().prop_map(Rich::Bool),
        any::<(i8, u8, i16, u16)>().prop_map(|(a, b, c, d)| Rich::Small(a, b, c, d)),
        (wide(), wide()).prop_map(|(a, b)| Rich::Large {
            signed: a as i64,
            unsigned: b as u64,
            wide: a,
            widest: b as u128
        }),
        single().prop_map(Rich::Single),
        double().prop_map(Rich::Double),
        single().prop_map(|value| Rich::Wrapped(Meters(value))),
        any::<char>().prop_map(Rich::Char),
        any::<String>().prop_map(Rich::Text),
        vec(any::<u8>(), 0..40).prop_map(|bytes| Rich::Bytes(serde_bytes::ByteBuf::from(bytes))),
        any::<Option<()>>().prop_map(Rich::UnitOption),
        any::<Option<Option<Option<u8>>>>().prop_map(Rich::Options),
        vec(vec(double(), 0..20), 0..4).prop_map(Rich::Doubles),
        btree_map(any::<Option<Option<bool>>>(), single().prop_map(Meters), 0..4).prop_map(Rich::OptionKeys),
    ]
}

pub(super) fn rich() -> impl Strategy<Value = Rich> {
    leaf().prop_recursive(5, 60, 6, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            proptest::option::of(proptest::option::of(boxed.clone())).prop_map(Rich::Nested),
            vec(inner.clone(), 0..20).prop_map(Rich::Sequence),
            (inner.clone(), inner.clone()).prop_map(|pair| Rich::Pair(Box::new(pair))),
            btree_map(any::<(i8, String)>(), inner, 0..20).prop_map(Rich::Tuples),
            record(boxed).prop_map(Rich::Record),
        ]
    })
}

fn record(inner: impl Strategy<Value = Box<Rich>>) -> impl Strategy<Value = Record> {
    let result = prop_oneof![any::<i32>().prop_map(Ok), any::<String>().prop_map(Err)];
    (
        any::<(u32, Option<String>, [i16; 3])>(),
        result,
        proptest::option::of(inner),
    )
        .prop_map(|((id, note, array), result, rest)| Record {
            id,
            note,
            result,
            array,
            rest,
        })
}
