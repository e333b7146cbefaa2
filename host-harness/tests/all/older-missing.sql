PRAGMA user_version = 4;
UPDATE record SET seen = -2, reported = 1767312000 WHERE id = 'p003';
INSERT INTO record (integration, kind, id, json, seen, first_seen, removed_at, reason, search,
    reported)
VALUES (1, 'group', 'h', '{"id":"h","name":"H"}', 1, '2026-01-01T00:00:00Z',
    '2026-01-03T00:00:00Z', 'soft', 'h', 1767312000);
UPDATE run SET owed_count = 2, owed_since = 1767312000;
