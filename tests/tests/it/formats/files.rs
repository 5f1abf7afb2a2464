//! Parquet files exchanged with pandas, pyarrow and Polars.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use zen_integrations::arrow::{Table, TableError};

use super::columns::{every_column, small};
use super::python;

const PACKAGES: &str = "pandas, polars, pyarrow";

#[test]
fn they_read_ours() {
    if !python::available(PACKAGES) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // pyarrow knows neither views of binaries in Parquet's schema nor months as intervals.
    let columns = every_column()
        .into_iter()
        .filter(|(name, _)| *name != "interval_months");
    let columns: Vec<_> = columns.map(|(name, array)| (name, array, true)).collect();
    std::fs::write(folder.path().join("columns.txt"), columns.len().to_string()).unwrap();
    let every = Table::from(RecordBatch::try_from_iter_with_nullable(columns).unwrap());
    every.write_parquet(folder.path().join("every.parquet")).unwrap();
    let rows = small(&[Some(1.5), Some(f64::INFINITY), None]);
    rows.write_parquet(folder.path().join("small.parquet")).unwrap();
    small(&[])
        .write_parquet(folder.path().join("none.parquet"))
        .unwrap();
    python::run("tables.py", "check", folder.path());
}

/// The texts of a column of any of the types that programs have for texts.
fn texts(column: &ArrayRef) -> Vec<Option<String>> {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().iter().map(owned).collect(),
        DataType::LargeUtf8 => column.as_string::<i64>().iter().map(owned).collect(),
        DataType::Utf8View => column.as_string_view().iter().map(owned).collect(),
        DataType::Dictionary(..) => {
            let dictionary = column.as_any_dictionary();
            let values = texts(dictionary.values());
            let keys = dictionary.normalized_keys();
            let text = |row: usize| match dictionary.keys().is_null(row) {
                true => None,
                false => values[keys[row]].clone(),
            };
            (0..column.len()).map(text).collect()
        }
        other => panic!("{other} is no type of texts"),
    }
}

#[test]
fn we_read_theirs() {
    if !python::available(PACKAGES) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    python::run("tables.py", "make", folder.path());
    let (mut read, mut empty) = (0, 0);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let table = Table::read_parquet(&path).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(table.num_columns(), 8, "{name}");
        if name.starts_with("empty") {
            assert_eq!(table.num_rows(), 0, "{name}");
            empty += 1;
            continue;
        }
        let column = |name: &str| table.column_by_name(name).unwrap();
        // pandas has NaN for missing numbers, and so makes them floating-point ones.
        match name.starts_with("pandas") {
            true => assert_eq!(column("n").as_primitive::<Float64Type>().value(2), 3.0),
            false => assert_eq!(
                column("n").as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
                [Some(1), None, Some(3)]
            ),
        }
        assert_eq!(column("x").as_primitive::<Float64Type>().value(0), 0.5, "{name}");
        assert_eq!(
            texts(column("text")),
            [Some("a".to_owned()), Some("é".to_owned()), None],
            "{name}"
        );
        assert_eq!(
            texts(column("kind")),
            ["b", "a", "b"].map(|kind| Some(kind.to_owned())),
            "{name}"
        );
        let when = column("when");
        assert!(
            matches!(when.data_type(), DataType::Timestamp(_, Some(_))),
            "{name}: {}",
            when.data_type()
        );
        assert!(when.is_null(1) && when.is_valid(2), "{name}");
        let price = column("price").as_primitive::<Decimal128Type>();
        assert_eq!(
            price.iter().collect::<Vec<_>>(),
            [Some(125), None, Some(-300)],
            "{name}"
        );
        assert!(
            column("list").data_type().is_nested() && column("inner").is_null(2),
            "{name}"
        );
        // And it can be an artifact of ours.
        let again = Table::from_parquet(table.to_parquet().unwrap()).unwrap();
        assert_eq!(format!("{again:?}"), format!("{table:?}"), "{name}");
        read += 1;
    }
    assert_eq!((read, empty), (12 + 1 + 1 + 6, 3));
}

#[test]
fn files_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.parquet");
    let missing = Table::read_parquet(&path).unwrap_err();
    assert!(
        matches!(&missing, TableError::File { doing: "reading", .. }),
        "{missing:?}"
    );
    assert!(missing.to_string().contains("none.parquet"));
    std::fs::write(&path, "a,b\n1,2\n").unwrap();
    let error = Table::read_parquet(&path).unwrap_err();
    assert!(error.to_string().contains("none.parquet"), "{error}");
    assert!(
        matches!(&error, TableError::Content { source, .. } if matches!(**source, TableError::Malformed(_)))
    );
    let error = small(&[]).write_parquet(folder.path()).unwrap_err();
    assert!(
        matches!(error, TableError::File { doing: "writing", .. }),
        "{error:?}"
    );
    let column = Arc::new(arrow_array::Int8Array::from(vec![1])) as ArrayRef;
    let table = Table::from(RecordBatch::try_from_iter([("x", column)]).unwrap());
    table.write_parquet(&path).unwrap();
    assert_eq!(Table::read_parquet(&path).unwrap(), table);
}
