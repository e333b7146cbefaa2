-- Groups are kinds of records too: a CHECK is changed by replacing its table. Source:
-- sqlite.org/lang_altertable.html, section 7. Foreign keys are not enforced meanwhile.
CREATE TABLE new_progress (
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('user', 'room', 'group')),
    -- The checkpoint of users is also that of groups.
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

INSERT INTO new_progress (integration, kind, checkpoint, enumeration, enumerating, sweep_due, base)
SELECT integration, kind, checkpoint, enumeration, enumerating, sweep_due, base FROM progress;

DROP TABLE progress;
ALTER TABLE new_progress RENAME TO progress;

-- Users, rooms and groups of the directory, including removed ones.
CREATE TABLE new_record (
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('user', 'room', 'group')),
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
    -- Whether the user signed in, and no sync has reported the user yet.
    provisional INTEGER NOT NULL DEFAULT 0,
    -- Text that a search compares with, in lower case.
    search      TEXT NOT NULL DEFAULT '',
    -- Of a group: the latest enumeration that reported the group with all its members.
    listed      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (integration, kind, id),
    CHECK ((removed_at IS NULL) = (reason IS NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO new_record (integration, kind, id, json, email, seen, first_seen, removed_at, reason,
    kept_at, provisional, search)
SELECT integration, kind, id, json, email, seen, first_seen, removed_at, reason,
    kept_at, provisional, search FROM record;

DROP TABLE record;
ALTER TABLE new_record RENAME TO record;

CREATE INDEX room_by_email ON record (integration, email)
    WHERE kind = 'room' AND removed_at IS NULL;

-- Ids of the directory as numbers: a membership is then a few bytes long.
CREATE TABLE node (
    number      INTEGER PRIMARY KEY,
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    -- Of a group, or of a member, whether or not there is a record of it.
    id          TEXT NOT NULL,
    UNIQUE (integration, id)
) STRICT;

-- Who is in which group of the directory, directly. By member there is no index: with one, a first
-- sync of 1,000,000 takes three times as long, and without one they are looked through in a tenth
-- of a second.
CREATE TABLE edge (
    holder INTEGER NOT NULL REFERENCES node ON DELETE CASCADE,
    member INTEGER NOT NULL,
    -- The latest enumeration that reported the membership.
    seen   INTEGER NOT NULL,
    PRIMARY KEY (holder, member)
) STRICT, WITHOUT ROWID;

-- After how many days those who left are deleted for good; never where there is none.
ALTER TABLE integration ADD COLUMN delete_leavers_after INTEGER;

-- Of runs of users.
ALTER TABLE run ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN groups_added INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN groups_updated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN groups_removed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN groups_held INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN members_added INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN members_removed INTEGER NOT NULL DEFAULT 0;
