//! Types whose values serde collects in a buffer of its own before it knows what they are: `flatten`, `untagged` and
//! internally tagged enums.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use uuid::Uuid;
use zen_core::artifact::encode_value;

use super::{refused, through};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Plain {
    address: IpAddr,
    uuid: Uuid,
    time: DateTime<Utc>,
    bytes: ByteBuf,
    single: f32,
    double: f64,
    options: Option<Option<Option<u8>>>,
    unit: Option<()>,
    letter: char,
    keys: BTreeMap<(i8, u64), Shape>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Empty,
    Circle(f32),
    Box(i8, u64),
    Named { name: Option<String> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: u8,
    #[serde(flatten)]
    plain: Plain,
    #[serde(flatten)]
    rest: HashMap<String, i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Internal {
    Unit,
    Newtype(Plain),
    Fields { plain: Plain, list: Vec<Internal> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Newtype(Plain),
    Tuple(f64, Option<Option<u8>>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Integer(i64),
    Unsigned(u64),
    Double(f64),
    Plain(Box<Plain>),
    Text(String),
    Pair((bool, Shape)),
    List(Vec<Untagged>),
    Unit,
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Empty),
        any::<f32>().prop_map(Shape::Circle),
        any::<(i8, u64)>().prop_map(|(a, b)| Shape::Box(a, b)),
        any::<Option<String>>().prop_map(|name| Shape::Named { name }),
    ]
}

fn plain() -> impl Strategy<Value = Plain> {
    let keys = proptest::collection::btree_map(any::<(i8, u64)>(), shape(), 0..4);
    let ids = (any::<IpAddr>(), any::<u128>(), any::<i32>(), any::<Vec<u8>>());
    let rest = (
        any::<(f32, f64)>(),
        any::<Option<Option<Option<u8>>>>(),
        any::<Option<()>>(),
        any::<char>(),
    );
    (ids, rest, keys).prop_map(
        |((address, uuid, time, bytes), ((single, double), options, unit, letter), keys)| Plain {
            address,
            uuid: Uuid::from_u128(uuid),
            time: DateTime::from_timestamp(time.into(), 1).unwrap(),
            bytes: ByteBuf::from(bytes),
            single,
            double,
            options,
            unit,
            letter,
            keys,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn flattened(plain in plain(), id: u8, rest: HashMap<u16, i64>) {
        let rest = rest.into_iter().map(|(key, value)| (key.to_string(), value)).collect();
        let flat = Flat { id, plain, rest };
        prop_assert_eq!(through(&flat), flat);
    }

    #[test]
    fn tagged(plain in plain()) {
        let newtype = Internal::Newtype(plain.clone());
        prop_assert_eq!(through(&newtype), newtype.clone());
        let fields = Internal::Fields { plain: plain.clone(), list: vec![Internal::Unit, newtype] };
        prop_assert_eq!(through(&fields), fields);
        let adjacent = Adjacent::Newtype(plain);
        prop_assert_eq!(through(&adjacent), adjacent);
    }

    #[test]
    fn untagged(plain in plain(), int: i64, uint: u64, double: f64, text: String, shape in shape()) {
        let value = Untagged::List(vec![
            Untagged::Integer(int),
            Untagged::Unsigned(uint | 1 << 63),
            Untagged::Double(double),
            Untagged::Plain(Box::new(plain)),
            Untagged::Text(text),
            Untagged::Pair((true, shape)),
            Untagged::List(vec![]),
            Untagged::Unit,
        ]);
        prop_assert_eq!(through(&value), value);
    }
}

#[test]
fn flattened_maps_with_other_keys() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Counts {
        total: u64,
        #[serde(flatten)]
        by_size: BTreeMap<u32, u64>,
    }
    let counts = Counts {
        total: 9,
        by_size: BTreeMap::from([(1, 2), (300, 4)]),
    };
    assert_eq!(through(&counts), counts);
}

#[test]
fn a_flattened_struct_is_sorted_like_a_map() {
    #[derive(Serialize)]
    struct Outer {
        z: u8,
        #[serde(flatten)]
        rest: HashMap<&'static str, u8>,
    }
    let encoded = encode_value(&Outer {
        z: 1,
        rest: HashMap::from([("a", 2), ("y", 3)]),
    })
    .unwrap();
    assert_eq!(
        encoded,
        encode_value(&BTreeMap::from([("a", 2), ("y", 3), ("z", 1)])).unwrap()
    );
}

#[test]
fn adjacent_variants() {
    for value in [
        Adjacent::Unit,
        Adjacent::Tuple(f64::INFINITY, Some(None)),
        Adjacent::Tuple(-0.0, None),
    ] {
        assert_eq!(through(&value), value);
    }
}

/// As documented: serde's buffer can't give them back, not even small ones.
#[test]
fn wide_integers_do_not_pass_through_serdes_buffer() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Wide {
        wide: u128,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        inner: Wide,
    }
    assert_eq!(through(&Wide { wide: u128::MAX }), Wide { wide: u128::MAX });
    for wide in [5, u128::MAX] {
        let error = refused::<Outer>(&encode_value(&Outer { inner: Wide { wide } }).unwrap());
        assert!(error.contains("u128"), "{error}");
    }
}
