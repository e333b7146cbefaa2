-- The settings of an integration, encrypted: see sealed.rs. The name alone is also in
-- `integration`.
CREATE TABLE settings (
    integration INTEGER PRIMARY KEY REFERENCES integration ON DELETE CASCADE,
    sealed      BLOB NOT NULL,
    changed     TEXT NOT NULL
) STRICT;

-- When an integration is synced without a request.
CREATE TABLE schedule (
    integration INTEGER PRIMARY KEY REFERENCES integration ON DELETE CASCADE,
    -- In seconds.
    interval    INTEGER NOT NULL,
    next        TEXT NOT NULL
) STRICT;

-- What does not work: gone as soon as a run of that kind ends well.
CREATE TABLE failing (
    integration INTEGER NOT NULL REFERENCES integration ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('user', 'room')),
    -- How often in a row.
    count       INTEGER NOT NULL,
    since       TEXT NOT NULL,
    -- JSON, of the last time.
    problem     TEXT NOT NULL,
    PRIMARY KEY (integration, kind)
) STRICT, WITHOUT ROWID;

-- The administrator's password.
CREATE TABLE administrator (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    -- Argon2, as a PHC string.
    password TEXT NOT NULL,
    changed  TEXT NOT NULL
) STRICT;

-- Whether the user signed in, and no sync has reported the user yet.
ALTER TABLE record ADD COLUMN provisional INTEGER NOT NULL DEFAULT 0;

-- Text that a search compares with, in lower case: name, e-mail address, user name. It has no
-- index: one would make a page of 100,000 users a tenth of a second faster, and their first sync a
-- third slower.
ALTER TABLE record ADD COLUMN search TEXT NOT NULL DEFAULT '';

UPDATE record SET search = lowercase(concat_ws(char(10), json ->> 'displayName', json ->> 'name',
    json ->> 'email', json ->> 'username'));
