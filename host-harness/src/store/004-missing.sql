-- When the vendor last reported it, in seconds since 1970: what was reported lately is not removed
-- for being absent.
ALTER TABLE record ADD COLUMN reported INTEGER NOT NULL DEFAULT 0;

UPDATE record SET reported = coalesce(unixepoch(first_seen), 0);

-- `seen` is negative where a listing or one answer did not find the record: see missing.rs. There
-- are few of these, and each run looks for them.
CREATE INDEX missing_record ON record (integration, kind, id) WHERE seen < 0 AND removed_at IS NULL;

-- Removals that wait for the end of a run may rest on one answer that did not find the record: they
-- are asked for again by the next run, which reads it by id. Those that are held stay held.
UPDATE record SET seen = -1
WHERE removed_at IS NULL AND EXISTS (SELECT 1 FROM removal
    WHERE integration = record.integration AND kind = record.kind AND id = record.id
      AND held_since IS NULL);

DELETE FROM removal WHERE held_since IS NULL;

-- What the vendor reported, but did not let be read yet.
ALTER TABLE run ADD COLUMN owed_count INTEGER NOT NULL DEFAULT 0;
-- When the oldest of it was first reported, in seconds since 1970.
ALTER TABLE run ADD COLUMN owed_since INTEGER NOT NULL DEFAULT 0;
