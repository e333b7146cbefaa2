PRAGMA user_version = 6;
INSERT INTO calendar (number, integration, room, zone, zone_data, checkpoint, enumeration,
    listed_at, read_at)
VALUES (1, 1, 'attic', 'Europe/Berlin', '2026f', 'r7', 1, 1767312000, 1767312000);
INSERT INTO booking_item (number, calendar, id, is_series, seen, reported, first_run)
VALUES (1, 1, 'b1', 0, 1, 1767312000, 1);
INSERT INTO booking (calendar, item, id, version, starts, ends, hold, private, title, invited,
    first_run, first_seen, changed_run, changed_at)
VALUES (1, 1, 'b1', 'v1', 4733510400, 4733514000, 'confirmed', 0, 'Review', 3, 1,
    '2026-01-01T00:00:00Z', 1, '2026-01-01T00:00:00Z');
