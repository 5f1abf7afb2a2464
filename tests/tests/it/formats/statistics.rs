//! What is recorded of the content of artifacts.

use std::sync::Arc;

use arrow_array::*;
use ndarray::{Array2, arr2};
use serde::{Deserialize, Serialize};
use serde_json::json;
use zen_core::artifact::{Codec, ColumnStatistics, Npy, Statistics, Text};
use zen_core::prelude::*;
use zen_integrations::arrow::{Parquet, Table};
use zen_integrations::csv::Csv;
use zen_integrations::safetensors::{Safetensors, Tensor, Tensors};

use super::columns::every_type;
use crate::support::files;

fn of_table(table: &Table) -> Statistics {
    Parquet.describe(table).statistics.unwrap()
}

fn shown(column: &ColumnStatistics) -> (String, Option<serde_json::Value>, Option<serde_json::Value>) {
    (column.data_type.clone(), column.min.clone(), column.max.clone())
}

#[test]
fn every_type_of_a_table() {
    let statistics = of_table(&every_type());
    assert_eq!((statistics.rows, statistics.more_columns), (Some(3), 0));
    let columns: std::collections::BTreeMap<&str, &ColumnStatistics> = statistics
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column))
        .collect();
    for column in &statistics.columns {
        let nulls = if column.name == "null" { 3 } else { 1 };
        assert_eq!(column.nulls, Some(nulls), "{column}");
        assert_eq!(
            column.nans,
            column.name.starts_with("float").then_some(0),
            "{column}"
        );
    }
    for (name, min, max) in [
        ("boolean", json!(false), json!(true)),
        ("int8", json!(i8::MIN), json!(i8::MAX)),
        ("int64", json!(i64::MIN), json!(i64::MAX)),
        ("uint64", json!(0), json!(u64::MAX)),
        ("float16", json!("-inf"), json!(1.0)),
        ("float32", json!(-0.0), json!(0.1)),
        ("float64", json!(f64::MIN_POSITIVE), json!("inf")),
        ("utf8", json!(""), json!("é\0\n")),
        ("large_utf8", json!(""), json!("é\0\n")),
        ("utf8_view", json!(""), json!("é\0\n")),
        ("date32", json!("1969-12-31"), json!("2206-07-22")),
        ("date64", json!("1969-12-31"), json!("2020-09-13")),
        ("time32_s", json!("00:00:00"), json!("23:59:59")),
        ("time32_ms", json!("00:00:00"), json!("00:01:26.399")),
        ("time64_us", json!("00:00:00"), json!("23:59:59.999999")),
        ("time64_ns", json!("00:00:00"), json!("00:01:26.399999999")),
        (
            "timestamp_ms",
            json!("1969-12-31T00:00:00"),
            json!("2020-09-13T12:26:40.123"),
        ),
        (
            "timestamp_us",
            json!("1969-12-31T23:58:33.600Z"),
            json!("1970-01-19T12:26:40.000123Z"),
        ),
        ("duration_s", json!(-86_400_000), json!(1_600_000_000_123i64)),
        ("decimal32", json!("-0.01"), json!("863.99")),
        ("decimal64", json!("-86400.000"), json!("1600000000.123")),
        (
            "decimal128",
            json!("-9999999999999999999999999999.9999999999"),
            json!("0.0000000005"),
        ),
        ("decimal256", json!("-7"), json!("5")),
    ] {
        assert_eq!(
            (&columns[name].min, &columns[name].max),
            (&Some(min), &Some(max)),
            "{name}"
        );
    }
    for name in [
        "null",
        "binary",
        "categories",
        "list",
        "map",
        "struct",
        "interval_months",
    ] {
        assert_eq!((&columns[name].min, &columns[name].max), (&None, &None), "{name}");
    }
    assert_eq!(
        columns["timestamp_us"].data_type,
        "Timestamp(µs, \"Europe/Paris\")"
    );
}

#[test]
fn what_is_not_there_is_not_told() {
    let numbers = Float64Array::from(vec![Some(f64::NAN), None, Some(f64::NAN)]);
    let table = RecordBatch::try_from_iter([("x", Arc::new(numbers) as ArrayRef)])
        .unwrap()
        .into();
    let column = &of_table(&table).columns[0];
    assert_eq!(
        (column.nulls, column.nans, &column.min),
        (Some(1), Some(2), &None)
    );
    assert_eq!(column.to_string(), "x Float64, 1 null, 2 NaN");
    let none = every_type().slice(0, 0).into();
    let statistics = of_table(&none);
    assert_eq!(statistics.rows, Some(0));
    assert!(
        statistics
            .columns
            .iter()
            .all(|column| column.min.is_none() && column.nulls == Some(0))
    );
}

#[test]
fn their_size_is_limited() {
    let long = "é".repeat(500);
    let columns = (0..1000).map(|i| {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![long.as_str()]));
        (format!("{long}{i}"), texts)
    });
    let table: Table = RecordBatch::try_from_iter(columns).unwrap().into();
    let statistics = of_table(&table);
    assert_eq!((statistics.columns.len(), statistics.more_columns), (100, 900));
    assert!(serde_json::to_string(&statistics).unwrap().len() < 100_000);
    let description = Parquet.describe(&table);
    assert_eq!(description.shape, Some(vec![1, 1000]));
    assert!(description.summary.unwrap().chars().count() < 120);
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Row {
    x: f32,
    text: String,
    maybe: Option<u8>,
}

#[test]
fn of_rows_arrays_tensors_and_texts() {
    let row = Row {
        x: 1.0,
        text: String::new(),
        maybe: None,
    };
    let types = |rows: &Vec<Row>| {
        let description = Csv.describe(rows);
        assert_eq!(description.shape, Some(vec![rows.len() as u64, 3]));
        let statistics = description.statistics.unwrap();
        assert_eq!(statistics.rows, Some(rows.len() as u64));
        statistics
            .columns
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(types(&vec![row.clone(), row]), ["x f32", "text text", "maybe"]);
    assert_eq!(types(&vec![]), ["x", "text", "maybe"]);
    // Rows that can't be CSV are refused when they are encoded, not when they are described.
    assert_eq!(Csv.describe(&vec![1u8]).statistics, None);

    let array = arr2(&[[1.0f32, f32::NAN], [0.1, 4.0]]);
    let column = &Npy.describe(&array).statistics.unwrap().columns[0];
    assert_eq!(
        shown(column),
        ("f32".to_owned(), Some(json!(0.1)), Some(json!(4.0)))
    );
    assert_eq!(
        (column.nans, column.nulls, column.shape.as_deref()),
        (Some(1), None, Some(&[2, 2][..]))
    );

    let tensors = Tensors::from_iter([("w", Tensor::from_array(&array)), ("b", Tensor::from(vec![1u8]))]);
    let statistics = Safetensors.describe(&tensors).statistics.unwrap();
    let columns: Vec<_> = statistics.columns.iter().map(ToString::to_string).collect();
    assert_eq!(
        (statistics.rows, columns),
        (None, vec!["b U8 [1]".to_owned(), "w F32 [2, 2]".to_owned()])
    );
    assert_eq!(Text.describe(&"a".to_owned()).statistics, None);
}

#[step]
fn measured() -> Array2<f64> {
    arr2(&[[1.5, f64::INFINITY], [f64::NAN, -2.0]])
}

#[step]
fn total(x: &Array2<f64>) -> f64 {
    x.sum()
}

#[pipeline]
fn measuring() -> Artifact<f64> {
    total(measured())
}

#[tokio::test]
async fn they_are_recorded_and_another_program_reads_them() {
    let (folder, stack) = files();
    measuring().on(&stack).quiet().run().await.unwrap();
    drop(stack);
    let stack = Stack::builder().home(folder.path().join(".zen")).build().unwrap();
    let client = Client::of(stack);
    let run = client.last_run("measuring").unwrap();
    let artifact = run.step("measured").unwrap().output("output").unwrap();
    let statistics = artifact.statistics().unwrap();
    assert_eq!(statistics.rows, Some(2));
    assert_eq!(
        statistics.columns[0].to_string(),
        "f64 [2, 2], -2.0 to \"inf\", 1 NaN"
    );
    assert!(
        run.step("total")
            .unwrap()
            .output("output")
            .unwrap()
            .statistics()
            .is_none()
    );
}
