//! Bytes that were damaged or made to break readers: errors, never a panic, and no more memory than is there for.

use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{ArrayRef, DictionaryArray, Float64Array, RecordBatch, StringArray};
use proptest::test_runner::{RngAlgorithm, TestRng};
use zen_core::artifact::{Codec, CodecError};
use zen_integrations::arrow::{Parquet, Table};
use zen_integrations::safetensors::{Safetensors, Tensor, Tensors};

use super::columns::every_type;
use super::python;

/// Damages of a file: cut at every place, and bytes changed here and there.
fn damaged(bytes: &[u8], times: usize, mut check: impl FnMut(&[u8])) {
    let step = (bytes.len() / 500).max(1);
    for len in (0..bytes.len()).step_by(step) {
        check(&bytes[..len]);
        check(&bytes[len + 1..]);
    }
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    use proptest::prelude::Rng;
    for _ in 0..times {
        let mut changed = bytes.to_vec();
        for _ in 0..=random.next_u32() % 4 {
            let place = random.next_u32() as usize % changed.len();
            changed[place] = match random.next_u32() % 4 {
                0 => 0xff,
                1 => 0,
                2 => changed[place] ^ (1 << (random.next_u32() % 8)),
                _ => random.next_u32() as u8,
            };
        }
        check(&changed);
    }
}

fn refused_or_read<T>(codec: &impl Codec<T>, bytes: &[u8], read: &mut [usize; 2]) {
    match codec.decode(bytes, 1) {
        Ok(_) => read[0] += 1,
        Err(CodecError::Malformed(text)) => {
            assert!(!text.is_empty() && text.chars().count() < 1000, "{text}");
            read[1] += 1;
        }
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn damaged_tables() {
    let texts = StringArray::from_iter_values((0..200).map(|i| format!("text {}", i % 50)));
    let categories: DictionaryArray<Int8Type> = (0..200).map(|i| ["a", "b"][i % 2]).collect();
    let numbers = Float64Array::from_iter((0..200).map(|i| (i % 3 > 0).then_some(f64::from(i))));
    let plain: Table = RecordBatch::try_from_iter([
        ("t", Arc::new(texts) as ArrayRef),
        ("c", Arc::new(categories) as ArrayRef),
        ("x", Arc::new(numbers) as ArrayRef),
    ])
    .unwrap()
    .into();
    let mut read = [0; 2];
    for table in [plain, every_type()] {
        let bytes = table.to_parquet().unwrap();
        damaged(&bytes, 2000, |bytes| refused_or_read(&Parquet, bytes, &mut read));
    }
    assert!(read[1] > 1000, "{read:?}");
}

/// Not compressed, so that damages reach the readers of pages.
#[test]
fn damaged_tables_of_others() {
    if !python::available("pandas, polars, pyarrow") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    python::run("tables.py", "make", folder.path());
    let mut read = [0; 2];
    for name in [
        "pyarrow_none_1.0",
        "pyarrow_none_2.0",
        "pyarrow_plain",
        "polars_uncompressed",
        "polars_lz4",
    ] {
        let bytes = std::fs::read(folder.path().join(format!("{name}.parquet"))).unwrap();
        damaged(&bytes, 1000, |bytes| refused_or_read(&Parquet, bytes, &mut read));
    }
    assert!(read[1] > 1000, "{read:?}");
}

#[test]
fn damaged_tensors() {
    let mut tensors = Tensors::from_iter([
        ("weight", Tensor::from(vec![1.0f32; 60])),
        ("bias", Tensor::from(vec![1i64, 2])),
        ("none", Tensor::from(Vec::<u8>::new())),
    ]);
    tensors.metadata_mut().insert("format".into(), "np".into());
    let bytes = tensors.to_safetensors().unwrap();
    let mut read = [0; 2];
    damaged(&bytes, 20_000, |bytes| {
        refused_or_read(&Safetensors, bytes, &mut read)
    });
    assert!(read[1] > 1000, "{read:?}");
    // Headers that announce what isn't there.
    let file = |header: &str| {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes
    };
    for header in [
        r#"{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,18446744073709551615]}}"#,
        r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,0,9],"data_offsets":[0,0]}}"#,
        r#"{"a":{"dtype":"U8","shape":[9],"data_offsets":[9,0]}}"#,
        r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
        r#"{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,0]}}"#,
        "{",
        "[]",
    ] {
        refused(&Safetensors, &file(header));
    }
    refused(&Safetensors, &u64::MAX.to_le_bytes());
    refused(&Safetensors, &[&99_999_999u64.to_le_bytes()[..], b"{}"].concat());
}

fn refused<T>(codec: &impl Codec<T>, bytes: &[u8]) {
    assert!(
        matches!(codec.decode(bytes, 1), Err(CodecError::Malformed(_))),
        "{}",
        String::from_utf8_lossy(bytes)
    );
}
