-- `kind IN (…)` makes SQLite build a temporary index for each row that is inserted; the same with
-- OR does not. The rows stay as they are: only the text of the constraint changes. Source:
-- sqlite.org/lang_altertable.html, section 7, of changes that do not affect stored data.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (kind IN (''user'', ''room'', ''group''))',
    'CHECK (kind = ''user'' OR kind = ''room'' OR kind = ''group'')')
WHERE type = 'table' AND name = 'record';

PRAGMA writable_schema = RESET;

-- A change of the schema that other connections notice.
CREATE TABLE schema_changed (only INTEGER PRIMARY KEY) STRICT;
DROP TABLE schema_changed;
