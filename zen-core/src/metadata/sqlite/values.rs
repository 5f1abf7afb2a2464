//! How values are written to columns and read back with care.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use rusqlite::types::{FromSql, ValueRef};
use rusqlite::{Connection, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::fault::{Fault, Outcome};
use crate::artifact::Digest;
use crate::metadata::Status;

pub(super) fn micros(time: Option<DateTime<Utc>>) -> Option<i64> {
    time.map(|time| time.timestamp_micros())
}

pub(super) fn uuid_bytes(id: &Option<Uuid>) -> Option<&[u8]> {
    id.as_ref().map(|id| &id.as_bytes()[..])
}

pub(super) fn digest_bytes(digest: &Option<Digest>) -> Option<&[u8]> {
    digest.as_ref().map(|digest| &digest.as_bytes()[..])
}

/// Text of `value`, or NULL for the default: nearly all lists and maps are empty, and need neither room nor parsing.
pub(super) fn json<T: Serialize + Default + PartialEq>(value: &T) -> Outcome<Option<String>> {
    if *value == T::default() {
        Ok(None)
    } else {
        Ok(Some(serde_json::to_string(value)?))
    }
}

/// SQLite's integers are signed. The upper half is kept as negative numbers, so that every value comes back.
pub(super) fn unsigned(value: u64) -> i64 {
    value.cast_signed()
}

/// A transaction that only reads. Like rusqlite's, but its two statements are not compiled anew each time, which for a short query
/// takes longer than the query.
pub(super) struct Snapshot<'conn>(&'conn Connection);

impl<'conn> Snapshot<'conn> {
    pub(super) fn begin(conn: &'conn Connection) -> rusqlite::Result<Self> {
        conn.prepare_cached("BEGIN DEFERRED")?.execute([])?;
        Ok(Self(conn))
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // Nothing was written; what can fail here fails again at the next use.
        let _ = self
            .0
            .prepare_cached("ROLLBACK")
            .and_then(|mut statement| statement.execute([]));
    }
}

/// The first row of a query.
pub(super) fn first<T>(
    conn: &Connection,
    table: &'static str,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&mut Columns<'_, '_>) -> Outcome<T>,
) -> Outcome<Option<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    match rows.next()? {
        Some(row) => read(&mut Columns::new(table, row)).map(Some),
        None => Ok(None),
    }
}

/// All rows of a query.
pub(super) fn all<T>(
    conn: &Connection,
    table: &'static str,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&mut Columns<'_, '_>) -> Outcome<T>,
) -> Outcome<Vec<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(&mut Columns::new(table, row))?);
    }
    Ok(found)
}

/// Reads a row's columns from left to right. Whatever cannot be what zen wrote is reported as damage, with the table,
/// the row's first column and the name of the column.
#[derive(Debug)]
pub(super) struct Columns<'row, 'statement> {
    table: &'static str,
    row: &'row Row<'statement>,
    next: usize,
}

impl<'row, 'statement> Columns<'row, 'statement> {
    fn new(table: &'static str, row: &'row Row<'statement>) -> Self {
        Self { table, row, next: 0 }
    }

    pub(super) fn get<T: FromSql>(&mut self) -> Outcome<T> {
        let column = self.next;
        self.next += 1;
        self.row
            .get(column)
            .map_err(|error| self.damaged(column, error.to_string()))
    }

    /// Leaves out some columns.
    pub(super) fn skip(&mut self, columns: usize) {
        self.next += columns;
    }

    pub(super) fn uuid(&mut self) -> Outcome<Uuid> {
        self.get().map(Uuid::from_bytes)
    }

    pub(super) fn opt_uuid(&mut self) -> Outcome<Option<Uuid>> {
        Ok(self.get::<Option<[u8; 16]>>()?.map(Uuid::from_bytes))
    }

    pub(super) fn digest(&mut self) -> Outcome<Digest> {
        self.get().map(Digest::from_bytes)
    }

    pub(super) fn opt_digest(&mut self) -> Outcome<Option<Digest>> {
        Ok(self.get::<Option<[u8; 32]>>()?.map(Digest::from_bytes))
    }

    pub(super) fn unsigned(&mut self) -> Outcome<u64> {
        self.get().map(i64::cast_unsigned)
    }

    pub(super) fn opt_unsigned(&mut self) -> Outcome<Option<u64>> {
        Ok(self.get::<Option<i64>>()?.map(i64::cast_unsigned))
    }

    pub(super) fn time(&mut self) -> Outcome<DateTime<Utc>> {
        let micros = self.get()?;
        self.checked(DateTime::from_timestamp_micros(micros), || {
            format!("{micros} is no time")
        })
    }

    pub(super) fn opt_time(&mut self) -> Outcome<Option<DateTime<Utc>>> {
        match self.get::<Option<i64>>()? {
            None => Ok(None),
            Some(micros) => self
                .checked(DateTime::from_timestamp_micros(micros), || {
                    format!("{micros} is no time")
                })
                .map(Some),
        }
    }

    pub(super) fn status(&mut self) -> Outcome<Status> {
        self.parsed()
    }

    /// A value that is kept as the text it is shown as.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self) -> Outcome<T> {
        let parsed = match self.text()? {
            Some(text) => T::from_str(text).map_err(|error| error.to_string()),
            None => Err("it is empty".to_owned()),
        };
        parsed.map_err(|reason| self.damaged(self.next - 1, reason))
    }

    pub(super) fn json<T: DeserializeOwned + Default>(&mut self) -> Outcome<T> {
        let parsed = match self.text()? {
            Some(text) => serde_json::from_str(text),
            None => Ok(T::default()),
        };
        parsed.map_err(|error| self.damaged(self.next - 1, error.to_string()))
    }

    /// The next column without copying it.
    fn text(&mut self) -> Outcome<Option<&'row str>> {
        let column = self.next;
        self.next += 1;
        let value = self
            .row
            .get_ref(column)
            .map_err(|error| self.damaged(column, error.to_string()))?;
        value
            .as_str_or_null()
            .map_err(|error| self.damaged(column, error.to_string()))
    }

    fn checked<T>(&self, value: Option<T>, reason: impl FnOnce() -> String) -> Outcome<T> {
        value.ok_or_else(|| self.damaged(self.next - 1, reason()))
    }

    fn damaged(&self, column: usize, reason: String) -> Fault {
        let row = match self.row.get_ref(0) {
            Ok(ValueRef::Blob(bytes)) => Uuid::from_slice(bytes).map_or_else(
                |_| {
                    Digest::try_from(bytes)
                        .map_or_else(|_| "(unknown)".to_owned(), |digest| digest.to_string())
                },
                |id| id.to_string(),
            ),
            Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).chars().take(80).collect(),
            Ok(ValueRef::Integer(number)) => number.to_string(),
            _ => "(unknown)".to_owned(),
        };
        let name = self.row.as_ref().column_name(column).unwrap_or("?");
        Fault::Damaged {
            what: format!("{} {row}", self.table),
            reason: format!("`{name}`: {reason}"),
        }
    }
}
