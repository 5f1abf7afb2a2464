//! Tensors through their format and back.

use ndarray::{Array2, ArrayD, IxDyn, arr0, arr2};
use zen_core::artifact::{Codec, decode_value, encode_value};
use zen_integrations::safetensors::{Dtype, Element, Safetensors, Tensor, TensorError, Tensors};

fn through(tensors: &Tensors) -> Tensors {
    let bytes = tensors.to_safetensors().unwrap();
    let mut encoded = Vec::new();
    Safetensors.encode(tensors, &mut encoded).unwrap();
    assert_eq!(bytes, encoded);
    Tensors::from_safetensors(&bytes).unwrap()
}

fn check<E: Element + PartialEq + std::fmt::Debug>(elements: &[E]) {
    let tensor = Tensor::from(elements);
    assert_eq!(
        (tensor.dtype(), tensor.shape()),
        (E::DTYPE, &[elements.len()][..])
    );
    let back = through(&Tensors::from_iter([("x", tensor)]));
    assert_eq!(back.tensor("x").unwrap().to_vec::<E>().unwrap(), elements);
    let array = back.get("x").unwrap().to_array::<E>().unwrap();
    assert_eq!(Tensor::from_array(&array), *back.get("x").unwrap());
}

#[test]
fn every_type_comes_back() {
    check(&[1.5f32, -0.0, f32::INFINITY, f32::MIN_POSITIVE]);
    check(&[1.5f64, -0.0, f64::NEG_INFINITY, 5e-324]);
    check(&[i8::MIN, i8::MAX]);
    check(&[i16::MIN, i16::MAX]);
    check(&[i32::MIN, i32::MAX]);
    check(&[i64::MIN, i64::MAX]);
    check(&[0, u8::MAX]);
    check(&[0, u16::MAX]);
    check(&[0, u32::MAX]);
    check(&[0, u64::MAX]);
    check(&[true, false]);
    check::<f32>(&[]);
    for dtype in [Dtype::F16, Dtype::BF16, Dtype::F8_E4M3, Dtype::F4, Dtype::C64] {
        let tensor = Tensor::new(dtype, [16], vec![0xa5; 2 * dtype.bitsize()]).unwrap();
        assert_eq!(
            through(&Tensors::from_iter([("x", tensor.clone())])).get("x"),
            Some(&tensor)
        );
        assert!(matches!(tensor.to_vec::<f32>(), Err(TensorError::Dtype { .. })));
    }
}

#[test]
fn shapes_and_layouts() {
    let array = arr2(&[[1i32, 2, 3], [4, 5, 6]]);
    let turned = Tensor::from_array(&array.t());
    assert_eq!(
        (turned.shape(), turned.to_vec::<i32>().unwrap()),
        (&[3, 2][..], vec![1, 4, 2, 5, 3, 6])
    );
    let back: Array2<i32> = turned.to_array().unwrap().into_dimensionality().unwrap();
    assert_eq!(back, array.t());
    assert_eq!(Tensor::from_array(&arr0(7u8)).shape(), &[] as &[usize]);
    let none = ArrayD::<f32>::zeros(IxDyn(&[2, 0, 3]));
    assert_eq!(Tensor::from_array(&none).to_array::<f32>().unwrap(), none);
    for (shape, bytes) in [(vec![2, 3], 23), (vec![], 3), (vec![usize::MAX, 2], 8)] {
        let error = Tensor::new(Dtype::F32, shape, vec![0; bytes]).unwrap_err();
        assert!(matches!(error, TensorError::Size { .. }), "{error}");
    }
    assert!(matches!(
        Tensor::new(Dtype::F4, [3], vec![0; 2]),
        Err(TensorError::Size { expected: None, .. })
    ));
    assert!(matches!(
        Tensor::new(Dtype::BOOL, [1], vec![2]).unwrap().to_vec::<bool>(),
        Err(TensorError::NoBoolean(2))
    ));
}

#[test]
fn equal_tensors_give_equal_and_aligned_bytes() {
    let names = ["e", "d", "c", "b", "a"];
    let make = |names: &[&str]| {
        let mut tensors = Tensors::new();
        for name in names {
            tensors.insert(*name, Tensor::from(vec![1u8, 2, 3]));
            tensors.insert(format!("{name}2"), Tensor::from(vec![1.0f64]));
            tensors.metadata_mut().insert(name.to_string(), "é\"".into());
        }
        tensors
    };
    let one = make(&names);
    let mut other = names;
    other.reverse();
    let bytes = one.to_safetensors().unwrap();
    assert_eq!(make(&other).to_safetensors().unwrap(), bytes);
    assert_eq!(through(&one), one);
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    assert_eq!(header % 8, 0);
    let text: serde_json::Value = serde_json::from_slice(&bytes[8..8 + header as usize]).unwrap();
    for name in names {
        assert_eq!(
            text[format!("{name}2")]["data_offsets"][0].as_u64().unwrap() % 8,
            0
        );
    }
    assert_eq!(through(&Tensors::new()), Tensors::new());
}

#[test]
fn what_cannot_be_written_or_found_is_told() {
    let tensors = Tensors::from_iter([("__metadata__", Tensor::from(vec![1u8]))]);
    let error = tensors.to_safetensors().unwrap_err().to_string();
    assert!(error.contains("__metadata__"), "{error}");
    let error = tensors.tensor("weight").unwrap_err().to_string();
    assert!(
        error.contains("`weight`") && error.contains("__metadata__"),
        "{error}"
    );
    let mut long = Tensors::new();
    long.metadata_mut().insert("x".into(), "y".repeat(100_000_001));
    let error = long.to_safetensors().unwrap_err().to_string();
    assert!(error.contains("100000000 are possible"), "{error}");
    let missing = Tensors::read_file("no such file").unwrap_err().to_string();
    assert!(missing.contains("no such file"), "{missing}");
}

#[test]
fn tensors_stand_inside_other_values() {
    let value = (
        vec![Tensors::from_iter([("a", Tensor::from(vec![1u8]))])],
        "b".to_owned(),
    );
    let bytes = encode_value(&value).unwrap();
    assert_eq!(decode_value::<(Vec<Tensors>, String)>(&bytes).unwrap(), value);
    assert!(
        serde_json::from_str::<Tensors>("[1, 2]")
            .unwrap_err()
            .to_string()
            .contains("safetensors file")
    );
}
