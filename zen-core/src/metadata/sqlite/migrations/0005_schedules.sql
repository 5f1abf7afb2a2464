-- Written as 0001 says. Schedules, slots and schedulers come and go as services do. What a schedule runs is named, not referred to.

CREATE TABLE schedule (
    id                BLOB NOT NULL PRIMARY KEY,
    name              TEXT NOT NULL UNIQUE,
    -- The counter below when something was last written of the schedule or of one of its slots.
    revision          INTEGER NOT NULL,
    pipeline          TEXT NOT NULL,
    pipeline_path     TEXT NOT NULL,
    timing            TEXT,
    options           TEXT,
    arguments         TEXT,
    arguments_encoded BLOB NOT NULL,
    stack             TEXT NOT NULL,
    artifacts         TEXT NOT NULL,
    program_path      TEXT NOT NULL,
    program_digest    BLOB,
    state             TEXT NOT NULL,
    reason            TEXT,
    cursor            INTEGER NOT NULL,
    reached           INTEGER NOT NULL,
    fired             INTEGER NOT NULL,
    failures          INTEGER NOT NULL,
    created           INTEGER NOT NULL,
    updated           INTEGER NOT NULL
) STRICT;

-- Schedules are few: of several conditions the rarer one is looked up. Each index has the order of the list.
CREATE INDEX schedule_by_pipeline ON schedule (pipeline, name);
CREATE INDEX schedule_by_state ON schedule (state, name);
-- What every scheduler asks: which have changed since it last looked.
CREATE INDEX schedule_by_revision ON schedule (revision);
CREATE INDEX schedule_by_program ON schedule (program_digest) WHERE program_digest IS NOT NULL;

-- One row: how often something was written of a schedule or a slot. Looked at every second by every scheduler, which is why it is
-- kept and not the highest number of a table that rows are deleted from.
CREATE TABLE schedule_revision (
    no       INTEGER PRIMARY KEY CHECK (no = 1),
    revision INTEGER NOT NULL
) STRICT;

INSERT INTO schedule_revision (no, revision) VALUES (1, 0);

-- Which schedules were deleted, and when by the counter: whoever has one in memory has to learn of it.
CREATE TABLE deleted_schedule (
    revision INTEGER PRIMARY KEY,
    id       BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE slot (
    id       BLOB NOT NULL PRIMARY KEY,
    schedule BLOB NOT NULL REFERENCES schedule (id),
    due      INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    cause    TEXT NOT NULL,
    state    TEXT NOT NULL,
    late     INTEGER NOT NULL,
    reason   TEXT,
    run      BLOB,
    token    INTEGER NOT NULL,
    deaths   INTEGER NOT NULL,
    holder   BLOB,
    claimed  INTEGER,
    ended    INTEGER
) STRICT;

-- A time that comes due is one slot, however many schedulers see it come.
CREATE UNIQUE INDEX slot_by_due ON slot (schedule, due) WHERE cause = 'due';
-- In the order of the list. There are many of them, and few that aren't settled: a list of the settled ones passes over those.
CREATE INDEX slot_by_last ON slot (last, id);
CREATE INDEX slot_by_schedule ON slot (schedule, last, id);
CREATE INDEX slot_by_state ON slot (state, last, id);
CREATE INDEX slot_by_schedule_and_state ON slot (schedule, state, last, id);
-- What is to be done.
CREATE INDEX slot_open ON slot (schedule, due, id) WHERE state IN ('queued', 'claimed');

CREATE TABLE scheduler (
    id      BLOB NOT NULL PRIMARY KEY,
    process BLOB,
    pid     INTEGER NOT NULL,
    host    TEXT NOT NULL,
    -- In no index: it is written every few seconds, and alone.
    beat    INTEGER NOT NULL,
    started INTEGER NOT NULL
) STRICT;

-- Which slot a run is for. The name again, because the run outlives the schedule.
ALTER TABLE run ADD COLUMN schedule BLOB;
ALTER TABLE run ADD COLUMN schedule_name TEXT;
ALTER TABLE run ADD COLUMN slot BLOB;
ALTER TABLE run ADD COLUMN slot_due INTEGER;

-- Nearly all runs of a schedule are of one pipeline, which is compared and not looked up.
CREATE INDEX run_by_schedule ON run (schedule, id) WHERE schedule IS NOT NULL;
CREATE INDEX run_by_schedule_and_status ON run (schedule, status, id) WHERE schedule IS NOT NULL;

-- 1: it did not end by itself. Of runs before this version, it isn't known.
ALTER TABLE run ADD COLUMN died INTEGER NOT NULL DEFAULT 0;

-- A hook is recorded when it has returned, its step when the objects are stored: that may be later, so that steps are not referred to.
CREATE TABLE hook (
    id      BLOB NOT NULL PRIMARY KEY,
    run     BLOB,
    step    BLOB,
    slot    BLOB,
    hook    TEXT NOT NULL,
    event   TEXT NOT NULL,
    started INTEGER NOT NULL,
    ended   INTEGER NOT NULL,
    error   TEXT
) STRICT;

CREATE INDEX hook_by_run ON hook (run, id) WHERE run IS NOT NULL;
CREATE INDEX hook_by_slot ON hook (slot, id) WHERE slot IS NOT NULL;

-- As the other marks of 0004. Nobody finds a run by a slot, so that one needs to be hidden from nobody: it goes with the rest.
CREATE TABLE condemned_slot (
    id    BLOB NOT NULL PRIMARY KEY,
    prune INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
