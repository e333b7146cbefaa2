PRAGMA user_version = 2;
INSERT INTO integration VALUES (1, 'Contoso', '2026-01-01T00:00:00Z');
INSERT INTO progress VALUES (1, 'user', 'c7', 3, 0, 0, NULL), (1, 'room', NULL, 2, 0, 0, NULL);
INSERT INTO record (integration, kind, id, json, email, seen, first_seen, removed_at, reason,
    kept_at, provisional, search)
VALUES
    (1, 'user', 'p000',
     '{"id":"p000","username":"p000@contoso.com","displayName":"P000",'
     || '"email":"p000@contoso.com","givenName":null,"surname":null,'
     || '"jobTitle":null,"department":null,"office":null,"mobilePhone":null,"businessPhone":null,'
     || '"language":null,"cardNumber":null,"enabled":true,"guest":false}',
     'p000@contoso.com', 3, '2026-01-01T00:00:00Z', NULL, NULL, '2026-01-05T00:00:00Z', 0,
     'p000'),
    (1, 'user', 'p001', '{"id":"p001","displayName":"P001"}', NULL, 3, '2026-01-01T00:00:00Z',
     NULL, NULL, NULL, 1, 'p001'),
    (1, 'user', 'p002', '{"id":"p002","displayName":"P002"}', NULL, 2, '2026-01-01T00:00:00Z',
     '2026-01-03T00:00:00Z', 'permanent', NULL, 0, 'p002'),
    (1, 'room', 'attic', '{"id":"attic","email":"attic@contoso.com","name":"ATTIC"}',
     'attic@contoso.com', 2, '2026-01-01T00:00:00Z', NULL, NULL, NULL, 0, 'attic');
INSERT INTO membership VALUES (1, 'user', 'p000', 'Staff'), (1, 'user', 'p002', 'Staff');
INSERT INTO removal VALUES (1, 'user', 'p001', 'soft', '2026-01-04T00:00:00Z');
INSERT INTO run (id, integration, kind, started, ended, mode, added, held, warnings, problem,
    peak_memory)
VALUES
    (1, 1, 'user', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z', 'full', 3, 1, '["w"]', NULL, 9),
    (2, 1, 'room', '2026-01-02T00:00:00Z', NULL, NULL, 0, 0, '[]', NULL, NULL);
INSERT INTO settings VALUES (1, X'00', '2026-01-01T00:00:00Z');
INSERT INTO schedule VALUES (1, 3600, '2026-01-09T00:00:00Z');
INSERT INTO failing VALUES (1, 'room', 2, '2026-01-02T00:00:00Z', '{}');
INSERT INTO administrator VALUES (1, '$argon2id$', '2026-01-01T00:00:00Z');
