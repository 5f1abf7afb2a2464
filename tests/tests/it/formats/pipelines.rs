//! Tables, tensors and rows as the artifacts of whole pipelines.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch};
use ndarray::Array1;
use serde::{Deserialize, Serialize};
use zen_core::prelude::*;
use zen_core::testing::{assert_cached, assert_executed};
use zen_integrations::arrow::Table;
use zen_integrations::csv::Csv;
use zen_integrations::safetensors::{Tensor, Tensors};

use super::columns::small;
use crate::support::{files, memory};

#[step]
fn table(largest: f64) -> Table {
    small(&[Some(1.0), None, Some(largest)])
}

#[step]
fn doubled(table: &Table) -> Result<Table> {
    let x = table
        .column_by_name("x")
        .ok_or("there is no `x`")?
        .as_primitive::<Float64Type>();
    let twice: ArrayRef = Arc::new(x.iter().map(|x| x.map(|x| 2.0 * x)).collect::<Float64Array>());
    Ok(RecordBatch::try_from_iter([("twice", twice)])?.into())
}

#[step]
fn parts(table: &Table) -> Vec<Table> {
    (0..table.num_rows())
        .map(|row| table.slice(row, 1).into())
        .collect()
}

#[step]
fn valid(part: &Table) -> bool {
    part.column(0).null_count() == 0
}

#[step]
fn weights(table: &Table) -> Result<Tensors> {
    let x = table.column(0).as_primitive::<Float64Type>();
    let array: Array1<f64> = x.iter().flatten().collect();
    Ok(Tensors::from_iter([("w", Tensor::from_array(&array))]))
}

#[pipeline]
fn tables(largest: f64) -> (Artifact<Tensors>, Artifact<Vec<bool>>) {
    let twice = doubled(table(largest));
    let valid = parts(twice).each(|part| valid(part));
    (weights(twice), valid)
}

#[tokio::test]
async fn a_table_goes_through_steps_and_the_cache() {
    let (_folder, stack) = files();
    let run = tables(3.0).on(&stack).quiet().run().await.unwrap();
    let (weights, valid) = run.output().await.unwrap();
    assert_eq!(weights.tensor("w").unwrap().to_vec::<f64>().unwrap(), [2.0, 6.0]);
    assert_eq!(*valid, [true, false, true]);
    let artifact = run.step("table").unwrap().output("output").unwrap();
    assert_eq!(
        (
            artifact.record().codec.as_str(),
            artifact.record().media_type.as_str()
        ),
        ("parquet", "application/vnd.apache.parquet")
    );
    assert_eq!(artifact.record().shape.as_deref(), Some(&[3, 2][..]));
    assert!(artifact.bytes().await.unwrap().starts_with(b"PAR1"));
    assert_eq!(
        artifact.load::<Table>().await.unwrap(),
        small(&[Some(1.0), None, Some(3.0)])
    );

    let again = tables(3.0).on(&stack).quiet().run().await.unwrap();
    assert_cached(&again, &["table", "doubled", "parts", "weights"]);
    assert_eq!(again.output().await.unwrap().0, weights);
    let other = tables(4.0).on(&stack).quiet().run().await.unwrap();
    assert_executed(&other, &["table", "doubled", "parts", "weights"]);
    assert_eq!(
        other
            .output()
            .await
            .unwrap()
            .0
            .tensor("w")
            .unwrap()
            .to_vec::<f64>()
            .unwrap(),
        [2.0, 8.0]
    );
}

#[step]
fn refused() -> Result<Table> {
    let months = arrow_array::IntervalMonthDayNanoArray::from(vec![None]);
    Ok(RecordBatch::try_from_iter([("months", Arc::new(months) as ArrayRef)])?.into())
}

#[pipeline]
fn refusal() -> Artifact<Table> {
    refused()
}

#[tokio::test]
async fn a_refused_column_is_named_with_its_step() {
    let error = refusal()
        .on(&memory())
        .quiet()
        .run()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`refused`") && error.contains("`months`"),
        "{error}"
    );
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Point {
    x: f64,
    name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Listed {
    id: u32,
}

zen_core::register_codec!(Vec<Listed> => Csv);

#[step]
fn points(n: u32) -> Vec<Point> {
    let point = |i| Point {
        x: f64::from(i) / 10.0,
        name: (i > 0).then(|| format!("p{i}")),
    };
    (0..n).map(point).collect()
}

#[step(outputs(output = Csv))]
fn even(points: &[Point]) -> Vec<Point> {
    points.iter().step_by(2).cloned().collect()
}

#[step]
fn ids(points: &[Point]) -> Vec<Listed> {
    (0..).take(points.len()).map(|id| Listed { id }).collect()
}

#[pipeline]
fn rows(n: u32) -> Artifact<Vec<Listed>> {
    ids(even(points(n).materializer::<Csv>()))
}

#[tokio::test]
async fn rows_are_csv_where_it_is_asked_for() {
    let stack = memory();
    let run = rows(3).on(&stack).quiet().run().await.unwrap();
    assert_eq!(*run.output().await.unwrap(), [Listed { id: 0 }, Listed { id: 1 }]);
    for (step, text) in [
        ("points", "x,name\r\n0.0,\r\n0.1,p1\r\n0.2,p2\r\n"),
        ("even", "x,name\r\n0.0,\r\n0.2,p2\r\n"),
        ("ids", "id\r\n0\r\n1\r\n"),
    ] {
        let artifact = run.step(step).unwrap().output("output").unwrap();
        assert_eq!(artifact.record().codec, "csv", "{step}");
        assert_eq!(artifact.bytes().await.unwrap(), text, "{step}");
    }
    let listed = run.step("ids").unwrap().output("output").unwrap();
    assert_eq!(listed.load::<Vec<Listed>>().await.unwrap().len(), 2);
    let again = rows(3).on(&stack).quiet().run().await.unwrap();
    assert_cached(&again, &["points", "even", "ids"]);
    assert_eq!(again.output().await.unwrap().len(), 2);
    // Without points, `even` has none either and is executed; with none again, it isn't.
    assert_executed(
        &rows(0).on(&stack).quiet().run().await.unwrap(),
        &["points", "even", "ids"],
    );
    assert_cached(
        &rows(0).on(&stack).quiet().run().await.unwrap(),
        &["points", "even", "ids"],
    );
}
