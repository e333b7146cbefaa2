PRAGMA user_version = 3;
INSERT INTO progress VALUES (1, 'group', NULL, 1, 0, 0, NULL);
INSERT INTO record (integration, kind, id, json, seen, first_seen, search, listed)
VALUES (1, 'group', 'g', '{"id":"g","name":"G"}', 1, '2026-01-01T00:00:00Z', 'g', 1),
    (1, 'user', 'p003', '{"id":"p003","displayName":"P003"}', 3, '2026-01-01T00:00:00Z', 'p003', 0);
INSERT INTO node VALUES (1, 1, 'g'), (2, 1, 'p000');
INSERT INTO edge VALUES (1, 2, 1);
INSERT INTO removal VALUES (1, 'user', 'p003', 'soft', NULL);
UPDATE run SET deleted = 1, groups_added = 2, members_added = 3;
