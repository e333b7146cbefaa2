-- Records are appended in the order in which they are stored, and found by an index of their ids.
-- Before, the table was in the order of their ids, which are random: each new record changed
-- another page. A table is replaced as in 003.
CREATE TABLE new_record (
    number      INTEGER PRIMARY KEY,
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('user', 'room', 'group')),
    id          TEXT NOT NULL,
    json        TEXT NOT NULL,
    -- In lower case.
    email       TEXT,
    -- The latest enumeration that reported the record; negative where a listing or one answer did
    -- not find it: see missing.rs.
    seen        INTEGER NOT NULL,
    first_seen  TEXT NOT NULL,
    removed_at  TEXT,
    reason      TEXT,
    -- Time since which an administrator keeps the record: its removal is held until the record is
    -- reported again.
    kept_at     TEXT,
    -- Whether the user signed in, and no sync has reported the user yet.
    provisional INTEGER NOT NULL DEFAULT 0,
    -- Text that a search compares with, in lower case. It has no index: see 002.
    search      TEXT NOT NULL DEFAULT '',
    -- Of a group: the latest enumeration that reported the group with all its members.
    listed      INTEGER NOT NULL DEFAULT 0,
    -- When the vendor last reported it, in seconds since 1970.
    reported    INTEGER NOT NULL DEFAULT 0,
    UNIQUE (integration, kind, id),
    CHECK ((removed_at IS NULL) = (reason IS NULL))
) STRICT;

INSERT INTO new_record (integration, kind, id, json, email, seen, first_seen, removed_at, reason,
    kept_at, provisional, search, listed, reported)
SELECT integration, kind, id, json, email, seen, first_seen, removed_at, reason,
    kept_at, provisional, search, listed, reported FROM record
ORDER BY integration, kind, id;

DROP TABLE record;
ALTER TABLE new_record RENAME TO record;

-- Groups of ONES that a user joined when first seen. By number, since that of a new user is the
-- largest: new memberships are appended, too.
CREATE TABLE new_membership (
    record     INTEGER NOT NULL REFERENCES record ON DELETE CASCADE,
    group_name TEXT NOT NULL,
    PRIMARY KEY (record, group_name)
) STRICT, WITHOUT ROWID;

INSERT INTO new_membership (record, group_name)
SELECT record.number, group_name
FROM record JOIN membership ON record.integration = membership.integration
    AND record.kind = membership.kind AND record.id = membership.person
ORDER BY record.number, group_name;

DROP TABLE membership;
ALTER TABLE new_membership RENAME TO membership;

CREATE INDEX room_by_email ON record (integration, email)
    WHERE kind = 'room' AND removed_at IS NULL;

CREATE INDEX missing_record ON record (integration, kind, id) WHERE seen < 0 AND removed_at IS NULL;

-- Users to be deleted are found without reading all others.
CREATE INDEX removed_record ON record (integration, kind, removed_at) WHERE removed_at IS NOT NULL;

-- Number of active records. Counting them would read every record.
ALTER TABLE progress ADD COLUMN active INTEGER NOT NULL DEFAULT 0;

INSERT INTO progress (integration, kind)
SELECT DISTINCT integration, kind FROM record WHERE true
ON CONFLICT DO NOTHING;

UPDATE progress SET active = (SELECT count(*) FROM record
    WHERE integration = progress.integration AND kind = progress.kind AND removed_at IS NULL);
