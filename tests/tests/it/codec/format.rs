//! The bytes themselves. A change here makes stored artifacts unreadable: it needs a new codec version.

use std::collections::HashMap;

use serde::Serialize;
use serde_bytes::Bytes;
use zen_core::artifact::encode_value;

#[derive(Serialize)]
struct Record {
    b: u8,
    a: bool,
}

#[derive(Serialize)]
struct Wrapper(Record);

#[derive(Serialize)]
enum Variant {
    Unit,
    Newtype(Record),
    Tuple(u8, u8),
    Fields { x: u8 },
}

fn hex<T: Serialize + ?Sized>(value: &T) -> String {
    encode_value(value)
        .unwrap()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn scalars() {
    assert_eq!(hex(&()), "c0");
    assert_eq!(hex(&true), "c3");
    assert_eq!(hex(&127u64), "7f");
    assert_eq!(hex(&128i64), "cc80");
    assert_eq!(hex(&-33i128), "d0df");
    assert_eq!(hex(&u64::MAX), "cfffffffffffffffff");
    assert_eq!(hex(&i64::MIN), "d38000000000000000");
    assert_eq!(
        hex(&(u128::from(u64::MAX) + 1)),
        "d80200000000000000010000000000000000"
    );
    assert_eq!(hex(&i128::MIN), "d80380000000000000000000000000000000");
    assert_eq!(hex(&1.0f32), "ca3f800000");
    assert_eq!(hex(&1.0f64), "cb3ff0000000000000");
    assert_eq!(hex(&'x'), "a178");
    assert_eq!(hex("x"), "a178");
    assert_eq!(hex(Bytes::new(b"x")), "c40178");
}

#[test]
fn options() {
    assert_eq!(hex(&None::<u8>), "c0");
    assert_eq!(hex(&Some(1)), "01");
    assert_eq!(hex(&Some(None::<u8>)), "d401c0");
    assert_eq!(hex(&Some(Some(()))), "c70301d401c0");
}

#[test]
fn compounds() {
    assert_eq!(hex(&(1, "a")), "9201a161");
    // Declaration order, not sorted.
    assert_eq!(hex(&Record { b: 1, a: true }), "82a16201a161c3");
    assert_eq!(hex(&Wrapper(Record { b: 1, a: true })), "82a16201a161c3");
    assert_eq!(hex(&Variant::Unit), "a4556e6974");
    assert_eq!(
        hex(&Variant::Newtype(Record { b: 1, a: true })),
        "81a74e65777479706582a16201a161c3"
    );
    assert_eq!(hex(&Variant::Tuple(1, 2)), "81a55475706c65920102");
    assert_eq!(hex(&Variant::Fields { x: 1 }), "81a64669656c647381a17801");
    // Sorted by encoded key: shorter strings first.
    assert_eq!(
        hex(&HashMap::from([("b", 1), ("aa", 2), ("a", 3)])),
        "83a16103a16201a2616102"
    );
}

#[test]
fn equal_keys_stay_in_their_order() {
    struct Twice;
    impl Serialize for Twice {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([("b", 1), ("a", 9), ("b", 0)])
        }
    }
    assert_eq!(hex(&Twice), "83a16109a16201a16200");
}
