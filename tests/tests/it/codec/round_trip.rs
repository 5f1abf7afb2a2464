//! Whatever is encoded comes back as it was.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use zen_core::artifact::{decode_value, encode_value};

use super::rich::{Rich, rich};
use super::through;

proptest! {
    #[test]
    fn all_of_serdes_data_model(value in rich()) {
        let bytes = encode_value(&value).unwrap();
        let back: Rich = decode_value(&bytes).unwrap();
        // Not `==`, which NaN fails and -0.0 passes.
        prop_assert_eq!(format!("{value:?}"), format!("{back:?}"));
        prop_assert_eq!(bytes, encode_value(&back).unwrap());
    }

    #[test]
    fn integers_in_every_type_that_holds_them(value: i64) {
        let bytes = encode_value(&value).unwrap();
        prop_assert_eq!(decode_value::<i128>(&bytes).unwrap(), i128::from(value));
        prop_assert_eq!(decode_value::<i16>(&bytes).ok(), i16::try_from(value).ok());
        prop_assert_eq!(decode_value::<u32>(&bytes).ok(), u32::try_from(value).ok());
        prop_assert_eq!(decode_value::<u128>(&bytes).ok(), u128::try_from(value).ok());
        if let Ok(unsigned) = u128::try_from(value) {
            prop_assert_eq!(encode_value(&unsigned).unwrap(), bytes);
        }
    }

    #[test]
    fn every_bit_of_a_float(single: u32, double: u64) {
        prop_assert_eq!(through(&f64::from_bits(double)).to_bits(), double);
        prop_assert_eq!(through(&f32::from_bits(single)).to_bits(), single);
        prop_assert_eq!(through(&Some(vec![f64::from_bits(double)])).unwrap()[0].to_bits(), double);
    }

    #[test]
    fn a_hash_map_has_one_encoding(entries: BTreeMap<(u8, String), f64>) {
        let forwards: HashMap<_, _> = entries.clone().into_iter().collect();
        let mut backwards = HashMap::with_capacity(1000);
        backwards.extend(entries.clone().into_iter().rev());
        let bytes = encode_value(&forwards).unwrap();
        prop_assert_eq!(&bytes, &encode_value(&backwards).unwrap());
        prop_assert_eq!(&bytes, &encode_value(&entries).unwrap());
        prop_assert_eq!(through(&forwards), forwards);
    }
}

#[test]
fn nested_options_stay_apart() {
    let values = [
        None,
        Some(None),
        Some(Some(None)),
        Some(Some(Some(None))),
        Some(Some(Some(Some(())))),
    ];
    let encoded: BTreeSet<_> = values.iter().map(|value| encode_value(value).unwrap()).collect();
    assert_eq!(encoded.len(), values.len());
    assert_eq!(values.map(|value| through(&value)), values);
    assert_eq!(through(&Some(json!(null))), Some(json!(null)));
    assert_eq!(through(&vec![Some(()), None]), [Some(()), None]);
    assert_eq!(
        through(&HashMap::from([(Some(None), None), (None, Some(1u8))])).get(&None::<Option<u8>>),
        Some(&Some(1))
    );
}

#[test]
fn a_present_value_is_encoded_as_itself() {
    assert_eq!(encode_value(&Some(Some(5))).unwrap(), encode_value(&5).unwrap());
    assert_eq!(
        encode_value(&Some([None::<()>])).unwrap(),
        encode_value(&[()]).unwrap()
    );
}

#[test]
fn types_with_a_form_for_people() {
    assert_eq!(through(&Uuid::from_u128(7)), Uuid::from_u128(7));
    let address: IpAddr = "::1".parse().unwrap();
    assert_eq!(through(&address), address);
    let time: DateTime<Utc> = "2024-02-29T12:34:56.789012345Z".parse().unwrap();
    assert_eq!(through(&time), time);
    let date = NaiveDate::from_ymd_opt(-5, 1, 1).unwrap();
    assert_eq!(through(&date), date);
    assert_eq!(through(&Duration::MAX), Duration::MAX);
}

#[test]
fn json_values() {
    let value = json!({"a": [1, -1, 1.5, u64::MAX, i64::MIN, null, true, "x", {}], "": {"b": []}});
    assert_eq!(through(&value), value);
}

#[test]
fn ndarray_with_serde() {
    let array = ndarray::arr2(&[[1.5, f64::INFINITY], [-0.0, 2.5]]);
    assert_eq!(through(&array), array);
}

#[test]
fn large_values_pass_through_the_sink_in_order() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Large {
        before: Vec<u32>,
        bytes: serde_bytes::ByteBuf,
        map: HashMap<u32, Vec<f64>>,
        text: String,
        after: Vec<Vec<f64>>,
    }
    let large = Large {
        before: (0..50_000).collect(),
        bytes: serde_bytes::ByteBuf::from(vec![7; 300_000]),
        map: (0..500).map(|key| (key, vec![f64::from(key); 100])).collect(),
        text: "ä".repeat(100_000),
        after: vec![vec![0.25; 1000]; 100],
    };
    assert_eq!(through(&large), large);
    use zen_core::artifact::{Codec, Serde};
    let mut streamed = Vec::new();
    Serde.encode(&large, &mut streamed).unwrap();
    assert_eq!(streamed, encode_value(&large).unwrap());
}

#[test]
fn sequences_of_unknown_length() {
    struct Odd(u32);
    impl Serialize for Odd {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq((0..self.0).filter(|n| n % 2 == 1))
        }
    }
    for len in [0, 10, 100, 200_000] {
        let expected: Vec<u32> = (0..len).filter(|n| n % 2 == 1).collect();
        let value = vec![Odd(len), Odd(3)];
        let bytes = encode_value(&value).unwrap();
        assert_eq!(bytes, encode_value(&[&expected[..], &[1]]).unwrap());
    }
}

/// Half an element in the output would be read as something else.
#[test]
fn ignored_errors_are_not_ignored() {
    use serde::ser::{Error, SerializeSeq, Serializer};

    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut pair = serializer.serialize_seq(Some(2))?;
            pair.serialize_element(&1)?;
            Err(S::Error::custom("fails"))
        }
    }
    struct Ignores(Option<usize>);
    impl Serialize for Ignores {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut list = serializer.serialize_seq(self.0)?;
            let _ = list.serialize_element(&Fails);
            list.serialize_element(&2)?;
            list.end()
        }
    }
    for len in [None, Some(1), Some(2)] {
        assert!(encode_value(&Ignores(len)).is_err());
    }
}
