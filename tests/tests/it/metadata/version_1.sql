-- A whole database as a zen of schema version 1 wrote it: a run of two steps, each with an artifact, its object, a metric
-- and a log line. It is what users have, so nothing here may ever be changed.

PRAGMA application_id = 2053467697;
PRAGMA user_version = 1;
CREATE TABLE pipeline (
    no       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    created  INTEGER NOT NULL,
    versions INTEGER NOT NULL,
    runs     INTEGER NOT NULL
) STRICT;
INSERT INTO pipeline VALUES(1,'p',1795273954017767,1,1);
CREATE TABLE pipeline_version (
    pipeline   INTEGER NOT NULL REFERENCES pipeline (no),
    number     INTEGER NOT NULL,
    graph_hash BLOB NOT NULL,
    graph      TEXT NOT NULL,
    created    INTEGER NOT NULL,
    PRIMARY KEY (pipeline, number),
    UNIQUE (pipeline, graph_hash)
) STRICT;
INSERT INTO pipeline_version VALUES(1,1,X'806c38f6211dddabf2c77f766a693e11a41b26cccaa7f87f1e68f36af5d39a6e','{}',1795273954017767);
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
INSERT INTO run VALUES(X'01a1feaa92e172b9bab4f2e3c607c9fc',1,1,NULL,X'806c38f6211dddabf2c77f766a693e11a41b26cccaa7f87f1e68f36af5d39a6e','brave-otter','running','{"depth":3}',X'01',1795273954017767,NULL,NULL,24420,'host','user',NULL,'0.1.0',NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO step VALUES(1,X'01a1feaa92e2747aafc514f2499763e8',X'01a1feaa92e172b9bab4f2e3c607c9fc',1,'step 0','app::train',0,'completed',1,X'c319c1369d0e2dd997197ec859f8e1f77e9555639b48d60548573b31e0f24c46',NULL,NULL,NULL,NULL,NULL,NULL,1795273954018727,1795273954018728,NULL,NULL);
INSERT INTO step VALUES(2,X'01a1feaa92e3775badc8b4d0e5c273c5',X'01a1feaa92e172b9bab4f2e3c607c9fc',1,'step 1','app::train',0,'completed',1,X'b6a6eec823641da8ceb37efadb2ef6e5e01699393a195cd75151cce451a824f9',NULL,NULL,NULL,NULL,NULL,NULL,1795273954019601,1795273954019601,NULL,NULL);
CREATE TABLE artifact_name (
    no   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- The highest number given to a version of this name.
    last INTEGER NOT NULL
) STRICT;
INSERT INTO artifact_name VALUES(1,'model',2);
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
INSERT INTO artifact VALUES(1,X'01a1feaa92e2747aafc514f14c7b829d',1,1,X'3d20ae7510011572485053dff1904d1893da650c98e2853ed128683e2199d53a',16,'f64','rmp',1,'application/msgpack',NULL,NULL,NULL,NULL,NULL,1795273954018619,NULL,'{"rows":3}');
INSERT INTO artifact VALUES(2,X'01a1feaa92e3775badc8b4cf632747c4',1,2,X'02dd40597e7f7f62c49533b775b67dbb8bc3defb1caa2fd5d1cc0977cc27a44c',16,'f64','rmp',1,'application/msgpack',NULL,NULL,NULL,NULL,NULL,1795273954019592,NULL,'{"rows":3}');
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
INSERT INTO edge VALUES(1,0,0,'output',X'01a1feaa92e2747aafc514f14c7b829d',NULL);
INSERT INTO edge VALUES(1,1,0,'output',X'01a1feaa92e2747aafc514f14c7b829d',NULL);
INSERT INTO edge VALUES(2,0,0,'output',X'01a1feaa92e3775badc8b4cf632747c4',NULL);
INSERT INTO edge VALUES(2,1,0,'output',X'01a1feaa92e3775badc8b4cf632747c4',NULL);
CREATE TABLE object (
    no     INTEGER PRIMARY KEY,
    digest BLOB NOT NULL,
    bytes  BLOB NOT NULL
) STRICT;
INSERT INTO object VALUES(1,X'3d20ae7510011572485053dff1904d1893da650c98e2853ed128683e2199d53a',X'070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707');
INSERT INTO object VALUES(2,X'02dd40597e7f7f62c49533b775b67dbb8bc3defb1caa2fd5d1cc0977cc27a44c',X'070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707');
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
INSERT INTO metric VALUES(1,1,'loss',1e999,0,NULL,1795273954018738);
INSERT INTO metric VALUES(2,2,'loss',1e999,0,NULL,1795273954019603);
CREATE TABLE log (
    step    INTEGER NOT NULL,
    line    INTEGER NOT NULL,
    time    INTEGER NOT NULL,
    level   TEXT NOT NULL,
    target  TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (step, line)
) STRICT, WITHOUT ROWID;
INSERT INTO log VALUES(1,0,1795273954018738,'info','step','hello');
INSERT INTO log VALUES(2,0,1795273954019603,'info','step','hello');
CREATE INDEX run_by_pipeline ON run (pipeline, id);
CREATE INDEX run_by_status ON run (status, id);
CREATE INDEX run_by_pipeline_and_status ON run (pipeline, status, id);
CREATE INDEX step_by_run ON step (run);
CREATE UNIQUE INDEX step_by_name ON step (pipeline, name, run);
CREATE INDEX step_by_cache_key ON step (substr(cache_key, 1, 8)) WHERE status = 'completed' AND cache_key IS NOT NULL;
CREATE UNIQUE INDEX artifact_by_number ON artifact (name, number);
CREATE INDEX artifact_by_name ON artifact (name, id);
CREATE INDEX artifact_by_run ON artifact (producer_run, id) WHERE producer_run IS NOT NULL;
CREATE INDEX artifact_by_step ON artifact (producer_step) WHERE producer_step IS NOT NULL;
CREATE INDEX edge_by_artifact ON edge (artifact, step) WHERE output = 0;
CREATE INDEX object_by_digest ON object (substr(digest, 1, 8));
CREATE INDEX metric_by_step ON metric (step);
