-- Bookings that were made in ONES. Times are in seconds since 1970.
CREATE TABLE reservation (
    number      INTEGER PRIMARY KEY,
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    -- ONES' own id, which the vendor stores with the meeting.
    reference   TEXT NOT NULL,
    -- Id of the user for whom it was made.
    organizer   TEXT NOT NULL,
    state       TEXT NOT NULL,
    -- JSON: as the vendor has it, or as it was wished, while the vendor has no meeting.
    request     TEXT NOT NULL,
    -- The time in the request, from `starts` (included) to `ends` (excluded). Of a series, its
    -- first occurrence.
    starts      INTEGER NOT NULL,
    ends        INTEGER NOT NULL,
    -- When the last occurrence is over, at the latest. A series can have no end.
    over_at     INTEGER,
    -- JSON.
    made_by     TEXT NOT NULL,
    created     INTEGER NOT NULL,
    changed     INTEGER NOT NULL,
    -- Whose calendar the meeting is in, and what the plugin needs to find it.
    calendar    TEXT,
    ticket      TEXT,
    -- JSON: why the last wish failed.
    problem     TEXT,
    -- Where a room has not answered: since when, when the vendor is asked next, and how often it
    -- was asked. The vendor can also be asked for another reason.
    pending_since INTEGER,
    check_due   INTEGER,
    checks      INTEGER NOT NULL DEFAULT 0,
    -- JSON: why the last question failed.
    check_problem TEXT,
    UNIQUE (integration, reference)
) STRICT;

CREATE INDEX reservation_by_check ON reservation (integration, check_due)
    WHERE check_due IS NOT NULL;
CREATE INDEX reservation_by_organizer ON reservation (integration, organizer);

CREATE TABLE reserved_room (
    reservation INTEGER NOT NULL REFERENCES reservation ON DELETE CASCADE,
    -- Place among the rooms of the request, from 0.
    position    INTEGER NOT NULL,
    room        TEXT NOT NULL,
    name        TEXT NOT NULL,
    state       TEXT NOT NULL,
    -- Id of the booking or series in this room, as syncs of bookings report it.
    booking     TEXT,
    -- JSON: why the room is not booked.
    reason      TEXT,
    -- JSON: the occurrences that the room declined.
    declined    TEXT NOT NULL DEFAULT '[]',
    -- What the synced calendar had under that id when it was last compared: see follow.rs.
    mirrored    TEXT,
    PRIMARY KEY (reservation, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX reserved_room_by_booking ON reserved_room (room, booking);

-- Requests to make a room free again, whoever booked it.
CREATE TABLE release (
    number      INTEGER PRIMARY KEY,
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    room        TEXT NOT NULL,
    -- Id of the booking or series in this room.
    booking     TEXT NOT NULL,
    comment     TEXT NOT NULL,
    state       TEXT NOT NULL,
    made_by     TEXT NOT NULL,
    created     INTEGER NOT NULL,
    changed     INTEGER NOT NULL,
    problem     TEXT
) STRICT;

CREATE INDEX release_by_booking ON release (integration, room, booking);

-- What the vendor has not answered yet. The wishes of one reservation are sent in the order of
-- their numbers.
CREATE TABLE wish (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    reservation INTEGER REFERENCES reservation ON DELETE CASCADE,
    release     INTEGER REFERENCES release ON DELETE CASCADE,
    -- JSON.
    wish        TEXT NOT NULL,
    made_by     TEXT NOT NULL,
    stored      INTEGER NOT NULL,
    -- Number of attempts, the one under way included. It is counted before the request is sent: the
    -- result of an attempt is not known if the process ends meanwhile.
    attempts    INTEGER NOT NULL DEFAULT 0,
    -- When the next attempt begins, at the earliest.
    due         INTEGER NOT NULL,
    -- JSON: why the last attempt failed.
    problem     TEXT,
    CHECK ((reservation IS NULL) <> (release IS NULL))
) STRICT;

CREATE INDEX wish_by_due ON wish (integration, due);
CREATE INDEX wish_by_reservation ON wish (reservation, number);
CREATE INDEX wish_by_release ON wish (release) WHERE release IS NOT NULL;

CREATE TABLE reservation_history (
    number      INTEGER PRIMARY KEY,
    reservation INTEGER REFERENCES reservation ON DELETE CASCADE,
    release     INTEGER REFERENCES release ON DELETE CASCADE,
    at          INTEGER NOT NULL,
    -- JSON.
    actor       TEXT NOT NULL,
    what        TEXT NOT NULL,
    text        TEXT NOT NULL,
    detail      TEXT,
    CHECK ((reservation IS NULL) <> (release IS NULL))
) STRICT;

CREATE INDEX history_by_reservation ON reservation_history (reservation, number);
CREATE INDEX history_by_release ON reservation_history (release, number);
