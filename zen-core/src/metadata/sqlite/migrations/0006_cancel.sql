-- Who asked for a run to be cancelled. A table of its own: it is looked at every second, and few runs have a row.
CREATE TABLE cancel_request (
    run  BLOB NOT NULL PRIMARY KEY,
    by   TEXT NOT NULL,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
