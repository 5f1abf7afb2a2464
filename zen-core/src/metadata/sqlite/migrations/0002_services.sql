-- Written as 0001 says. Services come and go: they are the only rows that are ever deleted. Their pipelines, steps and
-- runs are named, not referred to: a service may be older than what is recorded of them.

CREATE TABLE service (
    id           BLOB NOT NULL PRIMARY KEY,
    name         TEXT NOT NULL,
    backend      TEXT NOT NULL,
    kind         TEXT NOT NULL,
    flavor       TEXT,
    pipeline     TEXT,
    run          BLOB,
    step         TEXT,
    model_name   TEXT,
    model_uri    TEXT,
    model_type   TEXT,
    model_digest BLOB,
    config       TEXT,
    desired      TEXT NOT NULL,
    -- What was last seen. In no index: it is written most often, and alone.
    state        TEXT NOT NULL,
    last_state   TEXT NOT NULL,
    last_error   TEXT,
    seen         INTEGER NOT NULL,
    endpoint     TEXT,
    version      INTEGER NOT NULL,
    created      INTEGER NOT NULL,
    updated      INTEGER NOT NULL
) STRICT;

-- Services are few and rarely written: each thing a list can be filtered by has its own index, in the order of the list.
CREATE INDEX service_by_name ON service (name, id);
CREATE INDEX service_by_kind ON service (kind, id);
CREATE INDEX service_by_desired ON service (desired, id);
CREATE INDEX service_by_flavor ON service (flavor, id) WHERE flavor IS NOT NULL;
CREATE INDEX service_by_pipeline ON service (pipeline, id) WHERE pipeline IS NOT NULL;
CREATE INDEX service_by_run ON service (run, id) WHERE run IS NOT NULL;
CREATE INDEX service_by_step ON service (step, id) WHERE step IS NOT NULL;
CREATE INDEX service_by_model_name ON service (model_name, id) WHERE model_name IS NOT NULL;
CREATE INDEX service_by_model_uri ON service (model_uri, id) WHERE model_uri IS NOT NULL;
CREATE INDEX service_by_model_type ON service (model_type, id) WHERE model_type IS NOT NULL;

CREATE TABLE service_version (
    service        BLOB NOT NULL REFERENCES service (id),
    number         INTEGER NOT NULL,
    config         TEXT,
    run            BLOB,
    model_uri      TEXT,
    model_digest   BLOB,
    program_path   TEXT,
    program_digest BLOB,
    process        TEXT,
    state          TEXT NOT NULL,
    error          TEXT,
    started        INTEGER NOT NULL,
    live           INTEGER,
    ended          INTEGER,
    PRIMARY KEY (service, number)
) STRICT;

CREATE INDEX service_version_by_run ON service_version (run, service) WHERE run IS NOT NULL;
CREATE INDEX service_version_by_program ON service_version (program_digest) WHERE program_digest IS NOT NULL;

-- A row stays when its lease is released, so that its token is never given again.
CREATE TABLE lease (
    key     TEXT NOT NULL PRIMARY KEY,
    token   INTEGER NOT NULL,
    -- Both NULL when it was released.
    holder  TEXT,
    expires INTEGER
) STRICT, WITHOUT ROWID;
