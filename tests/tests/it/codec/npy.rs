//! Arrays in NumPy's format, without NumPy.

use ndarray::{
    Array, Array0, Array1, Array2, Array3, ArrayD, Axis, Dimension, IxDyn, ShapeBuilder, Slice, array,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use zen_core::artifact::{Codec, CodecError, Npy, NpyElement};

fn encoded<A: NpyElement, D: Dimension>(value: &Array<A, D>) -> Vec<u8> {
    let mut bytes = Vec::new();
    Npy.encode(value, &mut bytes).unwrap();
    bytes
}

fn through<A: NpyElement, D: Dimension>(value: &Array<A, D>) -> Array<A, D> {
    Npy.decode(&encoded(value), 1).unwrap()
}

fn refused<A: NpyElement + std::fmt::Debug, D: Dimension>(bytes: &[u8]) -> String {
    match Codec::<Array<A, D>>::decode(&Npy, bytes, 1) {
        Err(CodecError::Malformed(text)) => text,
        other => panic!("expected the bytes to be refused, got {other:?}"),
    }
}

/// A file with this header and these bytes of data.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&(header.len() as u16).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(data);
    bytes
}

proptest! {
    #[test]
    fn arrays_come_back(shape in vec(0usize..5, 0..5), seed: u64, fortran: bool) {
        let len: usize = shape.iter().product();
        let elements: Vec<f64> = (0..len as u64).map(|i| f64::from_bits(seed.wrapping_mul(i))).collect();
        let value = ArrayD::from_shape_vec(IxDyn(&shape).set_f(fortran), elements).unwrap();
        let back = through(&value);
        prop_assert_eq!(back.mapv(f64::to_bits), value.mapv(f64::to_bits));
    }

    #[test]
    fn no_bytes_make_it_panic(header in "[{}():,'0-9TrueFalsdchpint_o <>f8L\\PC-]{0,80}", data: Vec<u8>) {
        let _ = Codec::<ArrayD<f64>>::decode(&Npy, &file(&header, &data), 1);
        let _ = Codec::<ArrayD<f64>>::decode(&Npy, &data, 1);
    }

    #[test]
    fn changed_bytes_do_not_panic(changes in vec((any::<Index>(), any::<u8>()), 1..4), cut: Index) {
        let mut bytes = encoded(&Array3::<i16>::zeros((2, 3, 4)));
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = Codec::<Array3<i16>>::decode(&Npy, &bytes, 1);
        let _ = Codec::<ArrayD<i16>>::decode(&Npy, &bytes, 1);
        refused::<i16, IxDyn>(&bytes[..cut.index(bytes.len())]);
    }
}

#[test]
fn every_element_type() {
    macro_rules! limits {
        ($($type:ident)*) => {$({
            let value = array![$type::MIN, $type::MAX, 0 as $type, 1 as $type];
            assert_eq!(through(&value), value);
        })*};
    }
    limits!(f32 f64 i8 i16 i32 i64 u8 u16 u32 u64);
    assert_eq!(through(&array![[true, false]]), array![[true, false]]);
    assert_eq!(through(&Array0::from_elem((), 5u8)), Array0::from_elem((), 5u8));
}

#[test]
fn memory_layout_does_not_matter() {
    let value = Array2::from_shape_fn((300, 200), |(i, j)| (i * 1000 + j) as u32);
    let mut fortran = Array2::zeros((300, 200).f());
    fortran.assign(&value);
    assert!(!fortran.is_standard_layout());
    assert_eq!(encoded(&fortran), encoded(&value));
    let reversed = value.clone().reversed_axes();
    assert_eq!(through(&reversed), reversed);
    let mut sliced = value.clone();
    sliced.slice_axis_inplace(Axis(0), Slice::new(1, None, 3));
    sliced.invert_axis(Axis(1));
    assert_eq!(through(&sliced), sliced);
}

#[test]
fn the_header_is_what_numpy_writes() {
    let bytes = encoded(&Array2::<f64>::zeros((3, 4)));
    assert!(bytes.starts_with(
        b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }"
    ));
    assert_eq!((bytes.len(), bytes[127]), (128 + 96, b'\n'));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    assert!(
        text(encoded(&Array1::<u8>::zeros(3))).contains("'|u1', 'fortran_order': False, 'shape': (3,), }")
    );
    assert!(
        text(encoded(&Array0::<bool>::default(()))).contains("'|b1', 'fortran_order': False, 'shape': (), }")
    );
    for dimensions in 1..20 {
        let empty = ArrayD::<i64>::zeros(vec![0; dimensions]);
        assert_eq!(encoded(&empty).len() % 64, 0);
    }
}

#[test]
fn other_writers_headers() {
    let expected = array![[1u8, 2], [3, 4]];
    for header in [
        "{'descr':'|u1','fortran_order':False,'shape':(2,2)}",
        "{\"shape\": (2L, 2L,), \"fortran_order\": False, \"descr\": \"|u1\"}\n",
        "  { 'descr' : '<u1' , 'fortran_order' : False , 'shape' : ( 2 , 2 ) , } \n",
    ] {
        assert_eq!(
            Codec::<Array2<u8>>::decode(&Npy, &file(header, &[1, 2, 3, 4]), 1).unwrap(),
            expected
        );
    }
    let fortran = file(
        "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2), }",
        &[1, 3, 2, 4],
    );
    assert_eq!(Codec::<Array2<u8>>::decode(&Npy, &fortran, 1).unwrap(), expected);
    let big = file(
        "{'descr': '>u2', 'fortran_order': False, 'shape': (2,), }",
        &[1, 0, 0, 1],
    );
    assert_eq!(
        Codec::<Array1<u16>>::decode(&Npy, &big, 1).unwrap(),
        array![256, 1]
    );
}

#[test]
fn refusals_say_what_is_wrong() {
    let floats = encoded(&Array2::<f64>::zeros((3, 4)));
    assert_eq!(
        refused::<i32, ndarray::Ix2>(&floats),
        "expected elements of type i32 (<i4), found dtype `<f8` (npy)"
    );
    assert_eq!(
        refused::<f64, ndarray::Ix3>(&floats),
        "expected an array of 3 dimensions, found one of shape [3, 4] (npy)"
    );
    assert_eq!(
        refused::<f64, IxDyn>(&floats[..floats.len() - 1]),
        "an array of shape [3, 4] and dtype <f8 has 96 bytes of data, found 95 (npy)"
    );
    let with = |descr: &str, shape: &str| {
        refused::<u8, IxDyn>(&file(
            &format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"),
            &[],
        ))
    };
    assert!(with("'|b1'", "(0,)").contains("found dtype `|b1`"));
    assert!(with("[('a', '<f8')]", "(0,)").contains("records"));
    assert!(with("'|u1'", "(4294967296, 4294967296, 4294967296, 0)").contains("no array can have shape"));
    assert!(with("'|u1'", "(9223372036854775808,)").contains("no array can have shape"));
    assert!(with("'|u1'", "(99999999999999999999999,)").contains("the length of an axis"));
    assert!(with("'|u1'", "(-1,)").contains("the length of an axis"));
    assert!(with("'|u1'", "(1000000000000,)").contains("1000000000000 bytes of data, found 0"));
    assert!(with("'|u1'", &format!("({})", "1,".repeat(65))).contains("more than 64 dimensions"));
    assert!(with("'|u1'", &"(".repeat(60_000)).contains("the length of an axis"));
    assert!(refused::<u8, IxDyn>(b"\x93NUMPY\x04\x00").contains("found 4.0"));
    assert!(refused::<u8, IxDyn>(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}").contains("truncated"));
    assert!(refused::<u8, IxDyn>(b"PK").contains("do not begin"));
    assert!(
        refused::<bool, IxDyn>(&file(
            "{'descr': '|b1', 'fortran_order': False, 'shape': (1,), }",
            &[2]
        ))
        .contains("found 2")
    );
}

#[test]
fn descriptions() {
    let description = Npy.describe(&Array2::<f64>::zeros((1797, 64)));
    assert_eq!(description.shape, Some(vec![1797, 64]));
    assert_eq!(description.summary.as_deref(), Some("f64 array [1797, 64]"));
}
