//! What steps log while they run: metrics and lines.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::fault::{Fault, Outcome};
use super::values::{self, unsigned};
use crate::metadata::{LogRecord, MetricRecord};

pub(super) const METRICS: &str = "SELECT no, name, value, position, higher_is_better, time FROM metric
    WHERE step = (SELECT no FROM step WHERE id = ?1) ORDER BY no";

pub(super) const LOGS: &str = "SELECT line, time, level, target, message FROM log
    WHERE step = (SELECT no FROM step WHERE id = ?1) AND line >= ?2 ORDER BY line LIMIT ?3";

pub(super) fn add_metric(conn: &Connection, metric: &MetricRecord) -> Outcome<()> {
    let value = (!metric.value.is_nan()).then_some(metric.value);
    let added = conn
        .prepare_cached(
            "INSERT INTO metric (step, name, value, position, higher_is_better, time)
             SELECT no, ?2, ?3, ?4, ?5, ?6 FROM step WHERE id = ?1",
        )?
        .execute(params![
            metric.step.as_bytes(),
            metric.name,
            value,
            unsigned(metric.position),
            metric.higher_is_better,
            metric.time.timestamp_micros(),
        ])?;
    of_step(metric.step, added)
}

/// A line with the number of an earlier one replaces it: losing a line is better than failing the whole transaction.
pub(super) fn add_log(conn: &Connection, line: &LogRecord) -> Outcome<()> {
    let added = conn
        .prepare_cached(
            "INSERT OR REPLACE INTO log (step, line, time, level, target, message)
             SELECT no, ?2, ?3, ?4, ?5, ?6 FROM step WHERE id = ?1",
        )?
        .execute(params![
            line.step.as_bytes(),
            unsigned(line.line),
            line.time.timestamp_micros(),
            line.level,
            line.target,
            line.message,
        ])?;
    of_step(line.step, added)
}

fn of_step(step: Uuid, added: usize) -> Outcome<()> {
    if added == 0 {
        Err(Fault::Missing {
            kind: "step",
            id: step,
        })
    } else {
        Ok(())
    }
}

pub(super) fn metrics(conn: &Connection, step: Uuid) -> Outcome<Vec<MetricRecord>> {
    values::all(conn, "metric", METRICS, [step.as_bytes()], |row| {
        row.get::<i64>()?;
        Ok(MetricRecord {
            step,
            name: row.get()?,
            value: row.get::<Option<f64>>()?.unwrap_or(f64::NAN),
            position: row.unsigned()?,
            higher_is_better: row.get()?,
            time: row.time()?,
        })
    })
}

pub(super) fn logs(conn: &Connection, step: Uuid, from: u64, limit: u32) -> Outcome<Vec<LogRecord>> {
    // No step has so many lines; as a signed number it would be negative, and all lines would follow it.
    let Ok(from) = i64::try_from(from) else {
        return Ok(Vec::new());
    };
    values::all(
        conn,
        "log line",
        LOGS,
        params![step.as_bytes(), from, limit],
        |row| {
            Ok(LogRecord {
                step,
                line: row.unsigned()?,
                time: row.time()?,
                level: row.get()?,
                target: row.get()?,
                message: row.get()?,
            })
        },
    )
}
