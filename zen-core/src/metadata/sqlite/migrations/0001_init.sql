-- Identifiers are UUIDs as 16-byte BLOBs, digests are 32-byte BLOBs, times are microseconds since 1970 UTC,
-- lists and maps are JSON (NULL when empty). `no` is a row number, private to the database: it keeps the tables
-- that refer to it small and gives the order of recording. Foreign keys are declared where a reference comes from
-- outside; a `no` has just been looked up when it is written, and nothing is ever deleted.

CREATE TABLE pipeline (
    no       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    created  INTEGER NOT NULL,
    versions INTEGER NOT NULL,
    runs     INTEGER NOT NULL
) STRICT;

CREATE TABLE pipeline_version (
    pipeline   INTEGER NOT NULL REFERENCES pipeline (no),
    number     INTEGER NOT NULL,
    graph_hash BLOB NOT NULL,
    graph      TEXT NOT NULL,
    created    INTEGER NOT NULL,
    PRIMARY KEY (pipeline, number),
    UNIQUE (pipeline, graph_hash)
) STRICT;

CREATE TABLE run (
    id                BLOB NOT NULL PRIMARY KEY,
    pipeline          INTEGER NOT NULL REFERENCES pipeline (no),
    pipeline_version  INTEGER NOT NULL,
    pipeline_path     TEXT,
    graph_hash        BLOB NOT NULL,
    name              TEXT NOT NULL,
    status            TEXT NOT NULL,
    arguments         TEXT,
    arguments_encoded BLOB NOT NULL,
    started           INTEGER NOT NULL,
    ended             INTEGER,
    process           BLOB,
    pid               INTEGER NOT NULL,
    host              TEXT NOT NULL,
    user              TEXT NOT NULL,
    git_commit        TEXT,
    zen_version       TEXT NOT NULL,
    program_path      TEXT,
    program_digest    BLOB,
    resumed_from      BLOB,
    error             TEXT,
    tags              TEXT
) STRICT;

-- Runs are few: each combination a list can be filtered by has its own index, so that no page is ever searched for.
CREATE INDEX run_by_pipeline ON run (pipeline, id);
CREATE INDEX run_by_status ON run (status, id);
CREATE INDEX run_by_pipeline_and_status ON run (pipeline, status, id);

CREATE TABLE step (
    no          INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,
    run         BLOB NOT NULL,
    -- The run's pipeline again, for step_by_name.
    pipeline    INTEGER NOT NULL,
    name        TEXT NOT NULL,
    step        TEXT NOT NULL,
    node        INTEGER NOT NULL,
    status      TEXT NOT NULL,
    attempt     INTEGER NOT NULL,
    cache_key   BLOB,
    key_fields  TEXT,
    cache_note  TEXT,
    source_step BLOB,
    source_run  BLOB,
    expires     INTEGER,
    parameters  TEXT,
    started     INTEGER,
    ended       INTEGER,
    error       TEXT,
    metadata    TEXT
) STRICT;

-- In order of recording, because `no` ends every index entry.
CREATE INDEX step_by_run ON step (run);
-- Both "this step of this run" and "this step in the runs before".
CREATE UNIQUE INDEX step_by_name ON step (pipeline, name, run);
-- A few bytes of a digest find it as well as all of them. Digests are random, so that nearly every one that is added
-- changes another page of the index: the smaller the index, the fewer pages there are to write.
CREATE INDEX step_by_cache_key ON step (substr(cache_key, 1, 8)) WHERE status = 'completed' AND cache_key IS NOT NULL;

CREATE TABLE artifact_name (
    no   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- The highest number given to a version of this name.
    last INTEGER NOT NULL
) STRICT;

CREATE TABLE artifact (
    no            INTEGER PRIMARY KEY,
    id            BLOB NOT NULL UNIQUE,
    name          INTEGER NOT NULL,
    number        INTEGER NOT NULL,
    digest        BLOB NOT NULL,
    size          INTEGER NOT NULL,
    type_name     TEXT NOT NULL,
    codec         TEXT NOT NULL,
    codec_version INTEGER NOT NULL,
    media_type    TEXT NOT NULL,
    -- NULL for the usual `inline:<digest>`, which is long.
    uri           TEXT,
    shape         TEXT,
    summary       TEXT,
    producer_step BLOB,
    producer_run  BLOB,
    created       INTEGER NOT NULL,
    tags          TEXT,
    metadata      TEXT
) STRICT;

CREATE UNIQUE INDEX artifact_by_number ON artifact (name, number);
CREATE INDEX artifact_by_name ON artifact (name, id);
CREATE INDEX artifact_by_run ON artifact (producer_run, id) WHERE producer_run IS NOT NULL;
CREATE INDEX artifact_by_step ON artifact (producer_step) WHERE producer_step IS NOT NULL;

CREATE TABLE edge (
    step     INTEGER NOT NULL,
    -- 0: the step read the artifact, 1: the step made or adopted it.
    output   INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name     TEXT NOT NULL,
    artifact BLOB NOT NULL REFERENCES artifact (id),
    element  INTEGER,
    PRIMARY KEY (step, output, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX edge_by_artifact ON edge (artifact, step) WHERE output = 0;

CREATE TABLE object (
    no     INTEGER PRIMARY KEY,
    digest BLOB NOT NULL,
    bytes  BLOB NOT NULL
) STRICT;

CREATE INDEX object_by_digest ON object (substr(digest, 1, 8));

CREATE TABLE metric (
    no               INTEGER PRIMARY KEY,
    step             INTEGER NOT NULL,
    name             TEXT NOT NULL,
    -- NULL is NaN, which SQLite has no other value for.
    value            REAL,
    position         INTEGER NOT NULL,
    higher_is_better INTEGER,
    time             INTEGER NOT NULL
) STRICT;

CREATE INDEX metric_by_step ON metric (step);

CREATE TABLE log (
    step    INTEGER NOT NULL,
    line    INTEGER NOT NULL,
    time    INTEGER NOT NULL,
    level   TEXT NOT NULL,
    target  TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (step, line)
) STRICT, WITHOUT ROWID;
