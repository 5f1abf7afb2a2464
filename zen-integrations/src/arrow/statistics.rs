//! What is recorded of a table.

use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions as temporal;
use arrow_array::types::*;
use arrow_array::{Array, ArrowPrimitiveType, PrimitiveArray, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use serde_json::Value;
use zen_core::artifact::{ColumnStatistics, Description, Statistics};

/// Columns named in the summary.
const NAMED: usize = 5;

pub(super) fn describe(batch: &RecordBatch) -> Description {
    let schema = batch.schema_ref();
    let fields = schema.fields();
    let mut named: Vec<&str> = fields
        .iter()
        .take(NAMED)
        .map(|field| field.name().as_str())
        .collect();
    let more = format!("{} more", fields.len().saturating_sub(NAMED));
    if fields.len() > NAMED {
        named.push(&more);
    }
    let named: String = named.join(", ").chars().take(80).collect();
    let mut statistics = Statistics::of_rows(batch.num_rows() as u64);
    for (field, array) in fields.iter().zip(batch.columns()) {
        statistics.push(match statistics.is_full() {
            true => ColumnStatistics::default(),
            false => column(field.name(), array),
        });
    }
    Description {
        shape: Some(vec![batch.num_rows() as u64, fields.len() as u64]),
        summary: Some(format!("table of {} rows: {named}", batch.num_rows())),
        statistics: Some(statistics),
    }
}

fn column(name: &str, array: &dyn Array) -> ColumnStatistics {
    let mut column =
        ColumnStatistics::new(name, array.data_type().to_string()).nulls(array.logical_null_count() as u64);
    let found = found(array);
    if let Some(nans) = found.nans {
        column = column.nans(nans);
    }
    match found.range {
        Some((min, max)) => column.range(min, max),
        None => column,
    }
}

/// What one pass over a column finds.
#[derive(Default)]
struct Found {
    nans: Option<u64>,
    range: Option<(Value, Value)>,
}

/// Dates and times are told as ISO 8601 has them, with `Z` when the column has a time zone; decimals as their digits; durations as numbers of
/// the column's unit. Binary, nested and dictionary columns have no range.
fn found(array: &dyn Array) -> Found {
    use DataType as D;
    use TimeUnit as U;
    match array.data_type() {
        D::Boolean => ordered(array.as_boolean().iter().flatten(), Value::from),
        D::Int8 => whole::<Int8Type>(array, Value::from),
        D::Int16 => whole::<Int16Type>(array, Value::from),
        D::Int32 => whole::<Int32Type>(array, Value::from),
        D::Int64 => whole::<Int64Type>(array, Value::from),
        D::UInt8 => whole::<UInt8Type>(array, Value::from),
        D::UInt16 => whole::<UInt16Type>(array, Value::from),
        D::UInt32 => whole::<UInt32Type>(array, Value::from),
        D::UInt64 => whole::<UInt64Type>(array, Value::from),
        D::Float16 => float::<Float16Type>(array, |x| ColumnStatistics::float(x.to_f32())),
        D::Float32 => float::<Float32Type>(array, ColumnStatistics::float),
        D::Float64 => float::<Float64Type>(array, ColumnStatistics::float),
        D::Utf8 => ordered(array.as_string::<i32>().iter().flatten(), Value::from),
        D::LargeUtf8 => ordered(array.as_string::<i64>().iter().flatten(), Value::from),
        D::Utf8View => ordered(array.as_string_view().iter().flatten(), Value::from),
        D::Date32 => whole::<Date32Type>(array, |x| day(temporal::date32_to_datetime(x))),
        D::Date64 => whole::<Date64Type>(array, |x| day(temporal::date64_to_datetime(x))),
        D::Time32(U::Second) => whole::<Time32SecondType>(array, |x| time(temporal::time32s_to_time(x))),
        D::Time32(_) => whole::<Time32MillisecondType>(array, |x| time(temporal::time32ms_to_time(x))),
        D::Time64(U::Nanosecond) => {
            whole::<Time64NanosecondType>(array, |x| time(temporal::time64ns_to_time(x)))
        }
        D::Time64(_) => whole::<Time64MicrosecondType>(array, |x| time(temporal::time64us_to_time(x))),
        D::Timestamp(unit, zone) => {
            let zone = if zone.is_some() { "Z" } else { "" };
            match unit {
                U::Second => stamp::<TimestampSecondType>(array, zone),
                U::Millisecond => stamp::<TimestampMillisecondType>(array, zone),
                U::Microsecond => stamp::<TimestampMicrosecondType>(array, zone),
                U::Nanosecond => stamp::<TimestampNanosecondType>(array, zone),
            }
        }
        D::Duration(U::Second) => whole::<DurationSecondType>(array, Value::from),
        D::Duration(U::Millisecond) => whole::<DurationMillisecondType>(array, Value::from),
        D::Duration(U::Microsecond) => whole::<DurationMicrosecondType>(array, Value::from),
        D::Duration(U::Nanosecond) => whole::<DurationNanosecondType>(array, Value::from),
        D::Decimal32(precision, scale) => decimal::<Decimal32Type>(array, *precision, *scale),
        D::Decimal64(precision, scale) => decimal::<Decimal64Type>(array, *precision, *scale),
        D::Decimal128(precision, scale) => decimal::<Decimal128Type>(array, *precision, *scale),
        D::Decimal256(precision, scale) => decimal::<Decimal256Type>(array, *precision, *scale),
        _ => Found::default(),
    }
}

/// The smallest and the largest of values none of which is NaN.
fn ordered<T: PartialOrd + Copy>(mut values: impl Iterator<Item = T>, show: impl Fn(T) -> Value) -> Found {
    let Some(first) = values.next() else {
        return Found::default();
    };
    let (min, max) = values.fold((first, first), |(min, max), x| {
        (if x < min { x } else { min }, if x > max { x } else { max })
    });
    Found {
        range: Some((show(min), show(max))),
        nans: None,
    }
}

fn whole<T: ArrowPrimitiveType>(array: &dyn Array, show: impl Fn(T::Native) -> Value) -> Found {
    let array: &PrimitiveArray<T> = array.as_primitive();
    match array.null_count() {
        0 => ordered(array.values().iter().copied(), show),
        _ => ordered(array.iter().flatten(), show),
    }
}

fn float<T: ArrowPrimitiveType>(array: &dyn Array, show: impl Fn(T::Native) -> Value) -> Found {
    let array: &PrimitiveArray<T> = array.as_primitive();
    let mut nans = 0;
    let numbers = array.iter().flatten().filter(|x| {
        let nan = x.partial_cmp(x).is_none();
        nans += u64::from(nan);
        !nan
    });
    let found = ordered(numbers, show);
    Found {
        nans: Some(nans),
        ..found
    }
}

fn stamp<T: ArrowTimestampType>(array: &dyn Array, zone: &str) -> Found {
    whole::<T>(array, |x| {
        let time = temporal::as_datetime::<T>(x);
        time.map_or(Value::from(x), |time| format!("{time:?}{zone}").into())
    })
}

fn decimal<T: DecimalType>(array: &dyn Array, precision: u8, scale: i8) -> Found {
    whole::<T>(array, |x| T::format_decimal(x, precision, scale).into())
}

/// The date of a moment at midnight; null beyond the years that have names.
fn day(moment: Option<impl std::fmt::Debug>) -> Value {
    moment.map_or(Value::Null, |moment| {
        let text = format!("{moment:?}");
        text.split('T').next().unwrap_or_default().into()
    })
}

fn time(time: Option<impl std::fmt::Debug>) -> Value {
    time.map_or(Value::Null, |time| format!("{time:?}").into())
}
