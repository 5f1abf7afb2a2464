//! What a transaction knows.

use rusqlite::{CachedStatement, Connection};
use uuid::Uuid;

/// What one transaction has looked up already.
pub(super) struct Known<'conn> {
    pub(super) conn: &'conn Connection,
    /// A run and its pipeline: the steps of a transaction are nearly always of one run.
    pub(super) run: Option<(Uuid, i64)>,
    /// The connection finds a statement by hashing its text, and puts it back after every use: that is a good part of what inserting
    /// a row costs. A transaction uses few statements and each many times.
    statements: Vec<(&'static str, CachedStatement<'conn>)>,
    /// Whether anything is condemned.
    pruning: Option<bool>,
}

impl<'conn> Known<'conn> {
    pub(super) fn new(conn: &'conn Connection) -> Self {
        Self {
            conn,
            run: None,
            statements: Vec::new(),
            pruning: None,
        }
    }

    /// Whether anything is condemned, so that what is written may have to be spared. Asked once: nobody else writes now.
    pub(super) fn pruning(&mut self) -> rusqlite::Result<bool> {
        if let Some(pruning) = self.pruning {
            return Ok(pruning);
        }
        let pruning = self.statement("SELECT 1 FROM prune LIMIT 1")?.exists([])?;
        self.pruning = Some(pruning);
        Ok(pruning)
    }

    /// The statement with this text, which must be a constant: it is known by its place.
    pub(super) fn statement(&mut self, sql: &'static str) -> rusqlite::Result<&mut CachedStatement<'conn>> {
        let place = match self
            .statements
            .iter()
            .position(|(known, _)| std::ptr::eq(*known, sql))
        {
            Some(place) => place,
            None => {
                self.statements.push((sql, self.conn.prepare_cached(sql)?));
                self.statements.len() - 1
            }
        };
        Ok(&mut self.statements[place].1)
    }
}
