//! Columns of every type that a table can have.

use std::sync::Arc;

use arrow_array::builder::{
    FixedSizeListBuilder, Int32Builder, LargeListBuilder, ListBuilder, MapBuilder, StringBuilder,
};
use arrow_array::types::*;
use arrow_array::*;
use arrow_schema::{DataType, Field, Fields, IntervalUnit};
use zen_integrations::arrow::Table;

type Wide = <Decimal256Type as ArrowPrimitiveType>::Native;

fn of(data: &ArrayRef, data_type: DataType) -> ArrayRef {
    let data = data
        .to_data()
        .into_builder()
        .data_type(data_type)
        .build()
        .unwrap();
    make_array(data)
}

/// One column of each type, with its name: three rows, the last of them null.
pub fn every_column() -> Vec<(&'static str, ArrayRef)> {
    let short: ArrayRef = Arc::new(Int32Array::from(vec![Some(-1), Some(86_399), None]));
    let long: ArrayRef = Arc::new(Int64Array::from(vec![
        Some(-86_400_000),
        Some(1_600_000_000_123),
        None,
    ]));
    let seconds: ArrayRef = Arc::new(Int32Array::from(vec![Some(0), Some(86_399), None]));
    let time = |data_type| of(&seconds, data_type);
    let micros: ArrayRef = Arc::new(Int64Array::from(vec![Some(0), Some(86_399_999_999), None]));
    let long_time = |data_type| of(&micros, data_type);
    use arrow_schema::TimeUnit::*;
    let mut lists = ListBuilder::new(Int32Builder::new());
    let mut large = LargeListBuilder::new(Int32Builder::new());
    let mut fixed = FixedSizeListBuilder::new(Int32Builder::new(), 2);
    for row in [Some([Some(1), None]), Some([None, Some(2)]), None] {
        for value in row.unwrap_or_default() {
            fixed.values().append_option(value);
        }
        fixed.append(row.is_some());
        lists.append_option(row);
        large.append_option(row);
    }
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    maps.keys().append_value("a");
    maps.values().append_value(1);
    maps.append(true).unwrap();
    maps.append(true).unwrap();
    maps.append(false).unwrap();
    let inner: Fields = vec![
        Field::new("x", DataType::Int32, true),
        Field::new("y", DataType::Utf8, true),
    ]
    .into();
    let structs = StructArray::new(
        inner,
        vec![
            short.clone(),
            Arc::new(StringArray::from(vec![Some("a"), None, None])),
        ],
        Some(vec![true, true, false].into()),
    );
    let texts = vec![Some("é\0\n"), Some(""), None];
    let bytes = vec![Some(&b"\xff\x00"[..]), Some(b""), None];
    vec![
        ("null", Arc::new(NullArray::new(3)) as ArrayRef),
        (
            "boolean",
            Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])),
        ),
        (
            "int8",
            Arc::new(Int8Array::from(vec![Some(i8::MIN), Some(i8::MAX), None])),
        ),
        (
            "int16",
            Arc::new(Int16Array::from(vec![Some(i16::MIN), Some(i16::MAX), None])),
        ),
        (
            "int32",
            Arc::new(Int32Array::from(vec![Some(i32::MIN), Some(i32::MAX), None])),
        ),
        (
            "int64",
            Arc::new(Int64Array::from(vec![Some(i64::MIN), Some(i64::MAX), None])),
        ),
        (
            "uint8",
            Arc::new(UInt8Array::from(vec![Some(0), Some(u8::MAX), None])),
        ),
        (
            "uint16",
            Arc::new(UInt16Array::from(vec![Some(0), Some(u16::MAX), None])),
        ),
        (
            "uint32",
            Arc::new(UInt32Array::from(vec![Some(0), Some(u32::MAX), None])),
        ),
        (
            "uint64",
            Arc::new(UInt64Array::from(vec![Some(0), Some(u64::MAX), None])),
        ),
        (
            "float16",
            of(
                &(Arc::new(UInt16Array::from(vec![Some(0x3c00), Some(0xfc00), None])) as _),
                DataType::Float16,
            ),
        ),
        (
            "float32",
            Arc::new(Float32Array::from(vec![Some(-0.0), Some(0.1), None])),
        ),
        (
            "float64",
            Arc::new(Float64Array::from(vec![
                Some(f64::MIN_POSITIVE),
                Some(f64::INFINITY),
                None,
            ])),
        ),
        ("utf8", Arc::new(StringArray::from(texts.clone()))),
        ("large_utf8", Arc::new(LargeStringArray::from(texts.clone()))),
        ("utf8_view", Arc::new(StringViewArray::from(texts.clone()))),
        ("binary", Arc::new(BinaryArray::from(bytes.clone()))),
        ("large_binary", Arc::new(LargeBinaryArray::from(bytes.clone()))),
        ("binary_view", Arc::new(BinaryViewArray::from(bytes))),
        (
            "fixed_binary",
            Arc::new(
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(
                    [Some([1, 2]), Some([0, 0]), None].into_iter(),
                    2,
                )
                .unwrap(),
            ),
        ),
        ("date32", of(&short, DataType::Date32)),
        ("date64", of(&long, DataType::Date64)),
        ("time32_s", time(DataType::Time32(Second))),
        ("time32_ms", time(DataType::Time32(Millisecond))),
        ("time64_us", long_time(DataType::Time64(Microsecond))),
        ("time64_ns", long_time(DataType::Time64(Nanosecond))),
        ("timestamp_s", of(&long, DataType::Timestamp(Second, None))),
        ("timestamp_ms", of(&long, DataType::Timestamp(Millisecond, None))),
        (
            "timestamp_us",
            of(
                &long,
                DataType::Timestamp(Microsecond, Some("Europe/Paris".into())),
            ),
        ),
        (
            "timestamp_ns",
            of(&long, DataType::Timestamp(Nanosecond, Some("+02:00".into()))),
        ),
        ("duration_s", of(&long, DataType::Duration(Second))),
        ("duration_ns", of(&long, DataType::Duration(Nanosecond))),
        (
            "interval_months",
            of(&short, DataType::Interval(IntervalUnit::YearMonth)),
        ),
        ("decimal32", of(&short, DataType::Decimal32(9, 2))),
        ("decimal64", of(&long, DataType::Decimal64(18, 3))),
        (
            "decimal128",
            Arc::new(
                Decimal128Array::from(vec![Some(-(10i128.pow(38) - 1)), Some(5), None])
                    .with_precision_and_scale(38, 10)
                    .unwrap(),
            ),
        ),
        (
            "decimal256",
            Arc::new(
                Decimal256Array::from(vec![Some(Wide::from_i128(-7)), Some(Wide::from_i128(5)), None])
                    .with_precision_and_scale(76, 0)
                    .unwrap(),
            ),
        ),
        (
            "categories",
            Arc::new(texts.into_iter().collect::<DictionaryArray<Int8Type>>()),
        ),
        ("list", Arc::new(lists.finish())),
        ("large_list", Arc::new(large.finish())),
        ("fixed_list", Arc::new(fixed.finish())),
        ("map", Arc::new(maps.finish())),
        ("struct", Arc::new(structs)),
    ]
}

/// A table of all of them.
pub fn every_type() -> Table {
    let columns = every_column();
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .unwrap()
        .into()
}

/// A table of one column of numbers and one of texts.
pub fn small(numbers: &[Option<f64>]) -> Table {
    let texts: StringArray = numbers
        .iter()
        .map(|number| number.map(|x| format!("{x:?}")))
        .collect();
    RecordBatch::try_from_iter_with_nullable([
        (
            "x",
            Arc::new(Float64Array::from(numbers.to_vec())) as ArrayRef,
            true,
        ),
        ("text", Arc::new(texts) as ArrayRef, true),
    ])
    .unwrap()
    .into()
}
