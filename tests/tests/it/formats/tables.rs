//! Tables through Parquet and back.

use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::*;
use arrow_schema::{DataType, Field, Fields, Schema, UnionFields, UnionMode};
use zen_core::artifact::{Codec, CodecError, decode_value, encode_value};
use zen_integrations::arrow::{Parquet, Table, TableError};

use super::columns::{every_column, every_type, small};

fn table(name: &str, column: ArrayRef) -> Table {
    RecordBatch::try_from_iter([(name, column)]).unwrap().into()
}

fn through(table: &Table) -> Table {
    Table::from_parquet(table.to_parquet().unwrap()).unwrap()
}

#[test]
fn every_type_comes_back() {
    let all = every_type();
    assert_eq!(through(&all), all);
    for (name, column) in every_column() {
        let nullable = |column: ArrayRef| {
            Table::from(RecordBatch::try_from_iter_with_nullable([(name, column, true)]).unwrap())
        };
        for rows in 0..=3 {
            let table = nullable(column.slice(0, rows));
            assert_eq!(through(&table), table, "{name}, {rows} rows");
        }
        // Nulls are all that a column of nulls can have.
        if name != "null" {
            let whole = table(name, column.slice(0, 2));
            assert!(!whole.schema().field(0).is_nullable(), "{name}");
            assert_eq!(through(&whole), whole, "{name} without nulls");
        }
    }
}

#[test]
fn equal_tables_give_equal_bytes() {
    let all = every_type();
    let bytes = all.to_parquet().unwrap();
    assert_eq!(all.to_parquet().unwrap(), bytes);
    assert_eq!(through(&all).to_parquet().unwrap(), bytes);
    // A part of a larger table, whose columns share its memory.
    let twice = Table::from_batches(&[all.batch().clone(), all.batch().clone()]).unwrap();
    let part = Table::from(twice.slice(3, 3));
    assert_eq!(part, all);
    assert_eq!(part.to_parquet().unwrap(), bytes);
    // The same texts by other numbers, and one that nothing refers to.
    let values = |values: &[&str]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let dictionary = |keys: &[i8], texts: &[&str]| {
        let keys = Int8Array::from(keys.to_vec());
        let array = DictionaryArray::<Int8Type>::try_new(keys, values(texts)).unwrap();
        table("d", Arc::new(array)).to_parquet().unwrap()
    };
    assert_eq!(
        dictionary(&[0, 1, 0], &["a", "b"]),
        dictionary(&[2, 0, 2], &["b", "c", "a"])
    );
    // What stands where nothing is said to stand.
    let with = |hidden: f64| {
        let array = Float64Array::new(vec![1.0, hidden].into(), Some(vec![true, false].into()));
        table("x", Arc::new(array)).to_parquet().unwrap()
    };
    assert_eq!(with(3.0), with(4.0));
    assert_ne!(
        small(&[Some(1.0)]).to_parquet().unwrap(),
        small(&[Some(1.5)]).to_parquet().unwrap()
    );
}

#[test]
fn metadata_come_back_in_any_order() {
    let pairs = |names: &[&str]| {
        names
            .iter()
            .map(|name| (name.to_string(), format!("of {name}")))
            .collect::<std::collections::HashMap<_, _>>()
    };
    let make = |names: &[&str]| {
        let field = Field::new("x", DataType::Int8, false).with_metadata(pairs(names));
        let schema = Schema::new_with_metadata(vec![field], pairs(names));
        let column = Arc::new(Int8Array::from(vec![1])) as ArrayRef;
        Table::from(RecordBatch::try_new(Arc::new(schema), vec![column]).unwrap())
    };
    let one = make(&["a", "b", "c", "d", "é"]);
    assert_eq!(through(&one), one);
    let other = make(&["é", "d", "c", "b", "a"]);
    assert_eq!(other.to_parquet().unwrap(), one.to_parquet().unwrap());
}

#[test]
fn no_rows_and_no_columns() {
    let none = small(&[]);
    assert_eq!(through(&none), none);
    let nothing = Table::from(RecordBatch::new_empty(Arc::new(Schema::empty())));
    assert_eq!(through(&nothing), nothing);
    let options = RecordBatchOptions::new().with_row_count(Some(3));
    let rows_alone = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).unwrap();
    let error = Table::from(rows_alone).to_parquet().unwrap_err().to_string();
    assert!(error.contains("3 rows but no columns"), "{error}");
}

#[test]
fn more_rows_than_a_group_has() {
    let rows = (1 << 20) + 70_000;
    let numbers = Arc::new(Int32Array::from_iter_values(0..rows)) as ArrayRef;
    let many = Arc::new(
        (0..rows)
            .map(|i| (i % 3 != 0).then_some("some"))
            .collect::<DictionaryArray<Int8Type>>(),
    ) as ArrayRef;
    let table: Table = RecordBatch::try_from_iter([("n", numbers), ("some", many)])
        .unwrap()
        .into();
    let back = through(&table);
    assert_eq!(back.num_rows(), rows as usize);
    assert_eq!(back.column(0), table.column(0));
    let text = |table: &Table, row: usize| {
        let column = table
            .column(1)
            .as_any()
            .downcast_ref::<DictionaryArray<Int8Type>>()
            .unwrap()
            .clone();
        column.key(row).is_some()
    };
    assert!(
        (0..back.num_rows())
            .step_by(1009)
            .all(|row| text(&back, row) == text(&table, row))
    );
}

#[test]
fn what_parquet_cannot_hold_is_refused_with_the_column() {
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
    let union = UnionArray::try_new(
        UnionFields::try_new([0], [Field::new("a", DataType::Int32, false)]).unwrap(),
        vec![0i8, 0].into(),
        None,
        vec![numbers.clone()],
    )
    .unwrap();
    assert!(matches!(union.data_type(), DataType::Union(_, UnionMode::Sparse)));
    let runs = RunArray::try_new(&Int32Array::from(vec![2]), &Int32Array::from(vec![7])).unwrap();
    let empty = StructArray::new_empty_fields(2, None);
    let month = IntervalMonthDayNanoArray::from(vec![Some(Default::default()), None]);
    let fields: Fields = vec![Field::new("inner", month.data_type().clone(), true)].into();
    let nested = StructArray::new(fields, vec![Arc::new(month.clone())], None);
    let negative = Decimal128Array::from(vec![1, 2])
        .with_precision_and_scale(5, -2)
        .unwrap();
    let cases: [(&str, ArrayRef); 6] = [
        ("bad", Arc::new(union)),
        ("bad", Arc::new(runs)),
        ("bad", Arc::new(empty)),
        ("bad", Arc::new(month)),
        ("bad.inner", Arc::new(nested)),
        ("bad", Arc::new(negative)),
    ];
    for (expected, column) in cases {
        let kind = column.data_type().clone();
        let table: Table = RecordBatch::try_from_iter([("good", numbers.clone()), ("bad", column)])
            .unwrap()
            .into();
        match table.to_parquet() {
            Err(TableError::Column { column, advice, .. }) => {
                assert_eq!(column, expected);
                assert!(
                    !advice.is_empty() && !advice.contains("panicked"),
                    "{kind}: {advice}"
                );
            }
            other => panic!("{kind}: expected it to be refused, got {other:?}"),
        }
        let error = Parquet.encode(&table, &mut Vec::new()).unwrap_err();
        assert!(
            matches!(&error, CodecError::Unsupported(text) if text.contains(&format!("`{expected}`"))),
            "{error:?}"
        );
    }
}

#[test]
fn batches_become_one_table() {
    let parts = [small(&[Some(1.0)]), small(&[]), small(&[None, Some(2.0)])].map(RecordBatch::from);
    let table = Table::try_from(parts.to_vec()).unwrap();
    assert_eq!(table, small(&[Some(1.0), None, Some(2.0)]));
    let error = Table::from_batches(&[]).unwrap_err().to_string();
    assert!(error.contains("there is none"), "{error}");
    let other = every_type();
    let error = Table::from_batches(&[parts[0].clone(), other.into()])
        .unwrap_err()
        .to_string();
    assert!(error.contains("batch 1"), "{error}");
}

#[test]
fn tables_stand_inside_other_values() {
    let value = vec![Some(small(&[Some(1.0), None])), None];
    let bytes = encode_value(&value).unwrap();
    assert_eq!(decode_value::<Vec<Option<Table>>>(&bytes).unwrap(), value);
    let text = serde_json::to_string(&value).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Option<Table>>>(&text).unwrap(), value);
    let error = serde_json::from_str::<Table>("[1, 2]").unwrap_err().to_string();
    assert!(error.contains("Parquet file can't be read"), "{error}");
    assert!(
        serde_json::from_str::<Table>("{}")
            .unwrap_err()
            .to_string()
            .contains("the bytes of a table")
    );
}
