-- Where the notifications of an integration are sent. Times are in seconds since 1970.
CREATE TABLE notification_address (
    integration INTEGER PRIMARY KEY REFERENCES integration ON DELETE CASCADE,
    -- Last part of the address, which cannot be guessed.
    key         TEXT NOT NULL UNIQUE,
    -- What each notification carries, encrypted: see sealed.rs.
    sealed      BLOB NOT NULL,
    -- When a notification was last stored.
    received_at INTEGER
) STRICT;

-- What the vendor is to notify about, and the subscription where there is one. The number of a row
-- is never used again: a run that took hints names the row.
CREATE TABLE subscription (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    subject     TEXT NOT NULL CHECK (subject IN ('room', 'users', 'groups')),
    -- Id of the room, else empty.
    room        TEXT NOT NULL,
    -- Not where the subscription is to be ended.
    wanted      INTEGER NOT NULL DEFAULT 1,
    -- The vendor's id of the subscription, where it sends notifications, and its times.
    id          TEXT,
    address     TEXT,
    renewed     INTEGER,
    expires     INTEGER,
    -- Whether the vendor asked to renew it at once.
    renew       INTEGER NOT NULL DEFAULT 0,
    -- Where it fails: how often in a row, since when, when it is tried again, and the last problem
    -- as JSON.
    failures    INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    retry_at    INTEGER,
    problem     TEXT,
    -- Number of notifications that wait for a sync of the subject, and the times of the first and
    -- the last one in milliseconds since 1970.
    hints       INTEGER NOT NULL DEFAULT 0,
    first_hint  INTEGER,
    last_hint   INTEGER,
    UNIQUE (integration, subject, room),
    CHECK ((id IS NULL) = (expires IS NULL) AND (id IS NULL) = (renewed IS NULL))
) STRICT;

CREATE INDEX subscription_by_id ON subscription (integration, id) WHERE id IS NOT NULL;
CREATE INDEX waiting_hint ON subscription (integration) WHERE hints > 0;

-- Whether the run read only rooms that notifications named.
ALTER TABLE run ADD COLUMN notified INTEGER NOT NULL DEFAULT 0;
