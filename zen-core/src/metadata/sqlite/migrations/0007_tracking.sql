-- What experiment trackers have of runs. Those that have not been told of a run's end are looked for when another run begins.
CREATE TABLE tracking (
    run          BLOB NOT NULL PRIMARY KEY,
    location     TEXT NOT NULL,
    id           TEXT,
    url          TEXT,
    state        TEXT NOT NULL,
    undelivered  TEXT,
    error        TEXT,
    updated      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tracking_unended ON tracking (location, run) WHERE state IN ('open', 'lost') AND id IS NOT NULL;
