-- One per `server.name`. Settings are not stored: they hold secrets.
CREATE TABLE integration (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL
) STRICT;

-- Where the sync of one kind stands.
CREATE TABLE progress (
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('user', 'room')),
    checkpoint  TEXT,
    -- Number of the latest enumeration. Each record that it reports is marked with this number.
    enumeration INTEGER NOT NULL DEFAULT 0,
    -- Whether an enumeration is under way.
    enumerating INTEGER NOT NULL DEFAULT 0,
    -- Whether the records that a complete enumeration did not report are still to be removed.
    sweep_due   INTEGER NOT NULL DEFAULT 0,
    -- How many were active before the runs that are not settled yet began.
    base        INTEGER,
    PRIMARY KEY (integration, kind)
) STRICT, WITHOUT ROWID;

-- Users and rooms, including removed ones.
CREATE TABLE record (
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('user', 'room')),
    id          TEXT NOT NULL,
    json        TEXT NOT NULL,
    -- In lower case.
    email       TEXT,
    -- The latest enumeration that reported the record.
    seen        INTEGER NOT NULL,
    first_seen  TEXT NOT NULL,
    removed_at  TEXT,
    reason      TEXT,
    -- Time since which an administrator keeps the record: its removal is held until the record is
    -- reported again.
    kept_at     TEXT,
    PRIMARY KEY (integration, kind, id),
    CHECK ((removed_at IS NULL) = (reason IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX room_by_email ON record (integration, email)
    WHERE kind = 'room' AND removed_at IS NULL;

-- Groups of ONES that a user joined when first seen.
CREATE TABLE membership (
    integration INTEGER NOT NULL,
    kind        TEXT NOT NULL CHECK (kind = 'user'),
    person      TEXT NOT NULL,
    group_name  TEXT NOT NULL,
    PRIMARY KEY (integration, kind, person, group_name),
    FOREIGN KEY (integration, kind, person) REFERENCES record (integration, kind, id)
        ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Records to be removed when a run ends well. Held where an administrator must decide.
CREATE TABLE removal (
    integration INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    id          TEXT NOT NULL,
    reason      TEXT NOT NULL,
    held_since  TEXT,
    PRIMARY KEY (integration, kind, id),
    FOREIGN KEY (integration, kind, id) REFERENCES record (integration, kind, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id          INTEGER PRIMARY KEY,
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('user', 'room')),
    started     TEXT NOT NULL,
    -- Without one it is under way, or the process died.
    ended       TEXT,
    mode        TEXT,
    added       INTEGER NOT NULL DEFAULT 0,
    updated     INTEGER NOT NULL DEFAULT 0,
    removed     INTEGER NOT NULL DEFAULT 0,
    held        INTEGER NOT NULL DEFAULT 0,
    unreadable  INTEGER NOT NULL DEFAULT 0,
    requests    INTEGER NOT NULL DEFAULT 0,
    throttled   INTEGER NOT NULL DEFAULT 0,
    retried     INTEGER NOT NULL DEFAULT 0,
    complete    INTEGER NOT NULL DEFAULT 0,
    -- JSON.
    warnings    TEXT NOT NULL DEFAULT '[]',
    -- JSON, where the run failed.
    problem     TEXT,
    -- Of the component, in bytes.
    peak_memory INTEGER
) STRICT;

CREATE INDEX run_by_integration ON run (integration, id);
