-- Runs of bookings are kinds of runs too: a CHECK is changed by replacing its table, as in 003.
CREATE TABLE new_run (
    id          INTEGER PRIMARY KEY,
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('user', 'room', 'booking')),
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
    peak_memory INTEGER,
    deleted         INTEGER NOT NULL DEFAULT 0,
    groups_added    INTEGER NOT NULL DEFAULT 0,
    groups_updated  INTEGER NOT NULL DEFAULT 0,
    groups_removed  INTEGER NOT NULL DEFAULT 0,
    groups_held     INTEGER NOT NULL DEFAULT 0,
    members_added   INTEGER NOT NULL DEFAULT 0,
    members_removed INTEGER NOT NULL DEFAULT 0,
    owed_count      INTEGER NOT NULL DEFAULT 0,
    owed_since      INTEGER NOT NULL DEFAULT 0,
    -- Of a run of bookings: number of rooms that were read, and JSON of those that failed.
    rooms_read      INTEGER NOT NULL DEFAULT 0,
    rooms_failed    INTEGER NOT NULL DEFAULT 0,
    room_failures   TEXT NOT NULL DEFAULT '[]'
) STRICT;

INSERT INTO new_run (id, integration, kind, started, ended, mode, added, updated, removed, held,
    unreadable, requests, throttled, retried, complete, warnings, problem, peak_memory, deleted,
    groups_added, groups_updated, groups_removed, groups_held, members_added, members_removed,
    owed_count, owed_since)
SELECT id, integration, kind, started, ended, mode, added, updated, removed, held,
    unreadable, requests, throttled, retried, complete, warnings, problem, peak_memory, deleted,
    groups_added, groups_updated, groups_removed, groups_held, members_added, members_removed,
    owed_count, owed_since FROM run;

DROP TABLE run;
ALTER TABLE new_run RENAME TO run;

CREATE INDEX run_by_integration ON run (integration, id);

CREATE TABLE new_failing (
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('user', 'room', 'booking')),
    -- How often in a row.
    count       INTEGER NOT NULL,
    since       TEXT NOT NULL,
    -- JSON, of the last time.
    problem     TEXT NOT NULL,
    PRIMARY KEY (integration, kind)
) STRICT, WITHOUT ROWID;

INSERT INTO new_failing (integration, kind, count, since, problem)
SELECT integration, kind, count, since, problem FROM failing;

DROP TABLE failing;
ALTER TABLE new_failing RENAME TO failing;

-- The calendar of a room: where the sync of its bookings stands. Times are in seconds since 1970.
CREATE TABLE calendar (
    number      INTEGER PRIMARY KEY,
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    -- Id of the room. Its record can be gone before the calendar is.
    room        TEXT NOT NULL,
    -- IANA name of the room's time zone, and the version of the database of zones: the instants of
    -- all-day bookings are computed from both.
    zone        TEXT NOT NULL,
    zone_data   TEXT NOT NULL,
    checkpoint  TEXT,
    -- As in `progress`.
    enumeration INTEGER NOT NULL DEFAULT 0,
    enumerating INTEGER NOT NULL DEFAULT 0,
    sweep_due   INTEGER NOT NULL DEFAULT 0,
    -- When all bookings were last listed, and when the room was last read well.
    listed_at   INTEGER,
    read_at     INTEGER,
    -- Where the room fails: how often in a row, since when, and the last problem as JSON.
    failures    INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    problem     TEXT,
    UNIQUE (integration, room)
) STRICT;

-- What the vendor reports under one id: a booking that is not an occurrence, or a series.
CREATE TABLE booking_item (
    number      INTEGER PRIMARY KEY,
    calendar    INTEGER NOT NULL REFERENCES calendar ON DELETE CASCADE,
    id          TEXT NOT NULL,
    is_series   INTEGER NOT NULL,
    -- The latest enumeration of the calendar that reported it, or -1 or -2: see missing.rs.
    seen        INTEGER NOT NULL,
    -- When the vendor last reported it, in seconds since 1970.
    reported    INTEGER NOT NULL,
    -- Run that first reported it.
    first_run   INTEGER NOT NULL,
    -- Why it is to be removed when a run ends well, held where an administrator must decide.
    reason      TEXT,
    held_since  TEXT,
    -- Time since which an administrator keeps it: its removal is held until it is reported again.
    kept_at     TEXT,
    UNIQUE (calendar, id)
) STRICT;

CREATE INDEX missing_booking ON booking_item (calendar, id) WHERE seen < 0;
CREATE INDEX waiting_booking ON booking_item (calendar, id) WHERE reason IS NOT NULL;

CREATE TABLE booking (
    number      INTEGER PRIMARY KEY,
    calendar    INTEGER NOT NULL REFERENCES calendar ON DELETE CASCADE,
    item        INTEGER NOT NULL REFERENCES booking_item ON DELETE CASCADE,
    id          TEXT NOT NULL,
    version     TEXT NOT NULL,
    meeting     TEXT,
    -- From `starts` (included) to `ends` (excluded), in seconds since 1970. Of an all-day booking,
    -- computed from its days in the calendar's zone.
    starts      INTEGER NOT NULL,
    ends        INTEGER NOT NULL,
    -- Of an all-day booking, as YYYY-MM-DD.
    first_day   TEXT,
    until_day   TEXT,
    hold        TEXT NOT NULL,
    private     INTEGER NOT NULL,
    title       TEXT,
    organizer_email TEXT,
    organizer_name  TEXT,
    invited     INTEGER NOT NULL,
    -- Runs that first reported it, and that last changed it.
    first_run   INTEGER NOT NULL,
    first_seen  TEXT NOT NULL,
    changed_run INTEGER NOT NULL,
    changed_at  TEXT NOT NULL,
    -- When, in which run and why it ended; not set while it takes place.
    gone_at     INTEGER,
    gone_run    INTEGER,
    gone_reason TEXT,
    UNIQUE (calendar, id),
    CHECK ((first_day IS NULL) = (until_day IS NULL)),
    CHECK ((gone_at IS NULL) = (gone_reason IS NULL))
) STRICT;

-- A time of one room is looked up in `booking_by_time` among bookings that start shortly before it
-- or in it, and in `long_booking` among those that last longer: see view.rs.
CREATE INDEX booking_by_time ON booking (calendar, starts, ends) WHERE gone_at IS NULL;
CREATE INDEX long_booking ON booking (calendar, ends)
    WHERE gone_at IS NULL AND ends - starts > 100000;
CREATE INDEX booking_by_item ON booking (item);
CREATE INDEX gone_booking ON booking (calendar, gone_at) WHERE gone_at IS NOT NULL;

-- Two bookings of one calendar that take the room at the same time. `one` begins first.
CREATE TABLE conflict (
    calendar INTEGER NOT NULL REFERENCES calendar ON DELETE CASCADE,
    one      INTEGER NOT NULL REFERENCES booking ON DELETE CASCADE,
    other    INTEGER NOT NULL REFERENCES booking ON DELETE CASCADE,
    -- The end of the time that both take, in seconds since 1970.
    ends     INTEGER NOT NULL,
    since    TEXT NOT NULL,
    PRIMARY KEY (one, other)
) STRICT, WITHOUT ROWID;

CREATE INDEX conflict_by_other ON conflict (other);
CREATE INDEX conflict_by_calendar ON conflict (calendar);
