//! What Parquet can hold so that the same comes back.

use std::sync::Arc;

use arrow_schema::{DataType, Field, IntervalUnit, Schema};
use parquet::arrow::ArrowSchemaConverter;

use super::error::TableError;
use crate::guard::guarded;

/// Refuses the first column that can't be kept.
pub(super) fn check(schema: &Schema) -> Result<(), TableError> {
    for field in schema.fields() {
        check_field(field, field.name())?;
        let alone = Schema::new(vec![Arc::clone(field)]);
        let converted = guarded("the Parquet library", || {
            ArrowSchemaConverter::new().convert(&alone).map(drop)
        });
        converted.map_err(|reason| refused(field.name(), field.data_type(), reason))?;
    }
    Ok(())
}

fn check_field(field: &Field, path: &str) -> Result<(), TableError> {
    let data_type = field.data_type();
    let refuse = |advice: &str| Err(refused(path, data_type, advice));
    match data_type {
        DataType::Union(..) => refuse("make it one column for each type"),
        DataType::RunEndEncoded(..) => {
            refuse("it would come back without its run ends: cast it to its values' type")
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => refuse("cast it to a duration"),
        DataType::Dictionary(_, values) if values.is_nested() => {
            refuse("it would come back without its dictionary: cast it to its values' type")
        }
        DataType::Struct(fields) if fields.is_empty() => refuse("a struct needs a field"),
        DataType::Struct(fields) => fields
            .iter()
            .try_for_each(|inner| check_field(inner, &format!("{path}.{}", inner.name()))),
        DataType::List(inner)
        | DataType::LargeList(inner)
        | DataType::ListView(inner)
        | DataType::LargeListView(inner)
        | DataType::FixedSizeList(inner, _)
        | DataType::Map(inner, _) => check_field(inner, &format!("{path}.{}", inner.name())),
        _ => Ok(()),
    }
}

fn refused(column: &str, data_type: &DataType, advice: impl Into<String>) -> TableError {
    TableError::Column {
        column: column.to_owned(),
        data_type: Box::new(data_type.clone()),
        advice: advice.into(),
    }
}
