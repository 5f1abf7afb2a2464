//! Values stored by an older version of a type.

use serde::{Deserialize, Serialize};
use zen_core::artifact::{decode_value, encode_value};

use super::refused;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Old {
    width: u32,
    height: u32,
}

fn old() -> Vec<u8> {
    encode_value(&Old { width: 1, height: 2 }).unwrap()
}

#[test]
fn reordered_fields_are_not_swapped() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Reordered {
        height: u32,
        width: u32,
    }
    assert_eq!(
        decode_value::<Reordered>(&old()).unwrap(),
        Reordered { height: 2, width: 1 }
    );
}

#[test]
fn added_fields_take_their_default() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Added {
        #[serde(default)]
        depth: u32,
        width: u32,
        height: u32,
        note: Option<String>,
    }
    assert_eq!(
        decode_value::<Added>(&old()).unwrap(),
        Added {
            depth: 0,
            width: 1,
            height: 2,
            note: None
        }
    );
}

#[test]
fn added_fields_without_default_are_an_error() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code)]
    struct Added {
        width: u32,
        depth: u32,
    }
    assert!(refused::<Added>(&old()).contains("missing field `depth`"));
}

#[test]
fn removed_fields_are_ignored_whatever_they_were() {
    #[derive(Serialize)]
    struct Before {
        removed: (Vec<Option<Option<u8>>>, std::collections::BTreeMap<u128, f64>),
        width: u32,
        gone: &'static str,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct After {
        width: u32,
    }
    let removed = (vec![Some(None), None, Some(Some(1))], [(u128::MAX, 1.0)].into());
    let bytes = encode_value(&Before {
        removed,
        width: 5,
        gone: "x",
    })
    .unwrap();
    assert_eq!(decode_value::<After>(&bytes).unwrap(), After { width: 5 });
}

#[test]
fn nothing_is_read_as_a_struct_by_position() {
    let error = refused::<Old>(&encode_value(&(1u32, 2u32)).unwrap());
    assert_eq!(
        error,
        "expected a map of the fields of Old, found an array of 2 (MessagePack, at byte 0)"
    );
    let error = refused::<Old>(
        &encode_value(
            &[(0, 1), (1, 2)]
                .iter()
                .copied()
                .collect::<std::collections::BTreeMap<_, _>>(),
        )
        .unwrap(),
    );
    assert!(error.contains("the name of a field"), "{error}");
}

#[test]
fn a_tuple_must_have_its_length() {
    let error = refused::<(u8, u8)>(&encode_value(&(1, 2, 3)).unwrap());
    assert!(
        error.contains("expected an array of 2, found one of 3"),
        "{error}"
    );
    assert!(refused::<(u8, u8, u8)>(&encode_value(&(1, 2)).unwrap()).contains("tuple of size 3"));
}

#[test]
fn variants_keep_their_form() {
    #[derive(Debug, Serialize, Deserialize)]
    enum Before {
        A,
        B(u8),
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code)]
    enum After {
        A(u8),
        B,
    }
    assert!(
        refused::<After>(&encode_value(&Before::A).unwrap()).contains("found a variant without a payload")
    );
    assert!(refused::<After>(&encode_value(&Before::B(1)).unwrap()).contains("found one with a payload"));
    assert!(refused::<Before>(&encode_value("C").unwrap()).contains("unknown variant `C`"));
    assert!(refused::<Before>(&encode_value(&0).unwrap()).contains("a variant of Before"));
}

#[test]
fn numbers_keep_their_kind() {
    let error = refused::<f64>(&encode_value(&1).unwrap());
    assert_eq!(
        error,
        "expected a 64-bit float, found the integer 1 (MessagePack, at byte 0)"
    );
    let error = refused::<Vec<u8>>(&encode_value(&[1.0]).unwrap());
    assert_eq!(
        error,
        "expected an integer, found the 64-bit float 1.0 (MessagePack, at byte 1)"
    );
    assert!(refused::<f32>(&encode_value(&1.0f64).unwrap()).contains("expected a 32-bit float"));
    assert!(refused::<f64>(&encode_value(&1.0f32).unwrap()).contains("expected a 64-bit float"));
    assert!(refused::<f32>(&encode_value(&1).unwrap()).contains("found the integer 1"));
    assert!(refused::<i128>(&encode_value(&1.0f32).unwrap()).contains("expected an integer"));
    assert!(refused::<u8>(&encode_value(&256).unwrap()).contains("expected u8"));
    assert!(
        refused::<String>(&encode_value(serde_bytes::Bytes::new(b"x")).unwrap())
            .contains("expected a string")
    );
}
