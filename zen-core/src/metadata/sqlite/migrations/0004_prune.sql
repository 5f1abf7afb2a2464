-- What is being removed; see metadata/sqlite/prune. All of these tables are empty except between the beginning and the end of a prune.

-- One prune. While there is a row here, something may be condemned.
CREATE TABLE prune (
    no     INTEGER PRIMARY KEY AUTOINCREMENT,
    -- 0 while its marks are being written: what it has marked so far counts for nothing when the next prune comes.
    sealed INTEGER NOT NULL
) STRICT;

-- The runs and holds that were under way when a prune was sealed: they may use what they found before.
CREATE TABLE prune_barrier (
    prune INTEGER NOT NULL,
    id    BLOB NOT NULL,
    PRIMARY KEY (prune, id)
) STRICT, WITHOUT ROWID;

-- Stays until the prune is over, although the run has gone before: so that no run begins that continues it.
CREATE TABLE condemned_run (
    id    BLOB NOT NULL PRIMARY KEY,
    prune INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE condemned_artifact (
    id    BLOB NOT NULL PRIMARY KEY,
    prune INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE condemned_object (
    digest  BLOB NOT NULL,
    -- 1: the bytes in this database, 0: those in the artifact store.
    inline  INTEGER NOT NULL,
    prune   INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    -- The process that is deleting it from the artifact store.
    deleter BLOB,
    PRIMARY KEY (digest, inline)
) STRICT, WITHOUT ROWID;

-- Somebody stores an object outside any run: to be waited for as for a run.
CREATE TABLE hold (
    id      BLOB NOT NULL PRIMARY KEY,
    process BLOB,
    host    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Now over outputs too: deleting an artifact looks for everything that refers to it.
DROP INDEX edge_by_artifact;
CREATE INDEX edge_by_artifact ON edge (artifact, output, step);
