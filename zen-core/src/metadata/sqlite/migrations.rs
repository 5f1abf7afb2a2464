//! Brings a database to the schema this program knows.

use rusqlite::{Connection, TransactionBehavior};

/// The schema's history: applying the first `n` gives version `n`. Never edited, only added to.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_init.sql"),
    include_str!("migrations/0002_services.sql"),
    include_str!("migrations/0003_statistics.sql"),
    include_str!("migrations/0004_prune.sql"),
    include_str!("migrations/0005_schedules.sql"),
    include_str!("migrations/0006_cancel.sql"),
    include_str!("migrations/0007_tracking.sql"),
];

/// `zen1` in ASCII: marks the file as one of zen's.
pub(super) const APPLICATION_ID: i32 = 0x7a65_6e31;

#[derive(Debug, thiserror::Error)]
pub(super) enum MigrationError {
    #[error("it is a SQLite database of another program")]
    Foreign,
    #[error("its file system cannot share a write-ahead log")]
    NoWal,
    #[error("schema version {found} is newer than {known}")]
    Newer { found: u32, known: u32 },
    #[error("upgrading its schema from version {from} to {to} failed: {source}")]
    Upgrade {
        from: usize,
        to: usize,
        source: rusqlite::Error,
    },
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
}

/// Upgrades in one transaction: either all missing migrations are applied or none. Does not write, and so does not
/// wait for other writers, when there is nothing to do.
pub(super) fn migrate(conn: &mut Connection, migrations: &[&str]) -> Result<(), MigrationError> {
    if version(conn, migrations)? == migrations.len() {
        return Ok(());
    }
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again: another process may have upgraded it before this one got to write.
    let from = version(&transaction, migrations)?;
    let upgrade = || {
        for migration in &migrations[from..] {
            transaction.execute_batch(migration)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", newest(migrations))
    };
    upgrade().map_err(|source| MigrationError::Upgrade {
        from,
        to: migrations.len(),
        source,
    })?;
    Ok(transaction.commit()?)
}

/// How many of the migrations the database has seen. Writes nothing.
pub(super) fn version(conn: &Connection, migrations: &[&str]) -> Result<usize, MigrationError> {
    let found: i32 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let Ok(found) = u32::try_from(found) else {
        return Err(MigrationError::Foreign);
    };
    let expected = if found == 0 { 0 } else { APPLICATION_ID };
    if application != expected || (found == 0 && !is_empty(conn)?) {
        return Err(MigrationError::Foreign);
    }
    match usize::try_from(found) {
        Ok(version) if version <= migrations.len() => Ok(version),
        _ => Err(MigrationError::Newer {
            found,
            known: newest(migrations),
        }),
    }
}

fn newest(migrations: &[&str]) -> u32 {
    u32::try_from(migrations.len()).unwrap_or(u32::MAX)
}

fn is_empty(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| {
        row.get(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);";
    const TWO: &str = "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1;";
    const BROKEN: &str = "INSERT INTO a (x) VALUES (7); INSERT INTO nowhere VALUES (1);";

    fn memory() -> Connection {
        Connection::open_in_memory().unwrap()
    }

    fn user_version(conn: &Connection) -> u32 {
        conn.pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn an_older_database_keeps_its_rows() {
        let mut conn = memory();
        migrate(&mut conn, &[ONE]).unwrap();
        assert_eq!(user_version(&conn), 1);
        migrate(&mut conn, &[ONE, TWO]).unwrap();
        assert_eq!(user_version(&conn), 2);
        let row: (i64, i64) = conn
            .query_row("SELECT x, y FROM a", [], |r| Ok((r.get(0)?, r.get(1)?)))
            .unwrap();
        assert_eq!(row, (1, 2));
        migrate(&mut conn, &[ONE, TWO]).unwrap();
        assert_eq!(user_version(&conn), 2);
    }

    #[test]
    fn a_failing_upgrade_changes_nothing() {
        let mut conn = memory();
        migrate(&mut conn, &[ONE]).unwrap();
        let error = migrate(&mut conn, &[ONE, TWO, BROKEN]).unwrap_err();
        assert!(
            matches!(error, MigrationError::Upgrade { from: 1, to: 3, .. }),
            "{error}"
        );
        assert_eq!(user_version(&conn), 1);
        let columns: i64 = conn
            .query_row("SELECT count(*) FROM pragma_table_info('a')", [], |r| r.get(0))
            .unwrap();
        assert_eq!(columns, 1);
        let rows: i64 = conn
            .query_row("SELECT count(*) FROM a", [], |r| r.get(0))
            .unwrap();
        assert_eq!(rows, 1);
    }

    #[test]
    fn a_newer_database_is_refused() {
        let mut conn = memory();
        migrate(&mut conn, &[ONE, TWO]).unwrap();
        let error = migrate(&mut conn, &[ONE]).unwrap_err();
        assert!(
            matches!(error, MigrationError::Newer { found: 2, known: 1 }),
            "{error}"
        );
    }

    #[test]
    fn the_database_of_another_program_is_refused() {
        let mut conn = memory();
        conn.execute_batch("CREATE TABLE theirs (x)").unwrap();
        assert!(matches!(
            migrate(&mut conn, MIGRATIONS),
            Err(MigrationError::Foreign)
        ));

        let mut conn = memory();
        conn.pragma_update(None, "user_version", 1).unwrap();
        assert!(matches!(
            migrate(&mut conn, MIGRATIONS),
            Err(MigrationError::Foreign)
        ));
    }
}
